// A budget of all keys together: shared alike, whoever judges and wherever it is stopped.

import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { Front } from '../src/stream/front/front.js';
import { distinct, Workshop } from './support.js';

const shop = new Workshop();
afterAll(() => shop.dispose());
beforeEach(() => shop.forget());

/** A row a second of each key, for two hours; calibrated after half an hour. */
const changes = (keys: number, alarms: object) => ({
  source: { use: './counter-source', with: { count: 7_200, keys, batch: 501 } },
  features: { use: './mean-features', with: { every: 1_000 } },
  models: { z: { use: './deviation-model', columns: ['mean_change'], transform: { standardize: '10m' } } },
  alarms: { cooldown: '20s', calibration: { atLeast: '30m', halfLife: '6h', guard: '30s', longest: '10m' }, ...alarms },
});
const PER_DAY = 480;
/** The last of four keys comes late. */
const late = { use: './counter-source', with: { count: 7_200, keys: 4, batch: 501, quiet: { from: 0, to: 5_000 } } };
const OF_ALL = { perDay: PER_DAY, of: 'pipeline' };
const allowedOf = (key: string) =>
  shop
    .lines()
    .flatMap((line) => (line.what === 'verdict' && line.key === key && line.calibrated ? [line.threshold as number] : []));

/** Runs a pipeline to its end, and cuts it off whenever it has judged so many batches. */
async function stoppedNowAndThen(config: Record<string, unknown>, every: number): Promise<void> {
  for (let ended = false; !ended; ) {
    const { pipeline } = await shop.compose(shop.pipeline(config));
    const stop = new AbortController();
    let batches = 0;
    const process = Front.prototype.process;
    const cut = vi.spyOn(Front.prototype, 'process').mockImplementation(function (this: Front, batch) {
      if (++batches === every) stop.abort(new Error('cut'));
      return process.call(this, batch);
    });
    ended = (await pipeline.run(stop.signal)) === 'finished';
    cut.mockRestore();
  }
}

describe('a budget of the pipeline', () => {
  it('is shared by the keys that there are, or by as many as are told', async () => {
    const summary = await shop.run(shop.pipeline(changes(4, OF_ALL)));
    const shared = allowedOf('key-2');
    expect(summary.budget!.allowed).toBeCloseTo((PER_DAY * 1.5) / 24, 0);
    expect(summary.budget!.raised).toBeLessThanOrEqual(summary.anomalies);
    for (const alarms of [{ ...OF_ALL, keys: 4 }, { perDay: PER_DAY / 4 }]) {
      shop.forget();
      await shop.run(shop.pipeline(changes(4, alarms)));
      expect(allowedOf('key-2')).toEqual(shared);
    }
    shop.forget();
    const each = await shop.run(shop.pipeline(changes(4, { perDay: PER_DAY })));
    expect(each.budget!.allowed / summary.budget!.allowed).toBeCloseTo(4, 1);
  });

  it('changes at full minutes of event time, when keys come', async () => {
    await shop.run(shop.pipeline({ ...changes(4, OF_ALL), source: late }));
    const thresholds = allowedOf('key-0');
    const of = (keys: number) => -Math.log10(PER_DAY / keys / 86_400);
    expect(thresholds[0]).toBeCloseTo(of(3), 2);
    expect(thresholds.at(-1)).toBeCloseTo(of(4), 2);
  });

  it('is the same wherever it is stopped, and with threads', async () => {
    const config = { ...changes(4, OF_ALL), source: late, checkpoint: { every: '0ms' } };
    await shop.run(shop.pipeline(config));
    const expected = distinct(shop.lines(), 'verdict', 'episode');
    shop.forget();
    await stoppedNowAndThen(config, 20);
    expect(distinct(shop.lines(), 'verdict', 'episode')).toEqual(expected);
    shop.forget();
    shop.write('threads.yaml', shop.pipeline({ ...config, workers: 2 }));
    expect(await shop.engine('-p', 'threads.yaml')).toMatchObject({ code: 0 });
    expect(distinct(shop.lines(), 'verdict', 'episode')).toEqual(expected);
  });

  it('lends a new key what the others have shown, until it has a past of its own', async () => {
    const keys = 7;
    const source = { use: './counter-source', with: { count: 11_000, keys, batch: 501, quiet: { from: 0, to: 9_000 } } };
    const alarms = { ...OF_ALL, perDay: PER_DAY * keys };
    const config = { ...changes(keys, alarms), source, checkpoint: { every: '0ms' } };
    const summary = await shop.run(shop.pipeline(config));
    const expected = distinct(shop.lines(), 'verdict', 'episode');
    const borrowed = shop.lines().filter((line) => line.what === 'verdict' && line.borrowed);
    expect(summary.budget!.borrowed).toBe(borrowed.length);
    expect(new Set(borrowed.map(({ key }) => key))).toEqual(new Set([`key-${keys - 1}`]));
    // It ends with a past of its own.
    expect(borrowed.every(({ calibrated }) => calibrated)).toBe(true);
    const sum = (of: 'raised' | 'allowed') => summary.budget!.keys.reduce((sum, one) => sum + one[of], 0);
    expect(summary.budget!.keys).toHaveLength(keys);
    expect(sum('raised')).toBe(summary.budget!.raised);
    expect(sum('allowed')).toBeCloseTo(summary.budget!.allowed, 0);
    const judged = () =>
      shop.lines().flatMap((line) => (line.what === 'verdict' && line.key === `key-${keys - 1}` ? [line.calibrated] : []));
    const first = judged().indexOf(true);
    expect(first).toBeGreaterThanOrEqual(200);
    expect(first).toBeLessThan(600);
    shop.forget();
    await stoppedNowAndThen(config, 15);
    expect(distinct(shop.lines(), 'verdict', 'episode')).toEqual(expected);
    for (const workers of [2, 3]) {
      shop.forget();
      shop.write('threads.yaml', shop.pipeline({ ...config, workers }));
      expect(await shop.engine('-p', 'threads.yaml')).toMatchObject({ code: 0 });
      expect(distinct(shop.lines(), 'verdict', 'episode')).toEqual(expected);
    }
    shop.forget();
    await shop.run(shop.pipeline({ ...config, alarms: { ...alarms, of: 'key', perDay: PER_DAY } }));
    expect(judged()).not.toContain(true);
  });

  it('is refused where it says nothing', async () => {
    await expect(shop.plan(shop.pipeline(changes(1, { threshold: 4, of: 'pipeline' })))).rejects.toThrow(
      'without perDay leave it out',
    );
    await expect(shop.plan(shop.pipeline(changes(1, { perDay: 4, keys: 3 })))).rejects.toThrow('with of: key leave it out');
  });
});
