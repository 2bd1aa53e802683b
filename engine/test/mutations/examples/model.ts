// An example of a model: squared deviations from what a random sample of the rows so far was like.

import type { Immutable, Toolkit } from '../../../src/api/index.js';

/** What was learned from the sample at one moment. */
interface Fit {
  /** Rows learned until then. */
  readonly rows: number;
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
  /** The scores of the sample, ascending. */
  readonly scores: Float64Array;
}

interface State {
  learned: number;
  readonly words: Int32Array;
  readonly sample: Float64Array[];
  fit: Immutable<Fit> | null;
}

/** So large that nobody means it, so small that its square is a number. */
const LARGEST = 1e100;
const bounded = (value: number) => Math.max(-LARGEST, Math.min(LARGEST, value));

export default ({ clearExplanation, defineModel, immutable, seedWords, strongestColumns, uniform, z }: Toolkit) =>
  defineModel({
    name: 'sample',
    api: 1,
    about: 'Squared deviations from the mean of a random sample of the rows so far',
    config: z.strictObject({
      sample: z.int().min(8).default(256).describe('rows in the sample').meta({ unit: 'rows' }),
      every: z.int().min(8).default(256).describe('rows from one fit to the next').meta({ unit: 'rows' }),
      odd: z
        .number()
        .min(0)
        .max(1)
        .default(0.001)
        .describe('rows judged rarer than this are not learned')
        .meta({ unit: 'p-value' }),
      seed: z.int().min(0).default(1).describe('seed of the sample'),
    }),
    stateVersion: 1,
    initialState: ({ seed }): State => ({ learned: 0, words: seedWords(seed), sample: [], fit: null }),
    create: ({ sample: size, every, odd }, state, host) => {
      const width = host.columns.length;
      const deviationsOf = (row: Float64Array, c: number, { mean, deviation }: Fit) =>
        (bounded(row[c]!) - mean[c]!) / deviation[c]!;

      const scoreBy = (fit: Fit, row: Float64Array) => {
        let score = 0;
        for (let c = 0; c < width; c++) score += deviationsOf(row, c, fit) ** 2;
        return score;
      };

      const fitted = (): Fit => {
        const { sample, learned: rows } = state;
        const mean = new Float64Array(width);
        const deviation = new Float64Array(width);
        for (let c = 0; c < width; c++) {
          for (const row of sample) mean[c]! += row[c]! / sample.length;
          for (const row of sample) deviation[c]! += (row[c]! - mean[c]!) ** 2 / sample.length;
          // A column that stands still has no deviation; its first move is odd, but not infinitely.
          deviation[c] = Math.sqrt(deviation[c]!) + 1e-9 * Math.max(1, Math.abs(mean[c]!));
        }
        const fit = { rows, mean, deviation, scores: new Float64Array(sample.length) };
        fit.scores.set(sample.map((row) => scoreBy(fit, row)));
        fit.scores.sort();
        return fit;
      };

      return {
        get version() {
          return state.fit ? `fitted after ${state.fit.value.rows} rows` : 'nothing learned';
        },
        score(row) {
          return state.fit ? scoreBy(state.fit.value, row) : Number.NaN;
        },
        learn(row, _time, p) {
          if (p < odd) return;
          state.learned++;
          // Algorithm R (J. Vitter, "Random sampling with a reservoir", 1985).
          const place = state.sample.length < size ? state.sample.length : Math.floor(uniform(state.words) * state.learned);
          if (place < size) state.sample[place] = row.map(bounded);
          if (state.learned % every === 0) state.fit = immutable(fitted());
        },
        explain(row, out) {
          clearExplanation(out);
          if (!state.fit) return;
          for (let c = 0; c < width; c++) {
            const deviations = deviationsOf(row, c, state.fit.value);
            out.contributions[c] = deviations ** 2;
            out.directions[c] = Math.sign(deviations);
            out.total += out.contributions[c]!;
          }
          for (const c of strongestColumns(host.columns, out.contributions, out.total)) {
            const { name, unit } = host.columns[c]!;
            out.reasons.push(
              `${name} ${row[c]!.toPrecision(3)} ${unit} (mostly about ${state.fit.value.mean[c]!.toPrecision(3)})`,
            );
          }
        },
        trainingScores: () => state.fit?.value.scores,
      };
    },
  });
