import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineModel, type Explanation, type Model } from '../src/api/index.js';
import { MODEL_LAWS } from '../src/testing/model/laws.js';
import { ModelTrial } from '../src/testing/model/trial.js';

interface State {
  n: number;
  readonly mean: Float64Array;
  readonly square: Float64Array;
  readonly seen: number[];
}

/** A sum of squared deviations from a running mean: a model that keeps every law. */
class Sound implements Model {
  readonly version = 'sound';
  readonly state: State;

  constructor(state: State) {
    this.state = state;
  }

  bounded(value: number): number {
    return Math.max(-1e100, Math.min(1e100, value));
  }

  variance(c: number): number {
    return this.state.square[c]! + 1e-9;
  }

  deviation(row: Float64Array, c: number): number {
    if (Number.isNaN(row[c]!)) return 0;
    return (this.bounded(row[c]!) - this.state.mean[c]!) / Math.sqrt(this.variance(c));
  }

  score(row: Float64Array): number {
    return this.state.n < 20 ? Number.NaN : row.reduce((sum, _, c) => sum + this.deviation(row, c) ** 2, 0);
  }

  learn(row: Float64Array): void {
    const { mean, square } = this.state;
    const gain = 1 / ++this.state.n;
    row.forEach((value, c) => {
      const delta = Number.isNaN(value) ? 0 : this.bounded(value) - mean[c]!;
      mean[c]! += gain * delta;
      square[c]! += gain * (delta * delta - square[c]!);
    });
  }

  explain(row: Float64Array, out: Explanation): void {
    row.forEach((_, c) => {
      out.contributions[c] = this.deviation(row, c) ** 2;
      out.directions[c] = Math.sign(this.deviation(row, c));
    });
    out.baseline = 0;
    out.total = out.contributions.reduce((a, b) => a + b, 0);
    out.reasons = [];
  }

  trainingScores(): Float64Array {
    return Float64Array.of(1, 2);
  }
}

/** What of a sound model is replaced to break it; `sound` is an unbroken one of the same state. */
type Spoil = (sound: Sound) => Partial<Sound>;

function trialOf(spoil: Spoil = () => ({})): ModelTrial {
  const plugin = defineModel({
    name: 'subject',
    api: 1,
    about: 'A model to try the laws on',
    config: z.strictObject({}),
    acceptsMissing: true,
    stateVersion: 1,
    stateBytes: () => 100,
    initialState: (_, d): State => ({ n: 0, mean: new Float64Array(d), square: new Float64Array(d), seen: [] }),
    create: (_, state: State) => Object.assign(new Sound(state), spoil(new Sound(state))),
  });
  return new ModelTrial(plugin, { config: {}, rows: 300, totalIsScore: 0, range: [0, Number.MAX_VALUE] });
}

/** A model whose explanations are changed after they were made. */
const explaining =
  (change: (out: Explanation, row: Float64Array) => void): Spoil =>
  (sound) => ({
    explain(row, out) {
      sound.explain(row, out);
      change(out, row);
    },
  });

/** A model that gives another score than it should. */
const scoring =
  (change: (score: number, row: Float64Array, state: State) => number): Spoil =>
  (sound) => ({ score: (row) => change(sound.score(row), row, sound.state) });

function keepsTheRow(sound: Sound): Partial<Sound> {
  let kept: ArrayLike<number> = [0];
  return {
    learn(row) {
      sound.learn(row);
      kept = row;
    },
    score: (row) => sound.score(row) + Math.abs(kept[0]!),
  };
}

function forgetsItsRows(sound: Sound): Partial<Sound> {
  let rows = 0;
  return {
    learn(row) {
      sound.learn(row);
      rows++;
    },
    score: (row) => sound.score(row) + rows,
  };
}

