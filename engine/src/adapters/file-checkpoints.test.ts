import { appendFileSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { FileCheckpoints, inspectCheckpoint } from './file-checkpoints.js';

const root = mkdtempSync(join(tmpdir(), 'quantstream-checkpoints-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let directory: string;
let n = 0;
beforeEach(() => {
  directory = join(root, String(n++));
});

const bytes = (text: string) => new Uint8Array(Buffer.from(text));
const text = (value: Uint8Array | null | undefined) => (value ? Buffer.from(value).toString() : value);
const logs = () => readdirSync(directory).filter((name) => name.endsWith('.log'));
const log = () => join(directory, logs()[0]!);

/** Commits states and blobs under a meta, in a process of its own. */
async function commit(meta: string, states: Record<string, string>, blobs: Record<string, string> = {}): Promise<void> {
  const store = new FileCheckpoints(directory);
  await store.open();
  for (const [key, value] of Object.entries(states)) store.put(key, bytes(value));
  for (const [hash, value] of Object.entries(blobs)) if (!store.hasBlob(hash)) store.putBlob(hash, bytes(value));
  await store.commit(bytes(meta), new Set(Object.keys(blobs)));
  await store.close();
}

/** Everything that a fresh process finds. */
async function found(blobs: readonly string[] = []) {
  const store = new FileCheckpoints(directory);
  try {
    const meta = text(await store.open());
    const states: Record<string, unknown> = {};
    for (const key of store.keys()) states[key] = text(await store.get(key));
    return { meta, states, blobs: blobs.map((hash) => text(store.getBlob(hash))) };
  } finally {
    await store.close();
  }
}

describe('checkpoints in files', () => {
  it('bring back the last commit, states of earlier ones included', async () => {
    expect(await found()).toEqual({ meta: null, states: {}, blobs: [] });
    await commit('one', { a: '1', b: '1' }, { f: 'forest' });
    await commit('two', { b: '2', clé: '' }, { f: 'forest' });
    expect(await found(['f'])).toEqual({ meta: 'two', states: { a: '1', b: '2', clé: '' }, blobs: ['forest'] });
    expect(inspectCheckpoint(directory)).toMatchObject({ keys: [{ key: 'a' }, { key: 'b' }, { key: 'clé' }] });
    expect(text(inspectCheckpoint(directory)!.meta)).toBe('two');
  });

  it('forget what was put and never committed, wherever the process died', async () => {
    await commit('one', { a: '1' });
    const store = new FileCheckpoints(directory);
    await store.open();
    store.put('a', bytes('2'));
    store.put('b', bytes('2'));
    expect(text(await store.get('a'))).toBe('2');
    await store.close();
    expect(await found()).toEqual({ meta: 'one', states: { a: '1' }, blobs: [] });
    // A record that was being written, and a manifest that was not renamed yet.
    appendFileSync(log(), Buffer.from([1, 1, 0, 255]));
    writeFileSync(join(directory, 'manifest.json.new'), '{"format":"quantstr');
    expect(await found()).toEqual({ meta: 'one', states: { a: '1' }, blobs: [] });
    await commit('three', { c: '3' });
    expect(await found()).toEqual({ meta: 'three', states: { a: '1', c: '3' }, blobs: [] });
  });

  it('any byte of the log that changes is noticed, or belongs to what nobody reads any more', async () => {
    await commit('old', { a: 'first' }, { f: 'forest' });
    await commit('new', { a: 'second', b: 'other' }, { f: 'forest' });
    const whole = readFileSync(log());
    const expected = await found(['f']);
    let noticed = 0;
    for (let i = 0; i < whole.length; i++) {
      for (const flip of [0x01, 0x03, 0x80, 0xff]) {
        const damaged = Buffer.from(whole);
        damaged[i]! ^= flip;
        writeFileSync(log(), damaged);
        const outcome = await found(['f']).catch((error) => error);
        if (outcome instanceof Error) {
          expect(outcome, `byte ${i} ^ ${flip}`).toMatchObject({
            code: 'QS_STATE_CORRUPT',
            message: expect.stringContaining('--reset-state'),
          });
          noticed++;
        } else {
          expect(outcome, `byte ${i} ^ ${flip}`).toEqual(expected);
        }
      }
    }
    expect(noticed).toBeGreaterThan(whole.length * 2);
  });

  it('refuse a log that was cut off, and a manifest that is none', async () => {
    await commit('one', { a: '1' });
    const manifest = readFileSync(join(directory, 'manifest.json'), 'utf8');
    for (const broken of [
      '',
      '{',
      manifest.slice(0, -5),
      '{"format":"other/9"}',
      manifest.replace(/"length":\d+/, '"length":5'),
    ]) {
      writeFileSync(join(directory, 'manifest.json'), broken);
      await expect(found(), broken).rejects.toMatchObject({ code: 'QS_STATE_CORRUPT' });
    }
    writeFileSync(join(directory, 'manifest.json'), manifest);
    truncateSync(log(), readFileSync(log()).length - 1);
    await expect(found()).rejects.toMatchObject({ code: 'QS_STATE_CORRUPT', message: expect.stringContaining('shorter') });
    rmSync(log());
    await expect(found()).rejects.toMatchObject({ code: 'QS_STATE_CORRUPT' });
    await new FileCheckpoints(directory).reset();
    expect(await found()).toEqual({ meta: null, states: {}, blobs: [] });
  });

  it('write a log anew once most of it is dead, and lose nothing by that', async () => {
    const store = new FileCheckpoints(directory);
    await store.open();
    const big = new Uint8Array(3_000_000).fill(7);
    store.put('idle', bytes('still here'));
    store.putBlob('f', bytes('forest'));
    for (let i = 0; i < 14; i++) {
      store.put('busy', big.fill(i));
      await store.commit(bytes(`meta ${i}`), new Set(['f']));
    }
    await store.close();
    expect(logs()).toHaveLength(1);
    expect(logs()[0]).not.toBe('states-000001.log');
    expect(readFileSync(log()).length).toBeLessThan(20_000_000);
    const after = await found(['f']);
    expect([after.meta, after.states.idle, after.blobs]).toEqual(['meta 13', 'still here', ['forest']]);
    expect(Buffer.from(after.states.busy as string)[0]).toBe(13);
  });

  it('forget immutable parts that no state refers to', async () => {
    await commit('one', {}, { f: 'forest' });
    const store = new FileCheckpoints(directory);
    await store.open();
    expect(store.hasBlob('f')).toBe(true);
    await store.commit(bytes('two'), new Set());
    expect(store.hasBlob('f')).toBe(false);
    expect(() => store.getBlob('f')).toThrow(expect.objectContaining({ code: 'QS_STATE_CORRUPT' }));
    await store.close();
  });

  it('take a lock, refuse another holder that lives, and take over from one that does not', async () => {
    const store = new FileCheckpoints(directory);
    await store.open();
    expect(existsSync(join(directory, 'lock'))).toBe(true);
    await store.close();
    await store.close();
    expect(existsSync(join(directory, 'lock'))).toBe(false);
    const hold = (content: string) => writeFileSync(join(directory, 'lock'), content);
    hold(JSON.stringify({ pid: process.ppid, host: hostname() }));
    await expect(new FileCheckpoints(directory).open()).rejects.toMatchObject({ code: 'QS_STATE_LOCKED' });
    await expect(new FileCheckpoints(directory).reset()).rejects.toMatchObject({ code: 'QS_STATE_LOCKED' });
    hold(JSON.stringify({ pid: 1, host: 'another-machine' }));
    await expect(found()).rejects.toMatchObject({ code: 'QS_STATE_LOCKED' });
    for (const leftover of [
      JSON.stringify({ pid: 2 ** 22 + 1, host: hostname() }),
      JSON.stringify({ pid: process.pid, host: hostname() }),
      '',
    ]) {
      hold(leftover);
      expect((await found()).meta).toBeNull();
    }
  });
});
