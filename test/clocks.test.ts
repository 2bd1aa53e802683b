// Keys whose clocks are wrong, end to end.

import { afterAll, describe, expect, it } from 'vitest';
import { Bench } from './support.js';

const bench = new Bench();
afterAll(() => bench.dispose());

const START = 1_700_000_000;
const DAY = 86_400;

/** A row a second of four hosts in turn, with some changed or put between. */
function rows(change: (host: string, time: number, i: number) => (readonly [string, number])[]): string {
  const lines = ['time,host,load'];
  for (let i = 0; i < 4_000; i++)
    for (const [host, time] of change(`h${i % 4}`, START + Math.floor(i / 4), i)) lines.push(`${time},${host},${i % 9}`);
  return `${lines.join('\n')}\n`;
}

async function run(name: string, csv: string, every = '1s') {
  bench.write(`${name}.csv`, csv);
  const file = bench.write(`${name}.yaml`, {
    name,
    source: { use: 'file', with: { path: `${name}.csv`, time: 'time', key: 'host', values: ['load'] } },
    features: { use: 'window', with: { every, columns: ['load'] } },
    models: { trees: { use: 'half-space-trees', columns: ['load'], with: { window: 100, depth: 4 } } },
    alarms: { contamination: 0.001 },
    sinks: { rows: { use: 'file', with: { path: `${name}-out.jsonl` } } },
  });
  const { code, stdout, stderr } = await bench.run(['-p', file, '--summary', '-', '--lenient']);
  expect(code, stderr).toBe(0);
  return { summary: JSON.parse(stdout), stderr };
}

describe('one wrong clock', () => {
  it('a month ahead, twice: the others go on as if it were not there', async () => {
    const good = await run(
      'good',
      rows((host, time) => [[host, time]]),
    );
    const extra = (host: string, time: number, i: number) =>
      i === 2_000 || i === 2_001 ? [[host, time] as const, ['h0', time + 30 * DAY] as const] : [[host, time] as const];
    const { summary, stderr } = await run('ahead', rows(extra));
    expect(summary).toMatchObject({ ahead: 2, late: 0, rows: good.summary.rows, verdicts: good.summary.verdicts });
    expect(stderr).toMatch(/reading \d+ of h0 is 30 days ahead of all others/);
  });

  it('ahead for good: its key is not judged, and it is said whose it is', async () => {
    const wrong = (host: string, time: number) => [[host, host === 'h2' ? time + DAY : time] as const];
    const { summary, stderr } = await run('offset', rows(wrong));
    expect(summary).toMatchObject({ observations: 4_000, ahead: 1_000, late: 0 });
    expect(stderr).toMatch(/of h2 is 24 h ahead/);
  });

  it('a month behind: its key is late, and does not live through the month in rows', async () => {
    const wrong = (host: string, time: number) => [[host, host === 'h3' ? time - 30 * DAY : time] as const];
    const { summary, stderr } = await run('behind', rows(wrong));
    expect(summary).toMatchObject({ observations: 4_000, ahead: 0, late: 1_000 });
    expect(summary.rows).toBeLessThan(4_000);
    expect(stderr).toMatch(/of h3 is 30 days too late/);
  });

  it('a month behind from the first row on: its key is judged on its own time, and that is said', async () => {
    const wrong = (host: string, time: number) => [[host, host === 'h0' ? time - 30 * DAY : time] as const];
    const { summary, stderr } = await run('behind-first', rows(wrong), 'row');
    expect(summary).toMatchObject({ observations: 4_000, ahead: 0, late: 0, rows: 4_000 });
    expect(stderr).toMatch(/judged on its own time: .*of h0 is 30 days behind all others/);
  });
});
