import { newExplanation } from '@quantstream/engine';
import { gaussian, startModel } from '@quantstream/engine/testing';
import { describe, expect, it } from 'vitest';
import plugin from './index.js';
import { periodOf } from './period.js';
import { PERIOD, type State, WEIGHTS } from './state.js';

const MINUTE = 60_000;

/** Judges and learns rows a minute apart. @returns the scores */
function run(rows: readonly (readonly number[])[], config: object = {}, timeOf = (i: number) => i * MINUTE) {
  const { model, state } = startModel(plugin, config, rows[0]!.length);
  const scores = rows.map((row, i) => {
    const values = Float64Array.from(row);
    const score = model.score(values, timeOf(i));
    model.learn(values, timeOf(i), 1);
    return score;
  });
  return { scores, model, state: state as State };
}

const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length >> 1]!;
const column = (length: number, of: (i: number) => number) => Array.from({ length }, (_, i) => [of(i)]);

describe('what is expected', () => {
  it('is what an autoregression lets expect: its weights are found', () => {
    const noise = gaussian(1);
    const rows: number[][] = [[0], [0], [0]];
    for (let i = 3; i < 6_000; i++) rows.push([1.2 * rows[i - 1]![0]! - 0.5 * rows[i - 2]![0]! + noise()]);
    const { state } = run(rows, { season: 'none' });
    expect(state.numbers[WEIGHTS]).toBeCloseTo(1.2, 1);
    expect(state.numbers[WEIGHTS + 1]).toBeCloseTo(-0.5, 1);
    expect(Math.abs(state.numbers[WEIGHTS + 2]!)).toBeLessThan(0.1);
  });

  it('knows a value that is ordinary by itself and not here: the wrong phase of a wave', () => {
    const noise = gaussian(2);
    const wave = (i: number) => 10 * Math.sin((2 * Math.PI * i) / 50) + 0.1 * noise();
    const rows = column(3_000, (i) => (i === 2_900 ? -wave(i) : wave(i)));
    rows[2_900] = [-rows[2_900]![0]!];
    rows[2_890] = [0];
    const { scores } = run(rows);
    const usual = median(scores.slice(1_000, 2_800));
    expect(scores[2_890]).toBeGreaterThan(8 * usual);
    expect(scores[2_889]).toBeLessThan(8 * usual);
  });

  it('has a period of its own, found within a few of them, and kept', () => {
    const noise = gaussian(3);
    // A spike every 60 rows: nothing of it is in the three rows before.
    const rows = column(4_000, (i) => (i % 60 === 7 ? 20 : 0) + noise());
    rows[3_967] = [noise()];
    const { scores, state } = run(rows);
    expect(state.numbers[PERIOD]).toBe(60);
    const spikes = scores.filter((_, i) => i > 2_000 && i < 3_900 && i % 60 === 7);
    expect(Math.max(...spikes)).toBeLessThan(scores[3_967]!);
    const { scores: without } = run(rows, { season: 'none' });
    // Without a period nobody misses the spike that did not come.
    expect(without[3_967]).toBeLessThan(scores[3_967]! / 2);
  });
});

