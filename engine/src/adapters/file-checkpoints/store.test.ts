import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { STATE_LAYOUT } from '../../ports/checkpoints.js';
import { FILE_SYSTEM, type FileSystem } from './disk.js';
import { inspectCheckpoint, inspectKeys } from './inspect.js';
import { FileCheckpoints } from './store.js';

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

const hashOf = (value: string) => createHash('sha256').update(value).digest('hex');
const IDLE = { wake: Number.POSITIVE_INFINITY, blobs: [] };

/** Commits states under a meta, in a process of its own; each refers to the immutable parts that are named. */
async function commit(
  meta: string,
  states: Record<string, string>,
  parts: readonly string[] = [],
  fs?: FileSystem,
): Promise<void> {
  const store = new FileCheckpoints(directory, fs);
  try {
    await store.open();
    for (const part of parts) if (!store.hasBlob(hashOf(part))) store.putBlob(hashOf(part), bytes(part));
    for (const [key, value] of Object.entries(states)) store.put(key, bytes(value), { wake: 7, blobs: parts.map(hashOf) });
    await store.commit(bytes(meta));
  } finally {
    await store.close();
  }
}

/** Everything that a fresh process finds. */
async function found(parts: readonly string[] = []) {
  const store = new FileCheckpoints(directory);
  try {
    const opened = await store.open();
    const states: Record<string, unknown> = {};
    for (const { key } of store.entries()) states[key] = text((await store.get([key])).get(key));
    return {
      meta: text(opened?.meta) ?? null,
      states,
      parts: await Promise.all(parts.map(async (part) => text((await store.getBlobs([hashOf(part)])).get(hashOf(part))))),
      warnings: opened?.warnings ?? [],
    };
  } finally {
    await store.close();
  }
}

/** A file system whose calls fail as a system would say it, while `failing` says so. */
function faulty(failing: (call: string, path: unknown) => string | undefined): FileSystem {
  return Object.fromEntries(
    Object.entries(FILE_SYSTEM).map(([name, call]) => [
      name,
      (...args: unknown[]) => {
        const code = failing(name, args[0]);
        if (code !== undefined) throw Object.assign(new Error(`${code}: as the system says it`), { code });
        return (call as (...all: unknown[]) => unknown)(...args);
      },
    ]),
  ) as unknown as FileSystem;
}

