import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SourceBatch } from '@quantstream/engine';
import { TestHosts } from '@quantstream/engine/testing';
import { afterAll, describe, expect, it } from 'vitest';
import binance from '../src/index.js';
import { essence, readAll } from './helpers.js';

const hosts = new TestHosts();
afterAll(() => hosts.dispose());
const simulator = { start: '2024-08-08T12:00:00Z', duration: '20m', tradesPerSecond: 10, anomaliesPerDay: 400 };
const config = { connect: 'simulator', symbols: ['BTCUSDT', 'SOLUSDT'], stream: 'trade', simulator };

describe('the simulated exchange', () => {
  it('gives the same feed for the same seed and start, however it is cut, and another for another seed', async () => {
    const once = essence((await readAll(hosts, config)).observations);
    expect(once.length).toBeGreaterThan(5_000);
    expect(essence((await readAll(hosts, { ...config, batch: 11 })).observations)).toEqual(once);
    const other = { ...config, simulator: { ...simulator, seed: 2 } };
    expect(essence((await readAll(hosts, other)).observations)).not.toEqual(once);
    const alone = essence((await readAll(hosts, { ...config, symbols: ['SOLUSDT'] })).observations);
    expect(alone, 'a symbol does not depend on the others').toEqual(once.filter((o) => o.key === 'SOLUSDT'));
  });

  it('never lets time run back, and counts ids without a gap while the feed is not silent', async () => {
    const clean = { ...config, simulator: { ...simulator, anomaliesPerDay: 0 } };
    const { observations } = await readAll(hosts, clean);
    const last = new Map<string, number>();
    let time = 0;
    for (const o of observations) {
      expect(o.time).toBeGreaterThanOrEqual(time);
      time = o.time;
      expect(o.sequence).toBe((last.get(o.key) ?? 0) + 1);
      last.set(o.key, o.sequence);
    }
  });

  it('aggregates the same trades: quantities and counts add up', async () => {
    const single = (await readAll(hosts, config)).observations;
    const aggregated = (await readAll(hosts, { ...config, stream: 'aggTrade' })).observations;
    expect(aggregated.length).toBeLessThan(single.length);
    expect(aggregated.reduce((sum, o) => sum + o.values.trades!, 0)).toBe(single.length);
    const total = (list: typeof single) => list.reduce((sum, o) => sum + o.values.quantity!, 0);
    expect(total(aggregated) / total(single)).toBeCloseTo(1, 9);
  });

  it('writes the labels of its anomalies, the same when it is interrupted and resumed', async () => {
    const long = { ...config, symbols: [], simulator: { ...simulator, duration: '3h', labels: 'a/labels.jsonl' } };
    const path = join(hosts.directory, 'a', 'labels.jsonl');
    const whole = await readAll(hosts, long);
    const labels = readFileSync(path, 'utf8');
    const lines = labels
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.length).toBeGreaterThan(20);
    expect(new Set(lines.map((line) => line.kind)).size).toBeGreaterThanOrEqual(5);
    for (const { key, from, to, magnitude } of lines) {
      expect(key).toBe('BTCUSDT');
      expect(from).toBeLessThan(to);
      expect(magnitude).toBeGreaterThan(0);
    }
    const middle = whole.batches[Math.floor(whole.batches.length / 2)]!;
    await readAll(hosts, long, middle.cursor);
    expect(readFileSync(path, 'utf8')).toBe(labels);
    const gap = lines.find((line) => line.kind === 'feed_gap');
    expect(whole.observations.filter((o) => o.time > gap.from && o.time < gap.to)).toEqual([]);
  });

  it('rushes through its history and then keeps pace with the clock, saying how far time has come', async () => {
    let now = Date.parse('2026-01-01T00:00:00Z');
    const began = now;
    const sleep = async (ms: number) => {
      now += ms;
    };
    const host = { ...hosts.source(), clock: { now: () => now, sleep } };
    const paced = { ...config, simulator: { ...simulator, start: 'now', history: '10m', duration: '11m', realTime: true } };
    const source = await binance.create(binance.config.parse(paced), host);
    const batches: SourceBatch[] = [];
    for await (const batch of source.read(null, new AbortController().signal)) {
      batches.push(batch);
      expect(batch.watermark!).toBeLessThanOrEqual(now);
      for (const o of batch.observations) expect(o.time).toBeLessThanOrEqual(now);
    }
    expect(batches[0]!.observations[0]!.time).toBeLessThan(began - 9 * 60_000);
    expect(now - began).toBeGreaterThanOrEqual(60_000);
    const marks = batches.map((batch) => batch.watermark!);
    expect(marks).toEqual([...marks].sort((a, b) => a - b));
    // Every report after the rush moves time on by no more than a tenth of a second.
    const late = marks.filter((mark) => mark > began);
    for (let i = 1; i < late.length; i++) expect(late[i]! - late[i - 1]!).toBeLessThanOrEqual(100);

    const resumed = await binance.create(binance.config.parse(paced), host);
    const rest: SourceBatch[] = [];
    now += 3_600_000;
    for await (const batch of resumed.read(batches[5]!.cursor, new AbortController().signal)) rest.push(batch);
    const flat = (list: SourceBatch[]) => essence(list.flatMap((batch) => batch.observations));
    expect(flat(rest)).toEqual(flat(batches.slice(6)));
  });

  it('writes USD-M frames that its own parser takes for trades', async () => {
    const before = hosts.dropped.size;
    for (const stream of ['trade', 'aggTrade']) {
      const { observations } = await readAll(hosts, { ...config, stream, market: 'usdm' }, null, 1_000);
      expect(new Set(observations.map((o) => o.key))).toEqual(new Set(['BTCUSDT-PERP', 'SOLUSDT-PERP']));
    }
    expect(hosts.dropped.size).toBe(before);
  });
});
