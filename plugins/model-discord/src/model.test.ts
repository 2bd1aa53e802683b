import { newExplanation } from '@quantstream/engine';
import { gaussian } from '@quantstream/engine/testing';
import { describe, expect, it } from 'vitest';
import plugin from './index.js';

function start(given: object, columns = 1) {
  const settings = plugin.config.parse(given);
  const state = plugin.initialState(settings, columns);
  const described = Array.from({ length: columns }, (_, i) => ({ name: `column_${i}`, unit: '1' }));
  return plugin.create(settings, state, { columns: described } as never);
}

/** Scores of a stream, each row scored before it is learned. */
function scoresOf(model: ReturnType<typeof start>, rows: number, at: (i: number) => number): number[] {
  return Array.from({ length: rows }, (_, i) => {
    const row = Float64Array.of(at(i));
    const score = model.score(row, i);
    model.learn(row, i, 1);
    return score;
  });
}

/** Which share of the rows from 1,000 on, those of the odd stretch left out, is odder than the oddest of that stretch. */
function odder(scores: readonly number[], from: number, to: number): number {
  const peak = Math.max(...scores.slice(from, to));
  const others = scores.filter((score, i) => i >= 1_000 && (i < from || i >= to + 100) && !Number.isNaN(score));
  return others.filter((score) => score >= peak).length / others.length;
}

describe('a shape that was not seen', () => {
  const beat = (i: number) => Math.exp(-(((i % 60) - 20) ** 2) / 30) - 0.4 * Math.exp(-(((i % 60) - 30) ** 2) / 60);
  const shapes: [string, (i: number, usual: number) => number][] = [
    ['a beat that is missing', () => 0],
    ['a beat upside down', (_, usual) => -usual],
    ['a beat in the other order of time', (i) => beat(59 - (i % 60))],
    ['a beat of half the length', (i) => beat((2 * i) % 60)],
    ['a beat of half the height', (_, usual) => usual / 2],
    ['a beat three times as high', (_, usual) => 3 * usual],
    ['a stretch of noise', (i, usual) => usual + Math.sin(i * i)],
  ];
  it.each(shapes)('%s is the oddest stretch of 4,000 rows', (_, odd) => {
    const normal = gaussian(17);
    const [from, to] = [3_000, 3_060];
    const scores = scoresOf(start({}), 4_000, (i) => {
      const usual = beat(i);
      return (i >= from && i < to ? odd(i, usual) : usual) + 0.05 * normal();
    });
    expect(odder(scores, from, to + 50)).toBe(0);
  });

  it('is less odd when it comes again', () => {
    const normal = gaussian(18);
    const odd = (i: number) => (i >= 2_000 && i < 2_060) || (i >= 2_600 && i < 2_660);
    const scores = scoresOf(start({}), 3_000, (i) => (odd(i) ? -beat(i) : beat(i)) + 0.05 * normal());
    const [first, second] = [2_000, 2_600].map((from) => Math.max(...scores.slice(from, from + 110)));
    expect(second!).toBeLessThan(first! / 3);
  });
});

describe('what has no shape', () => {
  it('has scores around one: noise, and noise on a flat stretch of what swings', () => {
    const normal = gaussian(19);
    const noise = scoresOf(start({}), 4_000, normal).slice(1_500);
    expect(noise.reduce((a, b) => a + b, 0) / noise.length).toBeGreaterThan(0.8);
    expect(Math.max(...noise)).toBeLessThan(5);
    const flat = (i: number) => (i % 400 < 200 ? 0 : Math.sin(i / 5)) + 0.01 * normal();
    const scores = scoresOf(start({}), 6_000, flat).slice(2_000);
    expect(Math.max(...scores)).toBeLessThan(20);
  });

  it('moves behind a long standstill as it did before', () => {
    const normal = gaussian(20);
    const scores = scoresOf(start({}), 9_000, (i) => (i > 3_000 && i < 6_000 ? 0 : Math.sin(i / 8) + 0.05 * normal()));
    expect(Math.max(...scores.slice(8_000))).toBeLessThan(6);
  });
});

it('says how long ago the nearest was, and which way the latest value lies', () => {
  const normal = gaussian(21);
  const model = start({});
  scoresOf(model, 2_000, (i) => Math.sin((2 * Math.PI * i) / 40) + 0.02 * normal());
  const out = newExplanation(1);
  const row = Float64Array.of(3);
  const score = model.score(row, 2_000);
  model.explain!(row, out, 2_000);
  expect(out.total).toBe(score);
  expect(out.directions[0]).toBe(1);
  expect(out.reasons[0]).toMatch(
    /^the last 50 rows of column_0, up to 3, have a shape that was not seen before: the nearest, \d+ rows ago, is [\d.]+ times as far as usual$/,
  );
});

it('judges nothing until a window is whole again behind an interruption', () => {
  const model = start({ window: 10, memory: 50, warmUp: 40 });
  const before = scoresOf(model, 200, (i) => Math.sin(i));
  model.interrupt!();
  const behind = scoresOf(model, 40, (i) => 5 + 2 * Math.sin(200 + i));
  expect(before.slice(60).every(Number.isFinite)).toBe(true);
  expect(behind.map((score) => Number.isNaN(score))).toEqual(behind.map((_, i) => i < 9));
});
