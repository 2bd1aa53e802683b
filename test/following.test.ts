// Files that are followed by a real process, which is killed: each row is judged once.

import { appendFileSync, existsSync, readFileSync, renameSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { Bench } from './support.js';

const bench = new Bench();
afterAll(() => bench.dispose());

const T = Date.UTC(2026, 0, 1);
const HEADER = 'time,Volume_Flow_RateRMS\n';
const lines = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => `${T + (from + i) * 1_000},${(from + i) % 7}\n`).join('');

const pipeline = (name: string, source: object) =>
  bench.write(`${name}.yaml`, {
    name,
    source: { use: 'file', with: { time: 'time', key: 'pump', keyFrom: 'text', values: ['Volume_Flow_RateRMS'], ...source } },
    features: { use: 'window', with: { columns: ['volume_flow_raterms'] } },
    models: { tails: { use: 'tails', columns: ['volume_flow_raterms'] } },
    sinks: { records: { use: 'file', with: { path: `./${name}.jsonl` } } },
    checkpoint: { store: 'file', every: '100ms' },
  });

/** Times of the rows that were judged, in seconds since the beginning, as they stand in the records. */
function judged(name: string): number[] {
  const path = bench.path(`${name}.jsonl`);
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line.includes('"what":"verdict"') && line.endsWith('}'))
    .map((line) => ((JSON.parse(line) as { time: number }).time - T) / 1_000);
}

async function until(come: () => boolean): Promise<void> {
  for (const end = Date.now() + 60_000; !come() && Date.now() < end; ) await sleep(20);
  expect(come()).toBe(true);
}

describe('a file that is followed', () => {
  it('is judged row by row and once, though the process is killed and the file rotated meanwhile', async () => {
    const file = pipeline('pump', { path: 'pump.csv', follow: true });
    bench.write('pump.csv', HEADER + lines(0, 300));
    let written = 300;
    for (let kill = 0; kill < 3; kill++) {
      const running = bench.start(['-p', file]);
      const before = new Set(judged('pump')).size;
      for (let i = 0; i < 10; i++) {
        appendFileSync(bench.path('pump.csv'), lines(written, written + 50));
        written += 50;
        await sleep(20);
      }
      await until(() => new Set(judged('pump')).size > before + 100);
      running.child.kill('SIGKILL');
      await running.exit;
      renameSync(bench.path('pump.csv'), bench.path(`pump.csv.${3 - kill}`));
      bench.write('pump.csv', HEADER + lines(written, written + 10));
      written += 10;
    }
    const running = bench.start(['-p', file, '--log-format', 'text', '--summary', '-']);
    await until(() => judged('pump').includes(written - 1));
    running.child.kill('SIGTERM');
    const { code } = await running.exit;
    expect(code).toBe(0);
    const all = [...new Set(judged('pump'))].sort((a, b) => a - b);
    expect(all).toEqual([...Array(written).keys()]);
  });

  it('shows in validate how its columns are called, and whether it was there', async () => {
    bench.write('seen.csv', HEADER + lines(0, 3));
    const said = async (path: string) => (await bench.run(['validate', pipeline('seen', { path, follow: true })])).stdout;
    expect(await said('seen.csv')).toMatch(/valid\. Rows .*\n {2}reading: volume_flow_raterms is Volume_Flow_RateRMS\n$/);
    expect(await said('not-yet.csv')).toContain('; source not opened');
  });
});

describe('standard input', () => {
  it('is judged as it comes', async () => {
    const running = bench.start(['-p', pipeline('piped', { path: '-' })]);
    running.child.stdin!.write(HEADER + lines(0, 2));
    await until(() => judged('piped').length >= 1);
    running.child.stdin!.write(lines(2, 3));
    await until(() => judged('piped').length >= 2);
    running.child.stdin!.end();
    await running.exit;
    expect(judged('piped')).toEqual([0, 1, 2]);
  });
});