/** By the beginning of a law: what breaks it, and what is said of the first offender. */
const BROKEN: Readonly<Record<string, readonly (readonly [spoil: Spoil, says: RegExp])[]>> = {
  'scores are finite': [
    [scoring((score, _, { n }) => (n === 30 ? 1 / 0 : score)), /^the score of row 30 is Infinity$/],
    [scoring(() => Number.NaN), /^no score after 300 rows$/],
    [scoring((score, _, { n }) => (n === 30 ? Number.NaN : score)), /^row 20 had a score, row 30 has none/],
  ],
  'score and explain change nothing': [
    // biome-ignore lint/suspicious/noAssignInExpressions: a score that changes the state is what is tried
    [scoring((score, _, { mean }) => score + (mean[0]! += 0.1)), /^row 0 scored/],
    [explaining((_, row) => row.fill(7, 1)), /^column 1 of the row was .* and is 7$/],
  ],
  'does not keep the row': [
    [scoring((score) => score + Math.random()), /^row 20 scores/],
    [keepsTheRow, /^row 20 scores/],
  ],
  'an outlier': [[scoring((score) => -score), /^\[20, 50, 80\] scores -\d/]],
  'training scores': [
    [() => ({ trainingScores: () => Float64Array.of(1, 3, 2) }), /^training score 2 is 2, the one before it 3$/],
  ],
  'resumes bit for bit': [[forgetsItsRows, /^cut after row 0: row 20 scores/]],
  'the state stops growing': [
    [
      (sound) => ({ learn: (row) => void sound.state.seen.push(row[0]!) }),
      /^307 numbers and letters after 300 rows, 907 after 900$/,
    ],
  ],
  'a key that was seen once': [
    [
      (sound) => ({ learn: () => void sound.state.seen.push(...Array.from({ length: 100 }, (_, i) => Math.sqrt(i))) }),
      /^its state takes \d{3} bytes to save, at most 512 are fine$/,
    ],
    [
      (sound) => ({ learn: () => void Object.assign(sound.state, { mean: new Float64Array(1_000) }) }),
      /^its arrays take 8024 bytes of memory, at most 1024 are fine$/,
    ],
  ],
  'the saved state takes no more': [
    [
      (sound) => ({ learn: (row) => void sound.state.seen.push(row[0]!) }),
      /^\d{4} bytes after 600 rows, where stateBytes says 100$/,
    ],
  ],
  'contributions add up': [[explaining((out) => out.baseline++), /^sum .*, total .*, of \[/]],
  'the total of an explanation': [
    [explaining((out) => Object.assign(out, { total: out.total + 1, baseline: 1 })), /^total .*, score .*, of \[/],
  ],
  'gives at most three': [
    [explaining((out) => Object.assign(out, { reasons: ['a', 'b', 'c', 'd'] })), /^4 reasons: a; b; c; d, of \[/],
  ],
  'the column that was shifted': [
    [explaining((out) => out.contributions.reverse()), /rows, above all: column \d leads \[/],
    [explaining((out) => out.directions.fill(0)), /^400 of 400 rows, above all: .* has direction 0/],
  ],
  'hostile rows': [
    [() => ({ bounded: (value) => value }), /^stream 0, row \d+: /],
    [scoring((score) => score - 1), /^stream \d, row \d+: .* scores -/],
  ],
  'a column that stands still': [
    [(sound) => ({ variance: (c) => sound.state.square[c]! }), /^\[.*\] scores /],
    [scoring((score, row) => (Number.isNaN(score) ? score : -Math.abs(row[2]! - 20))), /^\[0, 10, 21\] scores -1, /],
  ],
  'a missing value': [
    [
      (sound) => ({ deviation: (row, c) => (Number.isNaN(row[c]) ? 1e3 : sound.deviation(row, c)) }),
      /^the missing column 1 leads/,
    ],
    [scoring((score, row) => (row.some(Number.isNaN) ? Number.NaN : score)), /scores NaN$/],
  ],
};

describe('the laws of a model plugin', () => {
  const laws = Object.entries(MODEL_LAWS);

  it.each(laws)('hold of a sound model: %s', (_, check) => {
    expect(check(trialOf())).toBeUndefined();
  });

  it.each(laws)('tell what breaks them: %s', (law, check) => {
    const broken = Object.entries(BROKEN).find(([name]) => law.startsWith(name))?.[1] ?? [];
    expect(broken.length).toBeGreaterThan(0);
    for (const [spoil, says] of broken) expect(check(trialOf(spoil))).toMatch(says);
  });
});
