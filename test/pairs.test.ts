import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { partitionerOf } from '../engine/src/adapters/kafka/topic.js';
import type { Summary } from '../engine/src/vitals/summary.js';
import { Bench, ROOT } from './support.js';

const bench = new Bench();
afterAll(() => bench.dispose());

const START = Date.UTC(2026, 0, 12);
const SECONDS = 4_000;
const JUMP = 3_800;

/** Aggregated trades as the exchange publishes them, one a second: both symbols follow one market, and one leaves it by 1 %. */
function recording(base: number, offset: number, jump: number): string {
  const lines = Array.from({ length: SECONDS }, (_, i) => {
    const market = 1 + 0.0005 * Math.sin(i / 40);
    const price = (base * market * (i >= JUMP ? 1 + jump : 1)).toFixed(2);
    return `${i + 1},${price},0.5,${i + 1},${i + 1},${START + i * 1_000 + offset},${i % 2 ? 'True' : 'False'},True`;
  });
  return `${lines.join('\n')}\n`;
}

const records = (path: string) =>
  readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

describe('pipelines/pairs.yaml', () => {
  it('raises the rule of v1 in the very bar in which the spread leaves 0.5 %, and calls it by its name', async () => {
    bench.write('BTCUSDT-aggTrades-2026-01-12.csv', recording(90_000, 100, 0.01));
    bench.write('ETHUSDT-aggTrades-2026-01-12.csv', recording(3_000, 400, 0));
    const out = bench.path('out.jsonl');
    const file = bench.write('pairs.yaml', {
      extends: join(ROOT, 'pipelines', 'pairs.yaml'),
      source: { with: { connect: `file:${bench.path('*-aggTrades-*.csv')}` } },
      sinks: { console: null, database: null, out: { use: 'file', with: { path: out, write: ['anomalies', 'episodes'] } } },
      http: null,
    });
    const { code, stderr } = await bench.start(['--pipeline', file, '--lenient', '--summary', bench.path('summary.json')]).exit;
    expect(code, stderr).toBe(0);
    const summary = JSON.parse(readFileSync(bench.path('summary.json'), 'utf8')) as Summary;
    expect(summary).toMatchObject({ keys: 1, observations: 2 * SECONDS, episodes: 1 });
    const all = records(out);
    expect(all.find(({ what }) => what === 'anomaly')).toMatchObject({
      key: 'btc-eth',
      time: START + JUMP * 1_000,
      leading: 'limit',
      severity: 'warning',
      raised: true,
      calibrated: false,
      reason: expect.stringMatching(/^the spread of BTC and ETH is 0\.0099\d*, beyond 0\.5 %/),
    });
    expect(all.filter(({ what, status }) => what === 'episode' && status === 'closed')).toHaveLength(1);
  });

  it('sends both keys of the group into one partition, whatever their names', () => {
    const partitions = (groups: ReadonlyMap<string, string>) =>
      ['BTCUSDT', 'ETHUSDT', 'SOLUSDT'].map(partitionerOf('trades', 7, groups));
    const [btc, eth, sol] = partitions(new Map());
    expect(btc).not.toBe(eth);
    const [first, second, other] = partitions(
      new Map([
        ['BTCUSDT', 'btc-eth'],
        ['ETHUSDT', 'btc-eth'],
      ]),
    );
    expect(first).toBe(second);
    expect(other).toBe(sol);
  });
});
