import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type EvaluateOptions,
  evaluateSeries,
  type Label,
  layOut,
  median,
  randomSeries,
  ranking,
  type Series,
} from '../index.js';
import { volumeUnderPr } from './volume.js';

const SECOND = 1_000;
const options: EvaluateOptions = { rates: [10, 1], graceMs: 5_000, cooldownMs: 30_000 };

/** Rows a second apart, from time 0. */
function series(scores: readonly number[], key = 'a', alarms?: readonly number[]): Series {
  const times = Float64Array.from(scores, (_, i) => i * SECOND);
  return { key, times, scores: Float64Array.from(scores), ...(alarms ? { alarms: Uint8Array.from(alarms) } : {}) };
}

const label = (from: number, to: number, kind = 'spike', key = 'a'): Label => ({
  key,
  kind,
  from: from * SECOND,
  to: to * SECOND,
});

/** Numbers in 0 … 1 that another language gives as well: the minimal standard generator. */
function lehmer(length: number, seed: number): number[] {
  let x = seed;
  return Array.from({ length }, () => {
    x = (x * 16_807) % 2_147_483_647;
    return x / 2_147_483_647;
  });
}

/** Ordinary scores of 0 with some overwritten. */
const flat = (length: number, odd: Record<number, number>) => Array.from({ length }, (_, i) => odd[i] ?? 0);

