import { describe, expect, it } from 'vitest';
import { generator, type Verdict } from '../../api/index.js';
import { Heard } from './heard.js';
import { type Proposed, proposalsOf } from './proposals.js';

const MINUTE = 60_000;
const DAY = 86_400_000;
const THRESHOLDS: Proposed = {
  models: [
    { name: 'a', use: 'tails', columns: ['x', 'y'], rhythm: 'auto' },
    { name: 'b', use: 'mahalanobis', columns: ['x', 'y', 'z'], with: { halfLife: 9 } },
  ],
  named: true,
  combine: 'any',
  shared: false,
};
const BUDGET: Proposed = { ...THRESHOLDS, combine: 'sum', perDay: 10, atLeastMs: DAY };

interface Row {
  readonly values: Verdict['values'];
  /** Of each model; above 1 it is beyond its threshold. */
  readonly scores: readonly [number, number];
  readonly odd: boolean;
}

/** So many rows of two keys as they are heard. */
function hear(rows: number, row: (i: number, key: number) => Row): Heard {
  const heard = new Heard(['a', 'b'], []);
  for (let i = 0; i < rows; i++)
    for (const key of [0, 1]) {
      const { values, scores, odd } = row(i, key);
      const said = scores.map((score) => ({ score, threshold: 1, pValue: Math.exp(-score) }));
      const verdict = {
        key: `k${key}`,
        values,
        models: { a: said[0], b: said[1] },
        leading: 'a',
        anomalous: odd,
        calibrated: true,
      };
      heard.take(verdict as unknown as Verdict);
    }
  return heard;
}

describe('a backtest proposes', () => {
  it('to leave out columns that never vary for any key, also where keys differ in them', () => {
    const values = (i: number, key: number) => ({ x: i, y: key, z: i % 3 === 0 ? Number.NaN : 7 });
    const heard = hear(20, (i, key) => ({ values: values(i, key), scores: [0, 0], odd: false }));
    expect(proposalsOf(heard, [], THRESHOLDS)).toEqual([
      { what: 'columns', why: 'y, z never vary', yaml: 'models:\n  a: { columns: [x] }\n  b: { columns: [x] }', estimate: false },
    ]);
    // Who names one model names all, with all that they have, and the budget that a file without models has by itself.
    const all =
      'models:\n  a: { use: tails, columns: [x], transform: { rhythm: auto } }\n  b: { use: mahalanobis, columns: [x], with: {"halfLife":9} }';
    expect(proposalsOf(heard, [], { ...THRESHOLDS, named: false })[0]!.yaml).toBe(`${all}\nalarms: { combine: any }`);
    expect(proposalsOf(heard, [], { ...BUDGET, named: false })[0]!.yaml).toMatch(/\nalarms: \{ perDay: \d+, combine: \w+ \}$/);
    const moves = hear(20, (i, key) => ({ values: { ...values(i, 0), y: key * (i % 5), z: i }, scores: [0, 0], odd: false }));
    expect(proposalsOf(moves, [], THRESHOLDS)).toEqual([]);
  });

  it('to judge how fast a counter grows, and nothing of what grows and falls back by and by', () => {
    const bytes = (i: number) => 1_000 * (i % 150) + 3;
    const values = (i: number) => ({ x: bytes(i), y: i < 200 ? i : 400 - i, z: i % 7 });
    const rows = (asked?: readonly string[]) =>
      proposalsOf(
        hear(400, (i) => ({ values: values(i), scores: [0, 0], odd: false })),
        [],
        { ...THRESHOLDS, asked },
      );
    expect(rows(['x', 'y', 'z'])).toMatchObject([
      { what: 'columns', yaml: 'features: { with: { columns: [x_rate, y, z] } }', estimate: false },
    ]);
    expect(rows()[0]!.yaml).toBe('');
    expect(rows()[0]!.why).toMatch(/^x only grows, or begins anew at 0: .*; judge how fast it grows$/);
  });

  it('to leave out a model that adds nothing: exactly with thresholds, as an estimate with a budget', () => {
    const random = generator(5, 0);
    const rows = Array.from({ length: 3_000 }, (_, i) => ({
      fault: i % 100 === 0,
      other: i % 100 === 50,
      noise: [random(), random()],
    }));
    const judged = (scoresOf: (row: (typeof rows)[number]) => [number, number], odd: (row: (typeof rows)[number]) => boolean) =>
      hear(rows.length, (i) => ({ values: { x: i % 7, y: i % 7, z: i % 7 }, scores: scoresOf(rows[i]!), odd: odd(rows[i]!) }));
    // The second finds some of what the first finds.
    const less = judged(
      ({ fault, noise }) => [fault ? 9 : noise[0]!, fault && noise[1]! < 0.5 ? 8 : noise[1]!],
      ({ fault }) => fault,
    );
    expect(proposalsOf(less, [], THRESHOLDS)).toMatchObject([{ what: 'model', yaml: 'models: { b: null }', estimate: false }]);
    // A file that names no model has to name what is left.
    expect(proposalsOf(less, [], { ...THRESHOLDS, named: false })[0]!.yaml).toBe(
      'models:\n  a: { use: tails, columns: [x, y], transform: { rhythm: auto } }\nalarms: { combine: any }',
    );
    // Where all have to agree it is the second that decides.
    expect(proposalsOf(less, [], { ...THRESHOLDS, combine: 'all' })).toMatchObject([{ yaml: 'models: { a: null }' }]);
    expect(proposalsOf(less, [], BUDGET)).toMatchObject([{ what: 'model', yaml: 'models: { b: null }', estimate: true }]);
    // Each finds what the other does not.
    const both = judged(
      ({ fault, other, noise }) => [fault ? 9 : noise[0]!, other ? 9 : noise[1]!],
      ({ fault, other }) => fault || other,
    );
    expect([proposalsOf(both, [], THRESHOLDS), proposalsOf(both, [], BUDGET)]).toEqual([[], []]);
  });

  it('a longer calibration, where the budget would have been kept behind it and nowhere else', () => {
    const times = Float64Array.from({ length: 20 * 1440 }, (_, i) => i * MINUTE);
    /** So many odd rows on each day. */
    const life = (odd: (day: number) => number) => [
      {
        key: 'k',
        times,
        scores: times,
        alarms: Uint8Array.from(times, (_, i) => (i % 1440 < odd(Math.floor(i / 1440)) ? 1 : 0)),
      },
    ];
    const heard = new Heard(['a', 'b'], []);
    const young = life((day) => (day === 0 ? 0 : day < 3 ? 300 : 5));
    expect(proposalsOf(heard, young, BUDGET)).toMatchObject([
      { what: 'calibration', yaml: 'alarms: { calibration: { atLeast: 3d } }', estimate: true },
    ]);
    expect(proposalsOf(heard, young, THRESHOLDS)).toEqual([]);
    expect(
      proposalsOf(
        heard,
        life((day) => (day === 0 ? 0 : 15)),
        BUDGET,
      ),
    ).toEqual([]);
    // To wait longer would not mend it.
    expect(
      proposalsOf(
        heard,
        life((day) => (day === 0 ? 0 : 300)),
        BUDGET,
      ),
    ).toEqual([]);
  });
});
