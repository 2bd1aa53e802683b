// The laws of hostile rows: what a model may do with numbers that nobody meant.

import { type Model, newExplanation } from '../../api/index.js';
import { random } from '../random.js';
import { type Check, type ModelTrial, shown } from './trial.js';

/** About so many rows are tried in all, in at most so many streams. */
const ROWS = 16_000;
const MOST_STREAMS = 300;
const WILD = [1.7e308, -1.7e308, 1e300, -1e300, 1e150, -1e37, 5e-324, 1e-45, 0, -0, 1, Infinity, -Infinity];

/** What a model promises of rows that nobody meant. */
export const HOSTILE_LAWS: Readonly<Record<string, Check>> = {
  'hostile rows leave scores and explanations finite, and scores in their range': ({ hostile: trial }) => {
    const streams = Math.max(3, Math.min(MOST_STREAMS, Math.round(ROWS / trial.count)));
    for (let stream = 0; stream < streams; stream++) {
      const found = hostileStream(trial, stream);
      if (found) return `stream ${stream}, ${found}`;
    }
    return undefined;
  },

  'a column that stands still leaves scores finite, and its first move scores no less, unless it decides': (trial) => {
    const still = trial.row((j) => j * 10);
    for (const alone of [false, true]) {
      const column = trial.width - 1;
      const rows = trial.rows(16).map((row) => (alone ? row.with(column, still[column]!) : still));
      const { model } = trial.run(rows);
      const before = model.score(still.slice(), 0);
      for (const step of [1, -1, 1e6]) {
        const moved = still.with(column, still[column]! + step);
        const score = model.score(moved.slice(), 0);
        const less = !trial.plugin.decides && score < before;
        if (less || !Number.isFinite(before) || !Number.isFinite(score))
          return `${shown(moved)} scores ${score}, ${shown(still)} where it stood ${before}`;
        const found = unexplained(model, moved);
        if (found) return found;
      }
    }
    return undefined;
  },

  'a missing value never leads an explanation, and what is odd beside it stands out, where missing values are accepted': (
    trial,
  ) => {
    if (!trial.plugin.acceptsMissing) return undefined;
    const uniform = random(17);
    const { model } = trial.run(trial.rows(18).map((row) => row.map((value) => (uniform() < 0.1 ? Number.NaN : value))));
    const nothing = trial.row(() => Number.NaN);
    if (!Number.isFinite(model.score(nothing.slice(), 0))) return `${shown(nothing)} scores ${model.score(nothing, 0)}`;
    const out = newExplanation(trial.width);
    for (let column = 1; column < trial.width; column++) {
      const ordinary = trial.rows(19, 101).map((row) => row.with(column, Number.NaN));
      const odd = trial.row((j) => (j === column ? Number.NaN : j * 10 + 20 * (j + 1)));
      const median = ordinary.map((row) => model.score(row.slice(), 0)).sort((a, b) => a - b)[50]!;
      const score = model.score(odd.slice(), 0);
      if (!(score > median)) return `${shown(odd)} scores ${score}, the median without column ${column} ${median}`;
      if (!model.explain || trial.plugin.decides) continue;
      model.explain(odd.slice(), out, 0);
      const shares = out.contributions.map((share) => (trial.laws.oddSign ?? 1) * share);
      if (shares.indexOf(Math.max(...shares)) === column) return `the missing column ${column} leads ${shown(odd)}`;
    }
    return undefined;
  },
};

/** Scores, explains and learns hostile rows, judged ordinary in one stream and rare in the next. */
function hostileStream(trial: ModelTrial, stream: number): string | undefined {
  const [lowest, highest] = trial.laws.range ?? [-Number.MAX_VALUE, Number.MAX_VALUE];
  const model = trial.make();
  const next = hostileRows(trial, stream);
  let learned = false;
  for (let i = 0; i < trial.count; i++) {
    const row = next();
    const score = model.score(row.slice(), i * 1_000);
    const inRange = score >= lowest && score <= highest;
    if (!(inRange || (Number.isNaN(score) && !learned))) return `row ${i}: ${shown(row)} scores ${score}`;
    learned ||= inRange;
    const found = unexplained(model, row, i * 1_000);
    if (found) return `row ${i}: ${found}`;
    model.learn(row, i * 1_000, learned && stream % 2 === 1 ? 0 : 1);
  }
  return learned ? undefined : `no score after ${trial.count} rows`;
}

/** Wild values throughout, wild ones among ordinary ones, or few values again and again. */
function hostileRows(trial: ModelTrial, stream: number): () => Float64Array {
  const uniform = random(100 + stream);
  const bits = new DataView(new ArrayBuffer(8));
  const any = () => {
    bits.setUint32(0, uniform() * 2 ** 32);
    bits.setUint32(4, uniform() * 2 ** 32);
    const value = bits.getFloat64(0);
    return Number.isFinite(value) ? value : 0;
  };
  const listed = trial.plugin.acceptsMissing ? [...WILD, Number.NaN] : WILD;
  const wild = () => (uniform() < 0.5 ? any() : listed[Math.floor(uniform() * listed.length)]!);
  const few = [wild(), wild(), 1];
  const ordinary = trial.correlated(200 + stream);
  return () => {
    const row = ordinary();
    if (stream % 3 === 0) return row.map(wild);
    if (stream % 3 === 1) return row.map((value) => (uniform() < 0.1 ? wild() : value));
    return row.map(() => few[Math.floor(uniform() * few.length)]!);
  };
}

/** What of an explanation is no finite number. */
function unexplained(model: Model, row: Float64Array, time = 0): string | undefined {
  const out = newExplanation(row.length);
  model.explain?.(row.slice(), out, time);
  const wild = [out.total, out.baseline, ...out.contributions, ...out.directions].find((value) => !Number.isFinite(value));
  return wild === undefined ? undefined : `the explanation of ${shown(row)} holds ${wild}`;
}