describe('events and false episodes', () => {
  // A day of a row a second. Allowed at 2 a day: two false episodes.
  const day = 86_400;
  const scores = flat(day, { 1000: 9, 1010: 8, 5000: 7, 9000: 6, 20003: 7.5, 30000: 6.5, 40004: 9.5, 50012: 100 });
  const labels = [label(20_000, 20_010), label(30_000, 30_005, 'dip'), label(40_000, 40_002), label(50_000, 50_002)];
  const found = evaluateSeries([series(scores)], labels, { ...options, rates: [2.01, 1.01, 1000] });

  it('are counted with a cool-down: exceedances within it are one episode, and the threshold is the lowest that keeps to the rate', () => {
    // 9 and 8 are ten seconds apart: one episode; 7 is the second; 6 would be the third.
    expect(found.points[0]).toMatchObject({ threshold: 6, falseEpisodes: 2, found: 3, recall: 0.75, precision: 0.6 });
    expect(found.points[1]).toMatchObject({ threshold: 7, falseEpisodes: 1, found: 2, recall: 0.5 });
    expect(found.falseEpisodes).toEqual([
      { key: 'a', start: 1_000_000, end: 1_010_000, peakScore: 9 },
      { key: 'a', start: 5_000_000, end: 5_000_000, peakScore: 7 },
    ]);
  });

  it('finds an event up to the grace behind its end, and counts what is in its tail neither way', () => {
    expect(found.outcomes.map(({ found: hits }) => hits[0])).toEqual([true, true, true, false]);
    // 50,012 lies behind grace, within the cool-down: it sets no threshold although nothing is odder.
    expect(found.outcomes[3]!.peakScore).toBe(0);
  });

  it('says how late an event is found, and by kind how many are', () => {
    // 3 s, 0 s and 4 s.
    expect(found.points[0]!.medianDelay).toBe(3);
    expect(found.kinds).toEqual([
      { kind: 'spike', events: 3, recall: [2 / 3, 2 / 3, 1] },
      { kind: 'dip', events: 1, recall: [1, 0, 1] },
    ]);
  });

  it('counts a rate by the judged days outside of labels', () => {
    const labelled = [11, 6, 3, 3].reduce((sum, rows) => sum + rows + 5 + 29, 0);
    expect(found.days).toBeCloseTo((day - labelled) / day, 6);
    expect(found.points[0]!.falsePerDay).toBeCloseTo(2 / found.days, 9);
  });

  it('never takes an unjudged row for found, and measures the delay from the first judged one', () => {
    const unjudged = scores.map((score, i) => (i < 20_002 || (i >= 30_000 && i < 30_020) ? Number.NaN : score));
    const partly = evaluateSeries([series(unjudged)], labels, { ...options, rates: [1000] });
    expect(partly.outcomes.map(({ judged }) => judged)).toEqual([true, false, true, true]);
    expect(partly.judgedEvents).toBe(3);
    expect(partly.outcomes[1]!.found).toEqual([false]);
    expect(partly.judged).toBeCloseTo((day - 20_022) / day, 6);
    const first = evaluateSeries([series(unjudged)], labels.slice(0, 1), { ...options, rates: [4] });
    expect([first.points[0]!.found, first.points[0]!.medianDelay]).toEqual([1, 1]);
  });

  it('takes thresholds from a recording without anomalies where there is one', () => {
    const quiet = [series(flat(day, { 100: 6.2, 900: 6.1 }))];
    const measured = evaluateSeries([series(scores)], labels, { ...options, rates: [1], quiet });
    expect(measured.points[0]).toMatchObject({ threshold: 6.1, falseEpisodes: 1, falsePerDay: 1, found: 3, precision: 3 / 5 });
    expect(measured.days).toBe(1);
  });

  it('ignores stretches that say nothing', () => {
    const ignored = [{ key: 'a', from: 0, to: 2_000_000 }];
    const rest = evaluateSeries([series(scores)], labels, { ...options, rates: [1.1], ignored });
    expect(rest.points[0]!.threshold).toBe(6);
    expect(rest.judged).toBe(1);
    const before = evaluateSeries([series(scores)], [label(1_000, 1_000)], { ...options, rates: [0], ignored });
    expect(before.points[0]!.found).toBe(0);
  });

  it('does not let an alarm that never ends pass for one false episode', () => {
    const constant = evaluateSeries([series(new Array(day).fill(1))], labels, { ...options, rates: [10] });
    expect(constant.points[0]).toMatchObject({ threshold: 1, falseEpisodes: 0, found: 0 });
  });

  it('keeps keys apart: a cool-down and a buffer end where a key ends', () => {
    const two = [series(flat(100, { 99: 3 }), 'a'), series(flat(100, { 0: 3 }), 'b')];
    expect(evaluateSeries(two, [], { ...options, rates: [2_000] }).points[0]!.falseEpisodes).toBe(2);
    const touching = layOut(two, [label(95, 99), label(0, 4, 'spike', 'b')], options);
    expect(touching.runs).toHaveLength(2);
  });

  it('judges the episodes that a pipeline raised by itself', () => {
    const alarms = flat(day, { 1000: 1, 1010: 1, 20003: 1, 50012: 1 });
    const raised = (start: number, end: number) => ({
      key: 'a',
      start: start * SECOND,
      end: end * SECOND,
      peakScore: 9,
      model: 'z',
      columns: ['x'],
      reason: 'why',
    });
    const episodes = [raised(1000, 1010), raised(20_003, 20_003), raised(50_012, 50_012)];
    const { configured } = evaluateSeries([series(scores, 'a', alarms)], labels, { ...options, episodes });
    expect(configured).toMatchObject({ episodes: 3, trueEpisodes: 1, falseEpisodes: 1, found: 1, recall: 0.25, medianDelay: 3 });
    expect(configured!.precision).toBe(0.5);
    expect(configured!.list.map(({ standing }) => standing)).toEqual(['false', 'true', 'neither']);
    expect(configured!.list[1]!.kind).toBe('spike');
    expect(configured).toMatchObject({ incidents: { count: 0, true: 0, false: 0 }, calls: 3, falseCalls: 1 });
    // An incident is one call, and true where one of its episodes is.
    const joined = episodes.map((one, i) => ({ ...one, incident: i < 2 ? 'first' : 'second' }));
    const apart = [...joined, raised(45_000, 45_000), { ...raised(41_000, 41_000), incident: 'third' }];
    const found = evaluateSeries([series(scores, 'a', alarms)], labels, { ...options, episodes: apart }).configured;
    expect(found).toMatchObject({ incidents: { count: 3, true: 1, false: 1 }, calls: 4, falseCalls: 2 });
  });
});

