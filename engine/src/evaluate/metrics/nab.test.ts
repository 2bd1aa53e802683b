import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type Label, layOut, nabScore, parseLabels, randomSeries, ranking, type Series, scoresOver } from '../index.js';

const shared = process.env.QUANTSTREAM_SHARED ?? resolve(import.meta.dirname, '../../../../../shared');
const corpus = join(shared, 'data', 'benchmark', 'nab');
const MINUTE = 60_000;

function scored(rows: readonly { key: string; scores: readonly number[] }[], labels: readonly Label[]) {
  const series = rows.map(({ key, scores }) => ({
    key,
    times: Float64Array.from(scores, (_, i) => i * MINUTE),
    scores: Float64Array.from(scores),
  }));
  const field = layOut(series, labels, { graceMs: 0, cooldownMs: 0 });
  const all = Float64Array.from(series.flatMap(({ scores }) => [...scores]));
  return nabScore(field, labels, all, ranking(all));
}

const sigmoid = (y: number) => 2 / (1 + Math.exp(5 * y)) - 1;

describe('the NAB score', () => {
  const window = { key: 'a', kind: 'anomaly', from: 40 * MINUTE, to: 49 * MINUTE };
  const flat = (odd: Record<number, number>) => Array.from({ length: 100 }, (_, i) => odd[i] ?? 0);

  it('of alarms at known places is what the formula gives by hand', () => {
    // Row 45 of 40 … 49 lies at −(49 − 45 + 1)/10 = −0.5; row 51 is 2/9 of a window behind; row 20 has no window before it.
    const hit = sigmoid(-0.5) / sigmoid(-1);
    const only = scored([{ key: 'a', scores: flat({ 45: 3 }) }], [window]);
    expect(only.standard).toBeCloseTo((100 * (hit + 1)) / 2, 10);
    expect(only.lowFalseNegatives).toBeCloseTo((100 * (hit + 2)) / 3, 10);
    const behind = scored([{ key: 'a', scores: flat({ 51: 3, 20: 3, 45: 3 }) }], [window]);
    const cost = sigmoid(2 / 9) - 1;
    expect(behind.standard).toBeCloseTo((100 * (hit + 0.11 * cost + 1)) / 2, 10);
    expect(behind.lowFalsePositives).toBeCloseTo((100 * (hit + 0.22 * cost + 1)) / 2, 10);
  });

  it('takes the earliest alarm of a window, and the threshold that is best for all keys together', () => {
    const rows = [
      { key: 'a', scores: flat({ 40: 2, 45: 3 }) },
      { key: 'b', scores: flat({ 60: 1 }) },
    ];
    expect(scored(rows, [window]).standard).toBeCloseTo(100, 10);
    // Silence is worth 0, and no threshold is worse than silence.
    expect(scored([{ key: 'a', scores: flat({ 90: 5, 91: 5, 92: 5 }) }], [window]).standard).toBe(0);
  });

  it('forgives alarms on probation, and does not count windows that lie in it', () => {
    const early = { key: 'a', kind: 'anomaly', from: 2 * MINUTE, to: 9 * MINUTE };
    const score = scored([{ key: 'a', scores: flat({ 3: 9, 14: 9, 40: 5 }) }], [early, window]);
    expect([score.windows, score.standard]).toEqual([1, 100]);
    expect(scored([{ key: 'a', scores: flat({}) }], []).standard).toBeNaN();
  });
});

/** The files of the corpus: key as the labels have it, times and values. */
function readCorpus(): (Pick<Series, 'key' | 'times'> & { values: Float64Array })[] {
  return readdirSync(join(corpus, 'data'), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap(({ name: folder }) =>
      readdirSync(join(corpus, 'data', folder)).map((file) => {
        const text = gunzipSync(readFileSync(join(corpus, 'data', folder, file))).toString();
        const lines = text
          .trim()
          .split('\n')
          .slice(1)
          .map((line) => line.trim().split(','));
        return {
          key: `${folder}/${file.replace(/\.gz$/, '')}`,
          times: Float64Array.from(lines, ([time]) => Date.parse(`${time!.replace(' ', 'T')}Z`)),
          values: Float64Array.from(lines, ([, value]) => Number(value)),
        };
      }),
    );
}

/** The upper tail of the normal distribution above z ≥ 0: a series, and a continued fraction where it would cancel. */
function upperTail(z: number): number {
  if (z < 3) {
    let sum = z;
    let term = z;
    for (let n = 1; n < 200 && Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
      term *= (-z * z) / (2 * n);
      sum = sum + term / (2 * n + 1);
    }
    return 0.5 - sum / Math.sqrt(2 * Math.PI);
  }
  let fraction = 0;
  for (let n = 60; n > 0; n--) fraction = n / (z + fraction);
  return Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI) / (z + fraction);
}

/**
 * How far a value lies in the tail of a normal distribution with the mean and deviation of the last `size` values, which slide by
 * `step`: the detector that NAB publishes as "Windowed Gaussian". As there, the score is the tail itself.
 */
function windowedGaussian(values: Float64Array, size = 6_400, step = 100): Float64Array {
  let window: number[] = [];
  let waiting: number[] = [];
  let [sum, squares] = [0, 0];
  let [mean, deviation] = [0, 1];
  const refresh = () => {
    mean = sum / window.length;
    deviation = Math.sqrt(Math.max(0, squares / window.length - mean * mean)) || 1e-6;
  };
  return values.map((value) => {
    const score = window.length > 0 ? 1 - upperTail(Math.abs(value - mean) / deviation) : 0;
    if (window.length < size) {
      window.push(value);
      [sum, squares] = [sum + value, squares + value * value];
      refresh();
      return score;
    }
    waiting.push(value);
    if (waiting.length === step) {
      window = [...window.slice(step), ...waiting];
      waiting = [];
      [sum, squares] = window.reduce(([s, q], one) => [s! + one, q! + one * one], [0, 0]) as [number, number];
      refresh();
    }
    return score;
  });
}

describe.skipIf(!existsSync(corpus))('on the corpus of NAB (skipped where the shared data are absent)', () => {
  it('the published detectors get their published scores', { timeout: 120_000 }, () => {
    const files = readCorpus();
    const path = join(corpus, 'labels', 'combined_windows.json');
    const { labels } = parseLabels(readFileSync(path, 'utf8'), path);
    expect([files.length, labels.length]).toEqual([58, 116]);
    const field = layOut(files, labels, { graceMs: 0, cooldownMs: 0 });
    const measure = (series: readonly Series[]) => {
      const scores = scoresOver(field, series);
      return nabScore(field, labels, scores, ranking(scores));
    };
    const gaussian = measure(files.map(({ key, times, values }) => ({ key, times, scores: windowedGaussian(values) })));
    expect(gaussian.windows).toBe(116);
    // Published: 39.6.
    expect(Math.abs(gaussian.standard - 39.6)).toBeLessThan(1);
    // Published: 11.0, where draws differ by several points.
    const draws = [1, 2, 3, 4, 5, 6, 7, 8].map((seed) => measure(randomSeries(files, seed)).standard);
    expect(Math.abs(draws.reduce((a, b) => a + b, 0) / draws.length - 11)).toBeLessThan(2.5);
  });
});
