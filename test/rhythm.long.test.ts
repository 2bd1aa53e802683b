// Days and weeks in a whole pipeline: what comes every night becomes ordinary, and neither a restart nor threads change a row.

import { appendFileSync, readFileSync } from 'node:fs';
import { random } from '@quantstream/engine';
import { afterAll, describe, expect, it } from 'vitest';
import { Bench } from './support.js';

const bench = new Bench();
afterAll(() => bench.dispose());

const MINUTES = 5;
const DAYS = 24;
const PER_DAY = 1_440 / MINUTES;
const START = Date.UTC(2026, 0, 5);
const HOSTS = ['db-1', 'web-1'];

/** The noise of a row depends on the row alone: the sum of three, so that it has tails. */
function noiseOf(row: number): number {
  const next = random(row);
  return next() + next() + next() - 1.5;
}

/** CPU of two hosts: one has a job from 2:30 to 3:00 every night, on the 20th it does not run; the other has no rhythm. */
function lines(from: number, to: number): string {
  let text = '';
  for (let n = from; n < to; n++)
    HOSTS.forEach((host, h) => {
      const [day, slot] = [Math.floor(n / PER_DAY), n % PER_DAY];
      const job = h === 0 && slot >= 30 && slot < 36 && day !== 20 ? 40 : 0;
      const cpu = 30 + job + noiseOf(1 + 2 * n + h);
      text += `${new Date(START + n * MINUTES * 60_000).toISOString()},${host},${cpu.toFixed(3)}\n`;
    });
  return text;
}
const HEAD = 'ts,host,cpu\n';
const ALL = DAYS * PER_DAY;

interface Row {
  readonly what: string;
  readonly key: string;
  readonly time: number;
  readonly score: number | null;
  readonly anomalous: boolean;
  readonly reason?: string;
}

const pipeline = (path: string, out: string, more = {}) => ({
  name: 'nights',
  source: { use: 'file', with: { path, key: 'host', time: 'ts', values: ['cpu'], units: { cpu: '%' } } },
  features: { use: 'window', with: { units: { cpu: '%' }, columns: ['cpu'] } },
  models: {
    far: { use: 'mahalanobis', columns: ['cpu'], with: { warmUp: 100, halfLife: 3_000 }, transform: { rhythm: 'day' } },
  },
  alarms: { perDay: 1, calibration: { atLeast: '3d' } },
  sinks: { out: { use: 'file', with: { path: out } } },
  ...more,
});

async function judged(name: string, more = {}): Promise<Row[]> {
  const path = bench.write(`${name}/cpu.csv`, HEAD + lines(0, ALL));
  const out = bench.path(`${name}.jsonl`);
  await bench.summary(bench.write(`${name}.yaml`, pipeline(path, out, more)), [], name);
  return rowsIn(out);
}
const rowsIn = (file: string): Row[] =>
  readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Row)
    .filter(({ what }) => what === 'verdict');
const inOrder = (rows: readonly Row[]) => [...rows].sort((a, b) => a.time - b.time || (a.key < b.key ? -1 : 1));

describe('a rhythm', () => {
  it('makes a nightly job ordinary, and its absence odd, in words of the hour', async () => {
    const rows = await judged('whole');
    expect(rows).toHaveLength(HOSTS.length * ALL);
    const odd = rows.filter(({ anomalous }) => anomalous);
    const dayOf = ({ time }: Row) => Math.floor((time - START) / 86_400_000);
    const missed = odd.filter((row) => row.key === 'db-1' && dayOf(row) === 20);
    expect(missed.length).toBeGreaterThan(0);
    expect(missed[0]!.reason).toMatch(/^cpu (29|30|31)[.\d]* %, at this hour usually [67]\d %.*: the usual rise did not come/);
    // A job that runs is no rise that did not come, nor is anything at other hours.
    expect(odd.filter(({ reason }) => reason?.includes('did not come')).every((row) => missed.includes(row))).toBe(true);
    // Of the nights behind calibration the job itself is odd in none; a row here and there is what the budget gives to chance.
    const job = odd.filter(
      ({ key, time }) => key === 'db-1' && new Date(time).getUTCHours() === 2 && new Date(time).getUTCMinutes() >= 30,
    );
    const nights = job.map(dayOf).filter((day) => day > 4 && day !== 20);
    expect(new Set(nights).size).toBe(nights.length);
    expect(nights.length).toBeLessThanOrEqual(1);
  });

  it('is the same row for row over a restart in the middle, and with two threads', async () => {
    const whole = inOrder(await judged('again'));
    expect(inOrder(await judged('threads', { workers: 2 }))).toEqual(whole);
    // It stops in the middle of a cell of the third week, and goes on with what the file has grown by.
    const cut = 16 * PER_DAY + 33;
    const path = bench.write('grown/cpu.csv', HEAD + lines(0, cut));
    const out = bench.path('grown.jsonl');
    const file = bench.write('grown.yaml', pipeline(path, out));
    await bench.summary(file, [], 'grown');
    appendFileSync(path, lines(cut, ALL));
    await bench.summary(file, [], 'grown');
    const grown = inOrder(rowsIn(out));
    expect(grown).toHaveLength(whole.length);
    const told = ({ key, time, score, anomalous }: Row) => [key, time, score, anomalous];
    expect(grown.map(told)).toEqual(whole.map(told));
  });

  it('is refused for a model that decides by itself', async () => {
    const rules = { use: 'rules', columns: ['cpu'], with: { rules: { full: { when: 'cpu > 95', message: 'full' } } } };
    const file = pipeline('cpu.csv', 'out.jsonl', { models: { rules: { ...rules, transform: { rhythm: 'auto' } } } });
    const { code, stderr } = await bench.run(['validate', bench.write('rules.yaml', file)]);
    expect(code).not.toBe(0);
    expect(stderr).toContain('a model that decides by itself is given values as they are; leave rhythm out');
  });
});