describe('areas under curves', () => {
  it('are those of a case that can be counted by hand', () => {
    // Oddest first: hit, miss, hit, miss, miss: AP = (1/1 + 2/3)/2; pairs in order: 3 + 2 of 6.
    const small = evaluateSeries([series([5, 4, 3, 2, 1])], [label(0, 0), label(2, 2)], {
      ...options,
      graceMs: 0,
      cooldownMs: 0,
    });
    expect(small.aucPr).toBeCloseTo(5 / 6, 12);
    expect(small.aucRoc).toBeCloseTo(5 / 6, 12);
    expect(small.vusPr).toBeLessThanOrEqual(1);
  });

  it('count ties by half, and rows that were not judged as the least odd, labelled or not', () => {
    const tied = evaluateSeries([series([1, 1, 1, 1])], [label(0, 0)], options);
    expect([tied.aucPr, tied.aucRoc]).toEqual([0.25, 0.5]);
    const unjudged = evaluateSeries([series([Number.NaN, 1, 2, 3])], [label(0, 0)], options);
    expect([unjudged.aucPr, unjudged.aucRoc]).toEqual([0.25, 0]);
    expect(unjudged.vusPr).toBeLessThan(tied.vusPr + 1e-9);
  });

  it('give nothing to who does not judge: that is worth as much as one score for all', () => {
    const labels = [label(100, 119), label(700, 709)];
    const [none, one] = [Number.NaN, 1].map((score) => evaluateSeries([series(new Array(1_000).fill(score))], labels, options));
    expect(none!.aucPr).toBeCloseTo(0.03, 12);
    expect(none!.aucRoc).toBe(0.5);
    expect([none!.vusPr, none!.aucPr, none!.aucRoc]).toEqual([one!.vusPr, one!.aucPr, one!.aucRoc]);
    expect(none!.vusPr).toBeLessThan(0.05);
    // Random scores of the last tenth alone are no better than that.
    const late = series(lehmer(1_000, 5).map((score, i) => (i < 900 ? Number.NaN : score)));
    expect(evaluateSeries([late], labels, options).vusPr).toBeLessThan(0.05);
  });

  it('leave out what is to be ignored', () => {
    const ignored = [{ key: 'a', from: 0, to: 499_000 }];
    const scores = lehmer(1_000, 11);
    const all = evaluateSeries([series(scores)], [label(700, 719)], { ...options, ignored });
    const part = evaluateSeries([series(scores.slice(500))], [label(200, 219)], options);
    expect([all.aucPr, all.aucRoc, all.vusPr]).toEqual([part.aucPr, part.aucRoc, part.vusPr]);
  });

  // What the definition gives when it is followed step by step, threshold by threshold (computed apart, with NumPy).
  it.each([
    [0, 0.6282034414278743],
    [1, 0.6282034414278743],
    [7, 0.6757216829379055],
    [20, 0.7487625234645798],
  ])('VUS-PR with a buffer of %i rows is that of the definition', (buffer, expected) => {
    const { field, scores } = reference();
    expect(volumeUnderPr(field, scores, ranking(scores), buffer)).toBeCloseTo(expected, 12);
  });

  // TSB-AD 1.5, RangeAUC_volume_opt with its 250 thresholds; the last of each: every third row not judged, which it gets as a score of −1.
  const published: [number, number, number, [number, number][], [number, number][], number][] = [
    [
      3000,
      7,
      9,
      [
        [200, 240],
        [255, 259],
        [1500, 1500],
        [2990, 2999],
      ],
      [
        [0, 0.20018415071811238],
        [1, 0.20018415071811238],
        [13, 0.20816460321419328],
        [60, 0.2163464278517733],
      ],
      0.09749190871882332,
    ],
    [
      20000,
      3,
      2,
      [
        [0, 30],
        [5000, 5400],
        [5450, 5500],
        [12000, 12002],
      ],
      [
        [0, 0.21032343108584328],
        [1, 0.21032343108584328],
        [13, 0.21109001925394577],
        [60, 0.21568187454451762],
      ],
      0.07031908217442318,
    ],
    [
      1000,
      5,
      1,
      [
        [100, 120],
        [151, 160],
      ],
      [
        [0, 0.24026205754784424],
        [1, 0.24026205754784424],
        [13, 0.24648914718074486],
        [60, 0.293434461300174],
      ],
      0.08452546015035318,
    ],
  ];
  it.each(published)('VUS-PR of %i rows (seed %i) is that of TSB-AD', (n, seed, digits, stretches, expected, unjudged) => {
    const inside = new Set(stretches.flatMap(([from, to]) => Array.from({ length: to - from + 1 }, (_, i) => from + i)));
    const more = lehmer(n, seed + 1);
    const factor = 10 ** digits;
    const scores = Float64Array.from(
      lehmer(n, seed),
      (score, i) => Math.floor((score + (inside.has(i) ? 0.35 * more[i]! : 0)) * factor) / factor,
    );
    const labels = stretches.map(([from, to]) => label(from, to));
    const field = layOut([series([...scores])], labels, { graceMs: 0, cooldownMs: 0 });
    for (const [buffer, value] of expected) expect(volumeUnderPr(field, scores, ranking(scores), buffer)).toBeCloseTo(value, 12);
    const some = scores.map((score, i) => (i % 3 === 0 ? Number.NaN : score));
    expect(volumeUnderPr(field, some, ranking(some), 20)).toBeCloseTo(unjudged, 12);
  });

  it('VUS-PR treats equal scores as one threshold', () => {
    const { field, scores } = reference();
    const tied = scores.map((score) => Math.floor(score * 5) / 5);
    expect(volumeUnderPr(field, tied, ranking(tied), 20)).toBeCloseTo(0.6915512185598548, 12);
  });

  function reference() {
    const stretches = [label(20, 29), label(36, 38), label(100, 119), label(195, 199)];
    const odd = (i: number) => stretches.some(({ from, to }) => i * SECOND >= from && i * SECOND <= to);
    const extra = new Set([18, 19, 121, 122, 34]);
    const scores = Float64Array.from(
      { length: 200 },
      (_, i) => ((i * 7919 + 13) % 211) / 211 + (odd(i) && i % 3 !== 0 ? 0.6 : 0) + (extra.has(i) ? 0.4 : 0),
    );
    return { field: layOut([series([...scores])], stretches, { graceMs: 0, cooldownMs: 0 }), scores };
  }
});

