import { join } from 'node:path';
import { TestHosts } from '@quantstream/engine/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { sharedData } from '../../../test/shared.js';
import { essence, readAll } from './helpers.js';

const { path: folder, present } = sharedData('binance');
const name = present ? 'real recordings' : `real recordings (skipped: ${folder} is absent)`;

describe.skipIf(!present)(name, () => {
  const hosts = new TestHosts();
  afterAll(() => hosts.dispose());
  const read = (file: string, more: object = {}) => readAll(hosts, { connect: `file:${join(folder, file)}`, ...more });

  it.each([
    ['btcusdt-trades-20260112.csv.gz', 48_344],
    ['btcusdt-spot-trade-frames-20240808.jsonl.gz', 19_904],
    ['BTCUSDT-trades-20240808.csv.gz', 19_904],
    ['BTCUSDT-aggTrades-approx-20240808.csv.gz', 11_349],
    ['XRPETH-aggTrades-20191011_13.csv.gz', 12_477],
    ['TRXUSDT-spot-trades-20250304-clean.csv.gz', 10_000],
    ['TRXUSDT-spot-trades-20250304-corrupted.csv.gz', 10_000],
  ])('reads every trade of %s', async (file, count) => {
    hosts.dropped.clear();
    expect((await read(file)).observations).toHaveLength(count);
    expect([...hosts.dropped]).toEqual([]);
  });

  it('reads frames and the archive of the same trades as the same observations', async () => {
    const frames = await read('btcusdt-spot-trade-frames-20240808.jsonl.gz', { stream: 'trade' });
    const archive = await read('BTCUSDT-trades-20240808.csv.gz', { stream: 'trade' });
    expect(essence(frames.observations)).toEqual(essence(archive.observations));
  });

  it('passes a repeated id through: counting what is repeated or missing is the work of the engine', async () => {
    const { observations } = await read('TRXUSDT-spot-trades-20250304-corrupted.csv.gz');
    expect(observations.filter((o, i) => i > 0 && o.sequence <= observations[i - 1]!.sequence)).toHaveLength(1);
    expect(observations[0]!.time).toBe(1_741_046_401_271.497);
  });
});