describe('surprise', () => {
  it('has the mean that it should have where errors are normal', () => {
    const noise = gaussian(4);
    const { scores } = run(
      column(6_000, () => noise()),
      { season: 'none' },
    );
    const later = scores.slice(1_000);
    // Twice a p-value is uniform, so its −ln has the mean 1; of noise the distance from the level says the same again, by half.
    const mean = later.reduce((sum, score) => sum + score, 0) / later.length;
    expect(mean).toBeGreaterThan(1.4);
    expect(mean).toBeLessThan(1.6);
  });

  it('of a column that stood still and moves is that of one row above all, however small or large the move', () => {
    for (const move of [0.001, 1, 1e9]) {
      const { scores } = run(column(3_000, (i) => (i < 2_000 ? 5 : 5 + move)));
      expect(scores[1_999]).toBe(0);
      expect(scores[2_000], `a move of ${move}`).toBeGreaterThan(5);
      expect(scores[2_000]).toBeLessThan(30);
      // How far it is from its level goes on to count until that is the level, and counts less.
      expect(Math.max(...scores.slice(2_001, 2_040)), `a move of ${move}`).toBeLessThan(scores[2_000]! / 1.5);
      expect(Math.max(...scores.slice(2_040)), `a move of ${move}`).toBeLessThan(1);
    }
  });

  it('of one wild value is forgotten at once, and what comes again later is found as before', () => {
    const stream = (wild: number) => {
      const noise = gaussian(5);
      return column(4_000, (i) => (i === 2_000 ? wild : i === 3_000 ? 15 : noise()));
    };
    const [{ scores }, { scores: calm }] = [run(stream(1e6), { season: 'none' }), run(stream(0), { season: 'none' })];
    expect(scores[2_000]).toBeGreaterThan(10);
    const apart = scores.slice(2_010, 3_000).map((score, i) => Math.abs(score - calm[2_010 + i]!));
    expect(Math.max(...apart)).toBeLessThan(0.75);
    // It is the second in three thousand rows.
    expect(scores[3_000]).toBeGreaterThan(8);
  });

  it('is bounded by what so many rows can know', () => {
    const noise = gaussian(12);
    const { scores } = run(
      column(3_000, (i) => (i === 2_999 ? 1e12 : noise())),
      { season: 'none' },
    );
    // A hundredth of one row among 3,000, twice, and the same of the level by half.
    expect(scores[2_999]).toBeGreaterThan(10);
    expect(scores[2_999]).toBeLessThan(1.5 * Math.log((3_000 / 2) * 100));
  });

  it('knows that a column is wild by itself: what comes once in twenty rows is no surprise', () => {
    const noise = gaussian(13);
    const { scores } = run(
      column(4_000, (i) => (i % 20 === 7 ? 50 : 0) + noise()),
      { season: 'none' },
    );
    const wild = scores.filter((_, i) => i > 2_000 && i % 20 === 7);
    expect(median(wild)).toBeLessThan(6);
  });

  it('of a column that stood still and had one wild value is as before', () => {
    const { scores } = run(column(3_000, (i) => (i === 1_000 ? 1e9 : i === 2_000 ? 80 : 5)));
    expect(scores[1_000]).toBeGreaterThan(5);
    expect(scores[2_000]).toBeGreaterThan(5);
    expect(scores[1_900]).toBeLessThan(1);
  });

  it('of counted things is none where they move by a step as usual', () => {
    const noise = gaussian(6);
    const { scores } = run(
      column(4_000, () => Math.round(40 + 0.4 * noise())),
      { season: 'none' },
    );
    expect(Math.max(...scores.slice(1_000))).toBeLessThan(7);
  });

  it('follows a new level, and calls nothing there odd', () => {
    const noise = gaussian(7);
    const { scores } = run(
      column(4_000, (i) => (i < 2_000 ? 0 : 50) + noise()),
      { season: 'none' },
    );
    expect(scores[2_000]).toBeGreaterThan(7);
    expect(median(scores.slice(2_200, 2_500))).toBeLessThan(1);
  });

  it.each([31, 32, 33, 40])('follows a new level across a pause behind its row %i', (rows) => {
    const noise = gaussian(15);
    // A pause of an hour, and far rows that come behind one another in time or not at all.
    const timeOf = (i: number) => (i < 2_000 + rows ? i : i + 60) * MINUTE;
    const { scores, state } = run(
      column(3_000, (i) => (i < 2_000 ? 0 : 50) + noise()),
      { season: 'none' },
      timeOf,
    );
    expect(scores.slice(2_000).every(Number.isFinite)).toBe(true);
    expect(state.numbers.every(Number.isFinite)).toBe(true);
    expect(median(scores.slice(2_200, 2_500))).toBeLessThan(1.5);
  });

  it('stays a number where every row comes behind a pause', () => {
    const noise = gaussian(16);
    let time = 0;
    const times = Array.from({ length: 3_000 }, (_, i) => {
      time += i < 2_000 ? MINUTE : MINUTE * 4 ** ((i % 20) / 4);
      return time;
    });
    const { scores } = run(
      column(3_000, (i) => (i < 2_000 ? 0 : 50) + noise()),
      {},
      (i) => times[i]!,
    );
    expect(scores.slice(200).every(Number.isFinite)).toBe(true);
  });

  it('is not made of a pause', () => {
    const noise = gaussian(8);
    // A slow walk, which goes on unseen through an hour.
    let level = 0;
    const rows = column(3_000, () => {
      level = 0.999 * level + noise();
      return level;
    });
    const [before, after] = [rows.slice(0, 2_000), rows.slice(2_060)];
    const { scores } = run([...before, ...after], { season: 'none' }, (i) => (i < 2_000 ? i : i + 60) * MINUTE);
    expect(Math.max(...scores.slice(2_000, 2_003))).toBeLessThan(4);
  });
});

it('expects nothing from the rows before where columns are measured otherwise from a row on', () => {
  const noise = gaussian(14);
  const rows = Array.from({ length: 2_000 }, () => [40 + noise()]);
  const { model } = run(rows, { season: 'none' });
  const walk = Float64Array.of(43.5);
  const before = model.score(walk, 2_000 * MINUTE);
  model.interrupt!();
  expect(model.score(walk, 2_000 * MINUTE)).toBeLessThan(before);
});

it('reasons say what was expected, and name what is at fault', () => {
  const noise = gaussian(9);
  const { model } = run(
    Array.from({ length: 2_000 }, () => [20 + noise(), 50 + noise()]),
    { season: 'none' },
  );
  const out = newExplanation(2);
  model.explain!(Float64Array.of(20, 70), out, 2_000 * MINUTE);
  expect(out.contributions[1]).toBeGreaterThan(10 * out.contributions[0]!);
  expect(out.directions[1]).toBe(1);
  expect(out.reasons).toEqual([expect.stringMatching(/^column_1 70, where 4[78][.\d]* to 5[123][.\d]* was expected$/)]);
});

describe('a period', () => {
  const values = (of: (i: number) => number, n = 640) => Float64Array.from({ length: n }, (_, i) => of(i));

  it('is the shortest that explains as much', () => {
    expect(
      periodOf(
        values((i) => Math.sin((2 * Math.PI * i) / 40)),
        320,
      ),
    ).toBe(40);
    expect(
      periodOf(
        values((i) => i % 7),
        320,
      ),
    ).toBe(7);
  });

  it('is none of noise, of a trend, or of what never moves', () => {
    const noise = gaussian(10);
    expect(
      periodOf(
        values(() => noise()),
        320,
      ),
    ).toBe(0);
    expect(
      periodOf(
        values((i) => i),
        320,
      ),
    ).toBe(0);
    expect(
      periodOf(
        values(() => 3),
        320,
      ),
    ).toBe(0);
  });

  it('stays what it was while it is nearly as good', () => {
    const wave = () => values((i) => Math.sin((2 * Math.PI * i) / 40));
    expect(periodOf(wave(), 320, 80)).toBe(80);
    expect(periodOf(wave(), 320, 60)).toBe(40);
  });
});
