import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FILE_SYSTEM } from './disk.js';
import { Lock } from './lock.js';

const root = mkdtempSync(join(tmpdir(), 'quantstream-lock-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let directory: string;
let n = 0;
beforeEach(() => {
  directory = join(root, String(n++));
  mkdirSync(directory);
});

const locked = { code: 'QS_STATE_LOCKED', message: expect.stringContaining(root) };
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

/** A process that has the lock of the folder, as another engine would. */
async function holder(): Promise<ChildProcess> {
  const script = `require('node:net').createServer().listen(process.argv[1], () => console.log('held'));`;
  const child = spawn(process.execPath, ['-e', script, join(directory, 'lock-3')], { stdio: ['ignore', 'pipe', 'inherit'] });
  children.push(child);
  await once(child.stdout!, 'data');
  return child;
}

describe.skipIf(process.platform === 'win32')('the lock of a folder', () => {
  it('is free again at once when its holder was killed, and not while it is only stopped', async () => {
    const child = await holder();
    const lock = new Lock(directory, FILE_SYSTEM);
    await expect(lock.take()).rejects.toMatchObject(locked);
    child.kill('SIGSTOP');
    await expect(lock.take()).rejects.toMatchObject(locked);
    child.kill('SIGKILL');
    await once(child, 'exit');
    await lock.take();
    await lock.take();
    await expect(new Lock(directory, FILE_SYSTEM).take()).rejects.toMatchObject(locked);
    lock.release();
    lock.release();
    await new Lock(directory, FILE_SYSTEM).take();
  });

  it('knows nothing of processes and hosts: whatever an earlier holder left is none', async () => {
    for (const leftover of [{ pid: process.ppid, host: hostname() }, { pid: 1, host: 'another-machine' }, '']) {
      writeFileSync(join(directory, 'lock'), JSON.stringify(leftover));
      writeFileSync(join(directory, 'lock-7'), JSON.stringify(leftover));
      const lock = new Lock(directory, FILE_SYSTEM);
      await lock.take();
      expect(readdirSync(directory).filter((name) => name.startsWith('lock-'))).toEqual(['lock-8']);
      lock.release();
      rmSync(join(directory, 'lock-8'));
    }
  });

  it('works however long the path of the folder is', async () => {
    directory = join(directory, 'long'.repeat(40));
    mkdirSync(directory);
    const lock = new Lock(directory, FILE_SYSTEM);
    await lock.take();
    await expect(new Lock(directory, FILE_SYSTEM).take()).rejects.toMatchObject(locked);
    lock.release();
    await new Lock(directory, FILE_SYSTEM).take();
  });

  it('goes to one of all who ask at once, again and again', async () => {
    let holders = 0;
    let most = 0;
    let times = 0;
    const ask = async () => {
      for (let i = 0; i < 40; i++) {
        const lock = new Lock(directory, FILE_SYSTEM);
        try {
          await lock.take();
        } catch (error) {
          expect(error).toMatchObject(locked);
          await sleep(0);
          continue;
        }
        most = Math.max(most, ++holders);
        times++;
        await sleep(1);
        holders--;
        lock.release();
      }
    };
    await Promise.all(Array.from({ length: 8 }, ask));
    expect(most).toBe(1);
    expect(times).toBeGreaterThan(5);
  });

  it('is noticed to be gone where somebody took it who could not hear its holder', async () => {
    const lock = new Lock(directory, FILE_SYSTEM);
    await lock.take();
    lock.check();
    writeFileSync(join(directory, 'lock-2'), '');
    expect(() => lock.check()).toThrow(expect.objectContaining({ code: 'QS_FENCED' }));
  });
});
