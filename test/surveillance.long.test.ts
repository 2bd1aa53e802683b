import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Bench, ROOT } from './support.js';

const bench = new Bench();
afterAll(() => bench.dispose());

interface Detector {
  readonly name: string;
  readonly points: readonly { readonly perDay: number; readonly recall: number; readonly falsePerDay: number }[];
  readonly kinds: readonly { readonly kind: string; readonly recall: readonly number[] }[];
}

/** Fourteen simulated hours with many anomalies, seeded. Shorter than what docs/detection.md measures, so that it takes seconds. */
async function evaluate(): Promise<ReadonlyMap<string, Detector>> {
  const surveillance = bench.write('surveillance.yaml', {
    extends: join(ROOT, 'pipelines', 'btc-surveillance.yaml'),
    name: 'surveillance',
    alarms: { calibration: { atLeast: '2h' } },
  });
  const labels = bench.path('labels.jsonl');
  const simulator = { seed: 21, start: '2024-08-01T00:00:00Z', duration: '14h', realTime: false, tradesPerSecond: 5 };
  const set = [
    'source.with.connect=simulator',
    `source.with.simulator=${JSON.stringify({ ...simulator, anomaliesPerDay: 150, labels })}`,
  ];
  const out = bench.path('report.json');
  const { exit } = bench.start([
    ...['evaluate', '-p', surveillance, '--against', join(ROOT, 'pipelines', 'btc.yaml'), '--labels', labels],
    ...['--rates', '10', '--cooldown', '60s', '--out', out, ...set.flatMap((one) => ['--set', one])],
  ]);
  const { code, stderr } = await exit;
  expect(code, stderr).toBe(0);
  const report = JSON.parse(readFileSync(out, 'utf8')) as { readonly detectors: readonly Detector[] };
  return new Map(report.detectors.map((detector) => [detector.name, detector]));
}

describe('the pipeline that watches a market', () => {
  it('finds far more than the plain forest and than |z| at the same number of false episodes, of all six kinds', async () => {
    const detectors = await evaluate();
    const [surveillance, plain] = [detectors.get('surveillance')!, detectors.get('btc')!];
    expect(surveillance.points[0]!.falsePerDay).toBeLessThanOrEqual(10);
    expect(surveillance.points[0]!.recall).toBeGreaterThan(plain.points[0]!.recall + 0.4);
    expect(surveillance.points[0]!.recall).toBeGreaterThan(detectors.get('|z|')!.points[0]!.recall + 0.1);
    const found = surveillance.kinds.filter(({ recall }) => recall[0]! > 0).map(({ kind }) => kind);
    expect(found.sort()).toEqual([
      'feed_gap',
      'flash_crash',
      'liquidity_burst',
      'small_order_storm',
      'stuck_price',
      'volatility_burst',
    ]);
  }, 120_000);
});