describe('whatever the scores', () => {
  const labels = [label(400, 440), label(900, 905), label(1_500, 1_600)];
  const odd = (i: number) => labels.some(({ from, to }) => i * SECOND >= from && i * SECOND <= to);

  it('perfect ones are worth 1', () => {
    const perfect = evaluateSeries([series(Array.from({ length: 2_000 }, (_, i) => Number(odd(i))))], labels, {
      ...options,
      rates: [0],
    });
    expect(perfect.points[0]).toMatchObject({ falseEpisodes: 0, recall: 1, precision: 1, medianDelay: 0 });
    expect([perfect.vusPr, perfect.aucPr, perfect.aucRoc]).toEqual([1, 1, 1]);
    expect(perfect.curve.every(({ recall }) => recall === 1)).toBe(true);
  });

  it('random ones are worth a half under ROC, and the share of labelled rows under PR', () => {
    const rows = [series(new Array(200_000).fill(0))];
    const many = Array.from({ length: 100 }, (_, i) => label(i * 2_000 + 500, i * 2_000 + 599));
    const { aucRoc, aucPr, vusPr } = evaluateSeries(randomSeries(rows), many, options);
    expect(aucRoc).toBeCloseTo(0.5, 2);
    expect(aucPr).toBeCloseTo(0.05, 2);
    expect(vusPr).toBeGreaterThan(0.05);
    expect(vusPr).toBeLessThan(0.12);
  });

  const anyScores = fc.array(
    fc.oneof(
      fc.integer({ min: 0, max: 20 }),
      fc.integer({ min: -5_000, max: 5_000 }).map((n) => n / 1_000),
      fc.constant(Number.NaN),
    ),
    { minLength: 60, maxLength: 200 },
  );
  const anyLabels = fc
    .array(fc.tuple(fc.integer({ min: 0, max: 199 }), fc.integer({ min: 0, max: 30 })), { minLength: 1, maxLength: 4 })
    .map((all) => all.map(([from, length]) => label(from, from + length)));

  it('only their order counts', () => {
    fc.assert(
      fc.property(anyScores, anyLabels, (scores, some) => {
        const rows = [series(scores)];
        const bent = [series(scores.map((score) => Math.atan(score) * 3 + 1))];
        const [plain, other] = [rows, bent].map((one) => {
          const { points, curve, outcomes, ...rest } = evaluateSeries(one, some, options);
          const { falseEpisodes, ...areas } = rest;
          return [
            areas,
            falseEpisodes.length,
            points.map((p) => [p.found, p.falseEpisodes]),
            outcomes.map((o) => o.found),
            curve,
          ];
        });
        expect(other).toEqual(plain);
      }),
    );
  });

  it('a threshold keeps to its rate, and the next lower score does not', () => {
    fc.assert(
      fc.property(anyScores, fc.integer({ min: 0, max: 5 }), (scores, allowed) => {
        const times = Float64Array.from(scores, (_, i) => i * SECOND);
        const rows = [{ key: 'a', times, scores: Float64Array.from(scores) }];
        const days = scores.filter((score) => !Number.isNaN(score)).length / 86_400;
        fc.pre(days > 0);
        // A little more than a whole number: the rate is a quotient.
        const rate = (allowed + 0.5) / days;
        const { points } = evaluateSeries(rows, [], { rates: [rate], graceMs: 0, cooldownMs: 3_000 });
        const { threshold, falseEpisodes } = points[0]!;
        // Ten cool-downs of 3 s are the longest that one episode may last.
        const count = (limit: number) => {
          let last = Number.NEGATIVE_INFINITY;
          let found = 0;
          let rows = 0;
          scores.forEach((score, i) => {
            if (!(score >= limit)) return;
            rows++;
            if (i - last > 3) found++;
            last = i;
          });
          return Math.max(found, rows / 30);
        };
        expect(falseEpisodes).toBeLessThanOrEqual(allowed);
        if (threshold !== Number.NEGATIVE_INFINITY) expect(count(threshold)).toBeGreaterThan(allowed);
      }),
    );
  });
});

describe('a ranking', () => {
  it('is that of a stable sort, the highest first, whatever the numbers, and leaves out what is not a number', () => {
    const any = fc.array(fc.oneof(fc.double(), fc.constantFrom(0, -0, 1, -1, 5e-324, Number.MAX_VALUE)), { maxLength: 60 });
    fc.assert(
      fc.property(any, (values) => {
        const rows = [...values.keys()].filter((i) => !Number.isNaN(values[i]!));
        const sorted = rows.sort((a, b) => (values[a]! > values[b]! ? -1 : values[a]! < values[b]! ? 1 : a - b));
        expect([...ranking(Float64Array.from(values))]).toEqual(sorted);
      }),
    );
  });
});

describe('the median', () => {
  it('is the middle, the mean of two middles, and not a number of none', () => {
    expect([median([3, 1, 2]), median([4, 1, 2, 3]), median([])]).toEqual([2, 2.5, Number.NaN]);
  });
});
