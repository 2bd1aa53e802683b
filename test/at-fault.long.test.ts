// What an episode says of many columns at fault: all that carry it, and which way each went, by one model or by those of an unknown domain.

import { readFileSync } from 'node:fs';
import { afterAll, expect, it } from 'vitest';
import { gaussian } from '../engine/src/api/index.js';
import { Bench } from './support.js';

const bench = new Bench();
afterAll(() => bench.dispose());

const COLUMNS = Array.from({ length: 10 }, (_, i) => `c${i}`);
const ROWS = 6_000;

/** Noise, a row a minute; near the end ten minutes in which the first seven columns move by `ways`, the others do not. */
function recording(ways: readonly number[]): string {
  const normal = gaussian(5);
  const lines = Array.from({ length: ROWS }, (_, i) => {
    const faulty = i >= ROWS - 60 && i < ROWS - 50;
    const values = COLUMNS.map((_, c) => (normal() + (faulty ? 12 * (ways[c] ?? 0) : 0)).toFixed(4));
    return `${1_700_006_400 + 60 * i},${values}`;
  });
  return `ts,${COLUMNS}\n${lines.join('\n')}\n`;
}

it.each<[string, object]>([
  ['the models of an unknown domain', {}],
  ['one model', { models: { alone: { use: 'baseline', columns: COLUMNS } } }],
])('%s: seven columns of ten, that went up together or apart', async (_, models) => {
  for (const [name, ways, said] of [
    ['together', [1, 1, 1, 1, 1, 1, 1], /, all high together: c\d/],
    ['apart', [1, 1, 1, -1, -1, -1, -1], / and \d more columns?: .*(high|low)/],
  ] as const) {
    bench.write(`${name}.csv`, recording(ways));
    const path = bench.path(`${name}.jsonl`);
    const pipeline = bench.write('pipeline.yaml', {
      name,
      source: { use: 'file', with: { path: `./${name}.csv`, time: 'ts', values: COLUMNS } },
      features: { use: 'window', with: { columns: COLUMNS } },
      ...models,
      alarms: { perDay: 2, calibration: { atLeast: '1d' } },
      sinks: { lines: { use: 'file', with: { path, write: ['episodes'] } } },
    });
    await bench.summary(pipeline, [], `${name}-${Object.keys(models).length}`);
    const start = (1_700_006_400 + 60 * (ROWS - 60)) * 1_000;
    const episode = readFileSync(path, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line))
      .findLast((one) => one.start === start);
    // Four fifths of seven that moved alike, and none that did not.
    expect(episode.columns.length).toBeGreaterThanOrEqual(5);
    expect(episode.columns.length).toBeLessThanOrEqual(7);
    for (const column of episode.columns) expect(COLUMNS.indexOf(column)).toBeLessThan(7);
    expect(episode.reason).toMatch(said);
    if (name === 'together') continue;
    const [, high = '', low = ''] = /columns?: (?:(.*?) high)?(?:, )?(?:(c.*?) low)?; /.exec(episode.reason) ?? [];
    expect(high.length + low.length).toBeGreaterThan(0);
    for (const column of high.match(/c\d/g) ?? []) expect(ways[COLUMNS.indexOf(column)]).toBe(1);
    for (const column of low.match(/c\d/g) ?? []) expect(ways[COLUMNS.indexOf(column)]).toBe(-1);
  }
});
