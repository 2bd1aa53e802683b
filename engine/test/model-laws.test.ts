import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineModel, type Explanation, immutable, type Model } from '../src/api/index.js';
import { offender } from '../src/testing/law.js';
import { MODEL_LAWS } from '../src/testing/model/laws.js';
import { type ModelLaws, ModelTrial } from '../src/testing/model/trial.js';

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

/** What a law is tried with besides: options of the author, and another declaration. */
interface Besides {
  readonly laws?: Partial<ModelLaws>;
  readonly declares?: { readonly decides?: boolean; readonly config?: z.ZodType };
}

function trialOf(spoil: Spoil = () => ({}), { laws, declares }: Besides = {}): ModelTrial {
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
    ...declares,
  });
  return new ModelTrial(plugin, { config: {}, rows: 300, totalIsScore: 0, range: [0, Number.MAX_VALUE], ...laws });
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

/** What models of one process might share. */
const SHARED = { rows: 0 };

/** By the beginning of a law: what breaks it, and what is said of the first offender. */
const BROKEN: Readonly<Record<string, readonly (readonly [spoil: Spoil, says: RegExp, besides?: Besides])[]>> = {
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
  'a model that has learned nothing': [[scoring((score) => score || 0), /scores 0 before anything was learned$/]],
  'each column by itself': [
    [
      (sound) => ({ score: (row) => (sound.state.n < 20 ? Number.NaN : sound.deviation(row, 0) ** 2) }),
      /^rows whose column 1 is shifted by 20 deviations score/,
    ],
    [
      (sound) => ({ deviation: (row, c) => (row.length > 3 ? 0 : sound.deviation(row, c)) }),
      /^with 7 columns rows whose column 0/,
    ],
  ],
  'a row has the same score while': [
    [() => ({}), /^after row \d+ .* scores .* and the version is still "sound"$/, { laws: { fits: true } }],
  ],
  'ordinary rows are mostly': [[scoring((score) => score + 1), /^201 of 201 ordinary rows/, { declares: { decides: true } }]],
  'has no clock': [[scoring((score) => score + Date.now()), /^row 20 scores/]],
  'looks at its seed': [
    [() => ({}), /^seeds 7 and 8 give the same scores$/, { declares: { config: z.strictObject({ seed: z.int().default(1) }) } }],
  ],
  'is used to a lasting change': [
    [
      (sound) => ({ learn: (row) => void (sound.state.n < 300 && sound.learn(row)) }),
      /^the new level scores/,
      { laws: { adapts: 900 } },
    ],
  ],
  'refuses an option': [[() => ({}), /^the schema takes no_such_option: 1/, { declares: { config: z.object({}) } }]],
  'scores and explanations that nobody': [[(sound) => ({ explain: (row) => sound.learn(row) }), /^row 10 scores NaN and then/]],
  'score and explain leave': [
    [
      scoring((score, row) => {
        row.set(row.map((value) => Math.min(1e100, value)));
        return score;
      }),
      /^column 0 of \[1e\+300, 10, 20\] is 1e\+100 afterwards$/,
    ],
  ],
  'keeps its state as a tree': [
    [
      (sound) => ({ learn: () => void Object.assign(sound.state, { seen: new Map([[1, 2]]) }) }),
      /^state.seen is a Map, after row 0$/,
    ],
    [(sound) => ({ learn: () => void Object.assign(sound.state, { n: undefined }) }), /^state.n is undefined, after row 0$/],
  ],
  'replaces what it keeps as immutable': [
    [
      (sound) => ({
        learn: () => {
          const state = sound.state as State & { fit?: { value: { n: number } } };
          state.fit ??= immutable({ n: 0 });
          state.fit.value.n++;
        },
      }),
      /^state.fit is another one after row 17, in the same place$/,
    ],
  ],
  'begins with a state of its own': [
    [
      (sound) => ({
        learn(row) {
          sound.learn(row);
          SHARED.rows++;
        },
        score: (row) => sound.score(row) + SHARED.rows,
      }),
      /^row 20 scores/,
    ],
  ],
  'an explanation does not depend': [
    [
      (sound) => ({ explain: (row, out) => sound.explain(row, Object.assign(out, { contributions: [] })) }),
      /are not written into the arrays/,
    ],
    [
      (sound) => ({
        explain(row, out) {
          const reasons = [...out.reasons, 'one'];
          sound.explain(row, out);
          out.reasons = reasons;
        },
      }),
      /^reasons are \[what it said before,one\], and \[one\]/,
    ],
  ],
  'the first reason names': [
    [
      explaining((out) => void out.reasons.push('column_9 is high')),
      /^column_\d leads, and the first reason is "column_9 is high"/,
    ],
  ],
  'the direction is that of the shift': [
    [
      explaining((out, row) => {
        for (const [c, value] of row.entries()) out.directions[c] = Math.sign(value);
      }),
      /^column 0 of \[5, 20, 30\] was shifted down from 10, and has direction 1$/,
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

  it.each(laws)('tell what breaks them: %s', async (law, check) => {
    const broken = Object.entries(BROKEN).find(([name]) => law.startsWith(name))?.[1] ?? [];
    expect(broken.length).toBeGreaterThan(0);
    for (const [spoil, says, besides] of broken) expect(await offender(check, trialOf(spoil, besides))).toMatch(says);
  });
});