describe('checkpoints in files', () => {
  it('bring back the last commit, states of earlier ones included', async () => {
    expect(await found()).toEqual({ meta: null, states: {}, parts: [], warnings: [] });
    const odd = `half a pair \ud800, ${'long '.repeat(100)}`;
    await commit('one', { a: '1', b: '1' }, ['forest']);
    await commit('two', { b: '2', clé: '', [odd]: '2' }, ['forest']);
    expect(await found(['forest'])).toEqual({
      meta: 'two',
      states: { a: '1', b: '2', clé: '', [odd]: '2' },
      parts: ['forest'],
      warnings: [],
    });
    expect(inspectCheckpoint(directory)).toMatchObject({ keys: 4, bytes: readFileSync(log()).length });
    expect(text(inspectCheckpoint(directory)!.meta)).toBe('two');
    const seen: Record<string, unknown> = {};
    for (const { key, read } of inspectKeys(directory)) seen[key] = text(read());
    expect(seen).toEqual({ a: '1', b: '2', clé: '', [odd]: '2' });
  });

  it('know when each key wants to be woken without reading its state', async () => {
    const store = new FileCheckpoints(directory);
    await store.open();
    store.put('a', bytes('1'), { wake: 5, blobs: [] });
    store.put('a', bytes('2'), { wake: 6.5, blobs: [] });
    store.put('b', bytes('1'), IDLE);
    await store.commit(bytes('one'));
    await store.close();
    await store.open();
    expect([...store.entries()]).toEqual([
      { key: 'a', wake: 6.5 },
      { key: 'b', wake: Number.POSITIVE_INFINITY },
    ]);
    await store.close();
  });

  it('forget what was put and never committed, wherever the process died', async () => {
    await commit('one', { a: '1' });
    const store = new FileCheckpoints(directory);
    await store.open();
    store.put('a', bytes('2'), IDLE);
    store.put('b', bytes('2'), IDLE);
    expect(text((await store.get(['a'])).get('a'))).toBe('2');
    await store.close();
    const first = { meta: 'one', states: { a: '1' }, parts: [], warnings: [] };
    expect(await found()).toEqual(first);
    // A record that was being written, and a manifest that was not renamed yet.
    appendFileSync(log(), Buffer.from([1, 1, 0, 255]));
    writeFileSync(join(directory, 'manifest.json.new'), '{"format":"quantstr');
    expect(await found()).toEqual(first);
    await commit('three', { c: '3' });
    expect(await found()).toEqual({ meta: 'three', states: { a: '1', c: '3' }, parts: [], warnings: [] });
  });

  it('begin anew, and say nothing, behind a run that was killed before its first commit', async () => {
    const store = new FileCheckpoints(directory);
    await store.open();
    store.put('a', new Uint8Array(3_000_000), IDLE);
    store.put('b', bytes('2'), IDLE);
    await store.close();
    truncateSync(log(), readFileSync(log()).length - 1);
    expect(await found()).toEqual({ meta: null, states: {}, parts: [], warnings: [] });
  });

  it('any byte of the log that changes is noticed, or belongs to what nobody reads any more', async () => {
    await commit('old', { a: 'first' }, ['forest']);
    await commit('new', { a: 'second', b: 'other' }, ['forest']);
    const whole = readFileSync(log());
    const manifest = readFileSync(join(directory, 'manifest.json'));
    const expected = await found(['forest']);
    const older = { meta: 'old', states: { a: 'first' }, parts: ['forest'] };
    let refused = 0;
    let earlier = 0;
    for (let i = 0; i < whole.length; i++) {
      for (const flip of [0x01, 0xff]) {
        const damaged = Buffer.from(whole);
        damaged[i]! ^= flip;
        writeFileSync(log(), damaged);
        writeFileSync(join(directory, 'manifest.json'), manifest);
        const outcome = await found(['forest']).catch((error) => error);
        if (outcome instanceof Error) {
          expect(outcome, `byte ${i} ^ ${flip}`).toMatchObject({
            code: 'QS_STATE_CORRUPT',
            message: expect.stringContaining('--reset-state'),
          });
          refused++;
        } else if (outcome.warnings.length > 0) {
          expect(outcome, `byte ${i} ^ ${flip}`).toMatchObject(older);
          expect(outcome.warnings[0]).toContain('an older one is used, and what came after it is judged again');
          earlier++;
        } else {
          expect(outcome, `byte ${i} ^ ${flip}`).toEqual(expected);
        }
      }
    }
    expect(refused).toBeGreaterThan(100);
    expect(earlier).toBeGreaterThan(whole.length / 2);
  });

  it('go back to the last one that is whole, up to two back, and on from there', async () => {
    for (const n of [1, 2, 3]) await commit(`${n}`, { a: `${n}`, [`only ${n}`]: '' });
    const whole = readFileSync(log());
    const damage = (what: string, at = whole.lastIndexOf(what)) => {
      const damaged = Buffer.from(whole);
      damaged[at]! ^= 0xff;
      writeFileSync(log(), damaged);
      return at;
    };
    damage('only 2');
    expect((await found()).meta).toBe('1');
    await commit('4', { a: '4' });
    expect(await found()).toEqual({ meta: '4', states: { a: '4', 'only 1': '' }, parts: [], warnings: [] });
  });

  it('keep two older ones also when the log was just written anew', async () => {
    const store = new FileCheckpoints(directory);
    await store.open();
    let last = -1;
    while (logs().length < 2) {
      store.put('a', new Uint8Array(3_000_000).fill(++last), IDLE);
      await store.commit(bytes(`${last}`));
    }
    await store.close();
    const newest = readFileSync(join(directory, 'manifest.json'), 'utf8');
    const { log: name } = JSON.parse(newest);
    const content = readFileSync(join(directory, name));
    content[1_000]! ^= 0xff;
    writeFileSync(join(directory, name), content);
    const { meta, warnings } = await found();
    expect(warnings).toHaveLength(1);
    expect(Number(meta)).toBe(last - 1);
    expect(logs()).not.toContain(name);
    expect((await found()).warnings).toEqual([]);
  });

  it('find the newest without its manifest, and say so', async () => {
    await commit('one', { a: '1' });
    await commit('two', { a: '2' });
    for (const broken of [undefined, '', '{', '[]', 'null', `{"format":"quantstream-checkpoint/${STATE_LAYOUT}"}`]) {
      if (broken === undefined) rmSync(join(directory, 'manifest.json'));
      else writeFileSync(join(directory, 'manifest.json'), broken);
      const { meta, states, warnings } = await found();
      expect([meta, states], broken).toEqual(['two', { a: '2' }]);
      expect(warnings).toEqual([expect.stringMatching(/manifest\.json .*: the newest checkpoint of states-000001\.log is used/)]);
      expect((await found()).warnings).toEqual([]);
    }
  });

  it.skipIf(process.platform === 'win32')(
    'do not wait for a pipe in the place of the manifest (skipped: Windows has none)',
    async () => {
      await commit('one', { a: '1' });
      rmSync(join(directory, 'manifest.json'));
      execFileSync('mkfifo', [join(directory, 'manifest.json')]);
      const { meta, warnings } = await found();
      expect([meta, warnings]).toEqual([
        'one',
        [expect.stringMatching(/^.*manifest\.json is no file .*: the newest checkpoint of /)],
      ]);
    },
  );

  it('never begin anew where there was something: a log that is cut, gone or no log is refused', async () => {
    await commit('one', { a: '1' });
    const manifest = readFileSync(join(directory, 'manifest.json'), 'utf8');
    truncateSync(log(), readFileSync(log()).length - 1);
    await expect(found()).rejects.toMatchObject({ code: 'QS_STATE_CORRUPT', message: expect.stringContaining('shorter') });
    writeFileSync(log(), 'something else that is long enough to be a record');
    await expect(found()).rejects.toMatchObject({ code: 'QS_STATE_CORRUPT' });
    rmSync(join(directory, 'manifest.json'));
    await expect(found()).rejects.toMatchObject({ code: 'QS_STATE_CORRUPT' });
    writeFileSync(join(directory, 'manifest.json'), manifest);
    rmSync(log());
    await expect(found()).rejects.toMatchObject({ code: 'QS_STATE_CORRUPT' });
    await new FileCheckpoints(directory).reset();
    expect(await found()).toEqual({ meta: null, states: {}, parts: [], warnings: [] });
  });

  it('refuse by name what an earlier version wrote, and what a later one will', async () => {
    for (const [folder, words] of [
      ['checkpoint-layout-1', 'an earlier version (1;'],
      [undefined, `a later version (${STATE_LAYOUT + 1};`],
    ] as const) {
      if (folder)
        cpSync(fileURLToPath(new URL(`../../../test/fixtures/${folder}`, import.meta.url)), directory, { recursive: true });
      else writeFileSync(join(directory, 'manifest.json'), `{"format":"quantstream-checkpoint/${STATE_LAYOUT + 1}","log":"x"}`);
      const refusal = { code: 'QS_STATE_LAYOUT', message: expect.stringContaining(words) };
      await expect(found()).rejects.toMatchObject(refusal);
      expect(() => inspectCheckpoint(directory)).toThrow(expect.objectContaining(refusal));
    }
    await new FileCheckpoints(directory).reset();
    expect((await found()).meta).toBeNull();
  });

  it('write a log anew once most of it is dead, and lose nothing by that', async () => {
    const store = new FileCheckpoints(directory);
    await store.open();
    const big = new Uint8Array(3_000_000);
    store.putBlob(hashOf('forest'), bytes('forest'));
    store.put('idle', bytes('still here'), { wake: 1, blobs: [hashOf('forest')] });
    let most = 0;
    for (let i = 0; i < 20; i++) {
      store.put('busy', big.fill(i), IDLE);
      await store.commit(bytes(`meta ${i}`));
      most = Math.max(
        most,
        logs().reduce((sum, name) => sum + readFileSync(join(directory, name)).length, 0),
      );
    }
    await store.close();
    expect(logs()[0]).not.toBe('states-000001.log');
    // The log, and the one before it while older checkpoints are in there.
    expect(most).toBeLessThan(25_000_000);
    const after = await found(['forest']);
    expect([after.meta, after.states.idle, after.parts]).toEqual(['meta 19', 'still here', ['forest']]);
    expect(Buffer.from(after.states.busy as string)[0]).toBe(19);
  });

  it('forget immutable parts that no state refers to', async () => {
    await commit('one', { a: '1' }, ['forest']);
    const store = new FileCheckpoints(directory);
    await store.open();
    expect(store.hasBlob(hashOf('forest'))).toBe(true);
    store.put('a', bytes('2'), IDLE);
    await store.commit(bytes('two'));
    expect(store.hasBlob(hashOf('forest'))).toBe(false);
    await expect(store.getBlobs([hashOf('forest')])).rejects.toMatchObject(expect.objectContaining({ code: 'QS_STATE_CORRUPT' }));
    await store.close();
  });

  it.each([
    ['ENOSPC', 'QS_DISK_FULL', 'its disk is full'],
    ['EDQUOT', 'QS_DISK_FULL', 'quota'],
    ['EACCES', 'QS_DISK_DENIED', 'rights'],
    ['EROFS', 'QS_DISK_READ_ONLY', 'read-only'],
    ['EMFILE', 'QS_OPEN_FILES', 'ulimit'],
    ['EIO', 'QS_DISK_BROKEN', 'does not answer'],
  ])('name %s at whatever call, lose nothing by it, and go on when it has passed', async (code, name, words) => {
    for (const call of ['openSync', 'writeSync', 'fsyncSync', 'renameSync']) {
      directory = join(root, String(n++));
      await commit('one', { a: '1' });
      let failing = false;
      const store = new FileCheckpoints(
        directory,
        faulty((called) => (failing && called === call ? code : undefined)),
      );
      await store.open();
      store.put('a', bytes('2'), IDLE);
      failing = true;
      const failure = { code: name, retry: true, message: expect.stringContaining(words) };
      await expect(store.commit(bytes('two')), call).rejects.toMatchObject(failure);
      await expect(store.commit(bytes('two')), call).rejects.toMatchObject(failure);
      expect(text((await store.get(['a'])).get('a'))).toBe('2');
      failing = false;
      store.put('b', bytes('3'), IDLE);
      await store.commit(bytes('three'));
      await store.close();
      expect(await found(), call).toEqual({ meta: 'three', states: { a: '2', b: '3' }, parts: [], warnings: [] });
    }
  });

  it('find the last commit where the process dies while the disk fails, whatever reached it', async () => {
    for (let failAt = 1; failAt < 12; failAt++) {
      directory = join(root, String(n++));
      await commit('one', { a: '1' });
      let calls = 0;
      const fs = faulty((call) => (/write|sync|rename/.test(call) && calls++ >= failAt ? 'EIO' : undefined));
      const outcome = await commit('two', { a: '2' }, [], fs).catch((error) => error);
      const { meta, states, warnings } = await found();
      expect(
        [
          ['one', '1'],
          ['two', '2'],
        ],
        `${failAt}: ${outcome}`,
      ).toContainEqual([meta, states.a]);
      expect(warnings).toEqual([]);
      if (!(outcome instanceof Error)) expect(meta).toBe('two');
    }
  });

  it('take no disk fault for a damaged checkpoint: nothing is gone back to, nothing forgotten', async () => {
    await commit('one', { a: '1' });
    await commit('two', { a: '2' });
    for (const [code, name] of [
      ['EIO', 'QS_DISK_BROKEN'],
      ['EACCES', 'QS_DISK_DENIED'],
      ['EMFILE', 'QS_OPEN_FILES'],
    ]) {
      for (const call of ['openSync', 'readSync', 'readFileSync', 'readdirSync']) {
        const store = new FileCheckpoints(
          directory,
          faulty((called) => (called === call ? code : undefined)),
        );
        const outcome = await store.open().catch((error) => error);
        if (outcome instanceof Error) expect(outcome, `${call} ${code}`).toMatchObject({ code: name });
        else expect(text(outcome?.meta)).toBe('two');
        await store.close();
      }
    }
    expect((await found()).meta).toBe('two');
  });
});
