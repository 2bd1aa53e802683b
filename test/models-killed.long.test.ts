// Models under kill -9, with rows between that are poison: what they said of every row is as if nothing had been.

import { readFileSync, rmSync, statSync } from 'node:fs';
import { afterAll, afterEach, expect, it } from 'vitest';
import { gaussian } from '../engine/src/api/index.js';
import { startEngine } from './command-line.js';
import { Bench } from './support.js';

const bench = new Bench();
afterAll(() => bench.dispose());

const ROWS = 4_000;
const COLUMNS = ['a', 'b', 'c'];
/** Cells as no instrument means them: the least and the most that a number can be, none, and what stands still. */
const POISON = ['1e308', '-1e308', '5e-324', '', '-0', '0'];

/** Two hosts a minute apart with a daily swing; every fiftieth row has a cell of poison, and b stands still for an hour. */
function recording(): string {
  const normal = gaussian(11);
  const lines = Array.from({ length: ROWS }, (_, i) => {
    const minute = i >> 1;
    const values = [5 * Math.sin((2 * Math.PI * minute) / 1_440) + normal(), normal(), normal()].map((value) => value.toFixed(4));
    if (i % 50 === 49) values[((i / 50) % 3) | 0] = POISON[((i / 50) | 0) % POISON.length];
    if (minute >= 1_500 && minute < 1_560) values[1] = '0.5';
    return `${1_700_006_400 + 60 * minute},host-${i % 2},${values}`;
  });
  return `ts,host,${COLUMNS}\n${lines.join('\n')}\n`;
}

const alone = (use: string, settings: object = {}) => ({ models: { it: { use, columns: COLUMNS, with: settings } } });

it.each<[string, object]>([
  ['baseline', alone('baseline')],
  ['clusters', alone('clusters')],
  ['subspace', alone('subspace')],
  ['discord', alone('discord', { window: 16, memory: 200, warmUp: 100 })],
  ['random-cut-forest', alone('random-cut-forest', { shingle: 2 })],
  ['none that is named', {}],
  ['thorough', { models: 'thorough' }],
])(
  '%s: scores, reasons and episodes are those of a run that nobody killed',
  async (_, models) => {
    bench.write('hosts.csv', recording());
    const pipeline = (path: string) => ({
      name: 'killed',
      source: { use: 'file', with: { path: './hosts.csv', key: 'host', time: 'ts', values: COLUMNS, batch: 50 } },
      features: { use: 'window', with: { columns: COLUMNS } },
      ...models,
      alarms: { perDay: 10, calibration: { atLeast: '6h' } },
      checkpoint: { every: '20ms' },
      sinks: { lines: { use: 'file', with: { path } } },
    });
    const lines = (path: string) => [...new Set(readFileSync(bench.path(path), 'utf8').split('\n').filter(Boolean))].sort();
    const whole = startEngine(bench.directory, ['-p', bench.write('whole.yaml', pipeline('./whole.jsonl'))], { data: 'once' });
    expect((await whole.exit).code).toBe(0);
    const file = bench.write('killed.yaml', pipeline('./killed.jsonl'));
    const written = () => statSync(bench.path('data/killed/checkpoint/manifest.json'), { throwIfNoEntry: false })?.mtimeMs;
    let killed = 0;
    for (let round = 0; round < 3; round++) {
      const before = written();
      const { child, exit } = startEngine(bench.directory, ['-p', file]);
      const timer = setInterval(() => {
        if (written() !== before) child.kill('SIGKILL');
      }, 5);
      if ((await exit).signal === 'SIGKILL') killed++;
      clearInterval(timer);
    }
    expect(killed).toBeGreaterThan(0);
    expect((await startEngine(bench.directory, ['-p', file]).exit).code).toBe(0);
    const expected = lines('whole.jsonl');
    expect(expected.filter((line) => line.includes('"what":"verdict"')).length).toBeGreaterThan(0.9 * ROWS);
    expect(expected.filter((line) => line.includes('"calibrated":true')).length).toBeGreaterThan(ROWS / 4);
    expect(lines('killed.jsonl')).toEqual(expected);
  },
  120_000,
);

afterEach(() => {
  for (const path of ['whole.jsonl', 'killed.jsonl', 'once', 'data']) rmSync(bench.path(path), { recursive: true, force: true });
});
