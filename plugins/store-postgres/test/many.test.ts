// Many keys of a part: what they cost in round trips, and in memory while the database is away.

import { createHash } from 'node:crypto';
import { TestHosts } from '@quantstream/engine/testing';
import pg from 'pg';
import { afterAll, describe, expect, it, vi } from 'vitest';
import { SlowLine } from '../../../test/faults/slow-line.js';
import plugin from '../src/index.js';

const url = process.env.QUANTSTREAM_TEST_POSTGRES;

describe.skipIf(url === undefined)('with a PostgreSQL (QUANTSTREAM_TEST_POSTGRES)', () => {
  const hosts = new TestHosts();
  afterAll(() => hosts.dispose());
  const open = (pipeline: string, to = url!) =>
    plugin.create(plugin.config.parse({ url: to }), { ...hosts.outside(), pipeline: `${pipeline}-${process.pid}`, layout: 1 });

  it('brings back many keys, and their immutable parts, by one statement each', async () => {
    const checkpoints = await open('many');
    const store = checkpoints.of('');
    await store.open();
    const keys = Array.from({ length: 500 }, (_, i) => `key ${i}`);
    const parts = new Map(keys.map((key) => [createHash('sha256').update(key).digest('hex'), Buffer.from(key)]));
    for (const [part, bytes] of parts) store.putBlob(part, bytes);
    const hashes = [...parts.keys()];
    for (const [i, key] of keys.entries()) store.put(key, Buffer.from(key), { wake: i, blobs: [hashes[i]!] });
    await store.commit(new Uint8Array([1]));
    const asked = vi.spyOn(pg.Pool.prototype, 'query');
    const found = await store.get(keys);
    expect(asked).toHaveBeenCalledTimes(1);
    expect(await store.getBlobs(hashes)).toEqual(parts);
    expect(asked).toHaveBeenCalledTimes(2);
    expect([...found]).toEqual(keys.map((key) => [key, Buffer.from(key)]));
    asked.mockRestore();
    await checkpoints.of('').reset();
    await checkpoints.close();
  });

  it('says that no more should come while the database is away and 32 MB wait, of all parts, and has all of it when it is back', async () => {
    const line = await SlowLine.to(url!);
    const checkpoints = await open('away', line.url);
    const stores = ['partition-0', 'partition-1', 'partition-2'].map((part) => checkpoints.of(part));
    for (const store of stores) await store.open();
    line.cut = true;
    let puts = 0;
    for (; !stores[0]!.full; puts++) {
      stores[puts % 2]!.put(`key ${puts}`, new Uint8Array(500_000), { wake: 0, blobs: [] });
      expect(puts).toBeLessThan(100);
    }
    expect(puts * 500_000).toBeGreaterThan(30 * 2 ** 20);
    // Of the third nothing waits, and nobody has to wait for it.
    expect(stores.map(({ full }) => full)).toEqual([true, true, false]);
    for (const store of stores.slice(0, 2))
      await expect(store.makeRoom()).rejects.toMatchObject({ code: 'QS_STORE_AWAY', retry: true });
    line.cut = false;
    for (const store of stores) await store.makeRoom();
    expect(stores.map(({ full }) => full)).toEqual([false, false, false]);
    for (const store of stores) await store.commit(new Uint8Array([1]));
    const kept = await Promise.all(stores.map((store) => store.get(Array.from({ length: puts }, (_, i) => `key ${i}`))));
    expect(kept.map(({ size }) => size)).toEqual([Math.ceil(puts / 2), Math.floor(puts / 2), 0]);
    for (const store of stores) await store.reset();
    await checkpoints.close();
    line.close();
  });
});
