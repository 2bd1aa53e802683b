import { describe, expect, it } from 'vitest';
import { roundTrip } from '../../state/codec.js';
import { Budget, type BudgetSettings, initialBudget } from './budget.js';

const DAY = 86_400_000;
const settings: BudgetSettings = {
  perDay: 10,
  combine: 'sum',
  release: 10,
  atLeastMs: DAY,
  halfLifeMs: 3 * DAY,
  bandMs: 120_000,
  longestMs: 3_600_000,
};

/** Seeded uniform numbers in (0, 1): mulberry32. */
function uniform(seed: number): () => number {
  let a = seed;
  return () => {
    a = (a + 0x6d2b79f5) | 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296 + 1e-12;
  };
}

/** One row a second. @returns alarms a day, by day */
function run(budget: Budget, days: number, scoresAt: (second: number) => readonly number[]): number[] {
  const alarms: number[] = new Array(days).fill(0);
  const scores = new Float64Array(scoresAt(0).length);
  for (let second = 0; second < days * 86_400; second++) {
    scores.set(scoresAt(second));
    if (budget.judge(scores, second * 1_000).anomalous) alarms[Math.floor(second / 86_400)]!++;
  }
  return alarms;
}
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

describe('a budget of alarms', () => {
  const tails = {
    'an exponential': (u: number) => -Math.log(u),
    'a heavy (Pareto)': (u: number) => u ** -0.3,
    'a bounded (uniform)': (u: number) => 1 - u ** 0.3,
    'a negative, offset': (u: number) => -5 - Math.log(u),
  };
  it.each(Object.entries(tails))(
    'is kept within a factor of two for %s score, and nothing is raised on the first day',
    (_, tail) => {
      const random = uniform(1);
      const alarms = run(new Budget(settings, ['m'], initialBudget()), 5, () => [tail(random())]);
      expect(alarms[0]).toBe(0);
      expect(mean(alarms.slice(1)), alarms.join()).toBeGreaterThan(5);
      expect(mean(alarms.slice(1)), alarms.join()).toBeLessThan(20);
    },
  );

  it.each(['sum', 'max', 'any'] as const)('is kept by dependent models together (%s)', (combine) => {
    const random = uniform(2);
    const budget = new Budget({ ...settings, combine }, ['a', 'b', 'c'], initialBudget());
    const alarms = run(budget, 5, () => {
      const shared = -Math.log(random());
      return [shared, shared - 0.3 * Math.log(random()), -Math.log(random())];
    });
    expect(mean(alarms.slice(1)), alarms.join()).toBeGreaterThan(4);
    expect(mean(alarms.slice(1)), alarms.join()).toBeLessThan(20);
  });

  it.each([
    ['the same', (shared: number) => shared],
    ['nothing in common', (_: number, random: () => number) => -Math.log(random())],
  ] as const)('is used up by any of two models that say %s', (_, other) => {
    const random = uniform(12);
    const budget = new Budget({ ...settings, combine: 'any' }, ['a', 'b'], initialBudget());
    const alarms = run(budget, 9, () => {
      const shared = -Math.log(random());
      return [shared, other(shared, random)];
    });
    // Where both were paid for, it would be half of it of the first two. Of eighty, three deviations are a third.
    expect(mean(alarms.slice(1)), alarms.join()).toBeGreaterThan(0.67 * settings.perDay);
    expect(mean(alarms.slice(1)), alarms.join()).toBeLessThan(1.4 * settings.perDay);
  });

  it('forgets what two models had in common where others are in their place', () => {
    const random = uniform(13);
    const state = initialBudget();
    const any = { ...settings, combine: 'any' as const };
    run(new Budget(any, ['a', 'b'], state), 3, () => {
      const shared = -Math.log(random());
      return [shared, shared];
    });
    expect(state.overlap!.times).toBeGreaterThan(1.9 * state.overlap!.rows);
    new Budget(any, ['a', 'c'], state);
    expect(state.overlap).toBeUndefined();
  });

  it('is not poisoned by anomalies, not even by those of the days that it is calibrated on', () => {
    const random = uniform(3);
    const budget = new Budget(settings, ['m'], initialBudget());
    // Twenty anomalies a day of half a minute each.
    const odd = (second: number) => second % 4_320 < 30;
    const found = Array.from({ length: 6 }, () => new Set<number>());
    const scores = new Float64Array(1);
    for (let second = 0; second < 6 * 86_400; second++) {
      scores[0] = -Math.log(random()) + (odd(second) ? 14 : 0);
      if (budget.judge(scores, second * 1_000).anomalous && odd(second))
        found[Math.floor(second / 86_400)]!.add(Math.floor(second / 4_320));
    }
    for (const { size } of found.slice(1)) expect(size, found.map((day) => day.size).join()).toBe(20);
  });

  it('keeps to the budget for scores in steps, even if it was calibrated on too little', () => {
    const random = uniform(9);
    const short = { ...settings, atLeastMs: 20 * 60_000 };
    const alarms = run(new Budget(short, ['m'], initialBudget()), 6, () => {
      const u = random();
      return [u < 0.002 ? 0.72 + 0.1 * random() : 0.29 + 0.001 * random()];
    });
    expect(mean(alarms.slice(3)), alarms.join()).toBeLessThan(30);
  });

  it('takes a stream that has changed for good as the new ordinary', () => {
    const random = uniform(4);
    const budget = new Budget(settings, ['m'], initialBudget());
    const alarms = run(budget, 4, (second) => [-Math.log(random()) + (second > 2 * 86_400 ? 6 : 0)]);
    expect(alarms[2]).toBeGreaterThan(100);
    expect(alarms[3], alarms.join()).toBeLessThan(100);
  });

  describe('an excursion that outlasts all others', () => {
    const minutes = { ...settings, perDay: 5, atLeastMs: 2 * DAY, bandMs: 600_000 };
    /** One row a minute, odd by `height` in some stretches. @returns anomalous rows by hour since the beginning of `from` */
    const hours = (days: number, height: (minute: number) => number, seed: number) => {
      const random = uniform(seed);
      const budget = new Budget(minutes, ['m'], initialBudget());
      const found = new Float64Array(days * 24);
      for (let minute = 0; minute < days * 1_440; minute++) {
        const score = -Math.log(random()) + height(minute);
        if (budget.judge(Float64Array.of(score), minute * 60_000).anomalous) found[Math.floor(minute / 60)]!++;
      }
      return found;
    };
    const sum = (values: Float64Array, from: number, to: number) => values.subarray(from, to).reduce((all, one) => all + one, 0);

    it.each([21, 22, 23])('is how things are, soon after it has lasted as long as it may (seed %d)', (seed) => {
      const found = hours(8, (minute) => (minute >= 5 * 1_440 ? 12 : 0), seed);
      expect(sum(found, 120, 121)).toBe(60);
      // The hour that it may last, and the blocks that were waiting by then.
      expect(sum(found, 120, 192)).toBeLessThan(60 + 3 * 90);
      expect(sum(found, 130, 192), [...found].join()).toBeLessThan(60);
    });

    it.each([21, 22, 23])('and ends is forgotten: what is half as odd is found as before (seed %d)', (seed) => {
      const long = (minute: number) => (minute >= 5 * 1_440 && minute < 5 * 1_440 + 600 ? 16 : 0);
      const found = hours(9, (minute) => long(minute) + (minute >= 7 * 1_440 && minute < 7 * 1_440 + 30 ? 10 : 0), seed);
      expect(sum(found, 168, 169), [...found].join()).toBeGreaterThan(25);
    });

    it('and comes again and again is a habit', () => {
      const found = hours(14, (minute) => (minute >= 4 * 1_440 && minute % 1_440 < 300 ? 12 : 0), 24);
      const by = (day: number) => sum(found, day * 24, day * 24 + 5);
      expect(by(4)).toBeGreaterThan(100);
      for (const day of [8, 9, 10, 11, 12, 13]) expect(by(day), [...found].join()).toBeLessThan(60);
    });
  });

  it('takes blips that come often for a part of the stream, and does not call each of them odd', () => {
    const minutes = { ...settings, perDay: 2, atLeastMs: 3 * DAY, bandMs: 600_000, longestMs: 3 * 3_600_000 };
    const rates = [41, 42, 43, 44, 45, 46].map((seed) => {
      const random = uniform(seed);
      const budget = new Budget(minutes, ['m'], initialBudget());
      let found = 0;
      for (let minute = 0; minute < 14 * 1_440; minute++) {
        const blip = random() < 1 / 250 ? 8 + 20 * random() : 0;
        if (budget.judge(Float64Array.of(-Math.log(random()) + blip), minute * 60_000).anomalous) found++;
      }
      return found / 11;
    });
    // Of 5.8 blips a day.
    expect(mean(rates), rates.join()).toBeGreaterThan(1);
    expect(mean(rates), rates.join()).toBeLessThan(4);
  });

  it('says that it is uncalibrated, and how far it has come', () => {
    const random = uniform(5);
    const budget = new Budget(settings, ['m'], initialBudget());
    for (let second = 0; second < 43_200; second++) budget.judge(Float64Array.of(random()), second * 1_000);
    const ruling = budget.judge(Float64Array.of(1e9), 43_200_000);
    expect(ruling).toMatchObject({ calibrated: false, anomalous: false });
    expect(ruling.p).toBeLessThan(1e-6);
    expect(budget.progress).toBeCloseTo(0.5, 2);
  });

  it('goes by the rate of rows, and pauses do not count', () => {
    const budget = new Budget(settings, ['m'], initialBudget());
    const random = uniform(6);
    // An hour of rows every five minutes, then a week of silence, over and over.
    for (let i = 0; i < 600; i++) {
      const time = Math.floor(i / 12) * 7 * DAY + (i % 12) * 300_000;
      budget.judge(Float64Array.of(random()), time);
    }
    expect(budget.rowsPerDay).toBeGreaterThan(100);
    expect(budget.rowsPerDay).toBeLessThan(300);
  });

  it('p-values of ordinary scores are uniform', () => {
    const random = uniform(7);
    const budget = new Budget(settings, ['m'], initialBudget());
    const counts = new Float64Array(10);
    for (let i = 0; i < 40_000; i++) {
      const { p } = budget.judge(Float64Array.of(Math.exp(3 * random())), i * 1_000);
      if (i >= 20_000) counts[Math.min(9, Math.floor(p * 10))]!++;
    }
    for (const count of counts) expect(count / 20_000, counts.join()).toBeCloseTo(0.1, 1.6);
  });

  it.each(['sum', 'any'] as const)('smoothed is kept as well, and finds what is a little odd for long (%s)', (combine) => {
    const found = [1, 10].map((smooth) => {
      const random = uniform(8);
      const budget = new Budget({ ...settings, combine, smooth }, ['a', 'b'], initialBudget());
      // From the third day on, every eight hours, twenty rows that are odd by what comes in one row of thirty.
      const odd = (second: number) => second > (2 * DAY) / 1_000 && second % 28_800 < 20;
      const stretches = new Set<number>();
      const alarms = new Array(4).fill(0);
      const scores = new Float64Array(2);
      for (let second = 0; second < 4 * 86_400; second++) {
        scores[0] = -Math.log(random()) + (odd(second) ? 3.4 : 0);
        scores[1] = -Math.log(random());
        if (!budget.judge(scores, second * 1_000).anomalous) continue;
        if (second % 28_800 < 60 && second > 2 * 86_400) stretches.add(Math.floor(second / 28_800));
        else alarms[Math.floor(second / 86_400)]++;
      }
      expect(mean(alarms.slice(1)), alarms.join()).toBeLessThan(20);
      return stretches.size;
    });
    expect(found[0]).toBeLessThan(2);
    expect(found[1]).toBeGreaterThan(4);
  });

  it('smoothed goes on exactly where it was saved, and begins anew with another width', () => {
    const random = uniform(9);
    const scores = Array.from({ length: 4_000 }, () => [-Math.log(random())]);
    const state = initialBudget();
    const smoothed = { ...settings, atLeastMs: 1_000_000, smooth: 5 };
    const p = (budget: Budget, from: number, to: number) =>
      scores.slice(from, to).map((row, i) => budget.judge(Float64Array.from(row), (from + i) * 1_000).p);
    p(new Budget(smoothed, ['m'], state), 0, 2_001);
    const copy = roundTrip(state);
    expect(p(new Budget(smoothed, ['m'], copy), 2_001, 4_000)).toEqual(p(new Budget(smoothed, ['m'], state), 2_001, 4_000));
    const other = new Budget({ ...smoothed, smooth: 7 }, ['m'], roundTrip(state));
    expect(p(other, 0, 1)).toEqual([Number.NaN]);
  });

  it.each(['sum', 'any'] as const)('of openings is kept as well, and what goes on is odd where it begins (%s)', (combine) => {
    const random = uniform(11);
    const budget = new Budget({ ...settings, combine, onset: 10 }, ['a', 'b'], initialBudget());
    // From the third day on, every eight hours, two hundred rows that are far out.
    const odd = (second: number) => second > (2 * DAY) / 1_000 && second % 28_800 < 200;
    const [first, later, alarms] = [new Set<number>(), [] as number[], new Array(4).fill(0)];
    const scores = new Float64Array(2);
    for (let second = 0; second < 4 * 86_400; second++) {
      scores[0] = -Math.log(random()) + (odd(second) ? 30 : 0);
      scores[1] = -Math.log(random());
      if (!budget.judge(scores, second * 1_000).anomalous) continue;
      if (!odd(second)) alarms[Math.floor(second / 86_400)]++;
      else if (second % 28_800 < 10) first.add(Math.floor(second / 28_800));
      else later.push(second);
    }
    expect(first.size).toBe(6);
    // Of rows that go on one in ten exceeds those before by chance.
    expect(later.length / (6 * 190)).toBeLessThan(0.15);
    expect(mean(alarms.slice(1)), alarms.join()).toBeLessThan(20);
  });

  it('of openings goes on exactly where it was saved', () => {
    const random = uniform(12);
    const scores = Array.from({ length: 4_000 }, () => [-Math.log(random())]);
    const state = initialBudget();
    const opening = { ...settings, atLeastMs: 1_000_000, smooth: 3, onset: 5 };
    const p = (budget: Budget, from: number, to: number) =>
      scores.slice(from, to).map((row, i) => budget.judge(Float64Array.from(row), (from + i) * 1_000).p);
    p(new Budget(opening, ['m'], state), 0, 2_001);
    const copy = roundTrip(state);
    expect(p(new Budget(opening, ['m'], copy), 2_001, 4_000)).toEqual(p(new Budget(opening, ['m'], state), 2_001, 4_000));
  });

  it('claims no more than its past can know: of n rows, that a score comes once in a hundred n', () => {
    const random = uniform(10);
    const budget = new Budget({ ...settings, combine: 'any' }, ['m'], initialBudget());
    const judge = (score: number, second: number) => budget.judge(Float64Array.of(score), second * 1_000).p;
    for (let second = 0; second < 10_000; second++) judge(-Math.log(random()), second);
    for (const score of [50, 1e6, 1e300]) expect(judge(score, 10_000)).toBeGreaterThan(1e-6 * 0.99);
    expect(judge(1e300, 10_001)).toBeLessThan(2e-6);
  });

  it('goes on exactly where it was saved', () => {
    const random = uniform(8);
    // From 4,000 on an excursion that outlasts all others, and ends.
    const height = (i: number) => (i >= 4_000 && i < 6_500 ? 12 : i % 1_000 < 20 ? 9 : 0);
    const rows = Array.from({ length: 9_000 }, (_, i) => [-Math.log(random()) + height(i), random()]);
    const short = { ...settings, atLeastMs: 1_000_000, longestMs: 1_000_000, perDay: 100 };
    const outcome = (cuts: readonly number[]) => {
      let state = initialBudget();
      let budget = new Budget(short, ['a', 'b'], state);
      return rows.map((row, i) => {
        const { p, anomalous } = budget.judge(Float64Array.from(row), i * 1_000);
        if (cuts.includes(i)) {
          state = roundTrip(state);
          budget = new Budget(short, ['a', 'b'], state);
        }
        return [p, anomalous];
      });
    };
    expect(outcome([150, 1_005, 4_321, 5_900, 6_600, 8_010])).toEqual(outcome([]));
  });
});
