// Changes of a pipeline file while it runs.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Running, startEngine } from '../../test/command-line.js';
import { Workshop } from './support.js';

const shop = new Workshop();
let running: Running | undefined;
beforeEach(() => {
  for (const path of ['out.jsonl', 'second.jsonl']) shop.forget(path);
});
afterEach(async () => {
  running?.child.kill('SIGKILL');
  await running?.exit;
});
afterAll(() => shop.dispose());

const pipeline = (changes: Record<string, unknown> = {}) =>
  shop.pipeline({ source: { use: './ticking-source' }, checkpoint: { every: '50ms' }, ...changes });
const lines = (path: string) => ({ use: './lines-sink', with: { path: `./${path}` } });

async function begin(content: object): Promise<Running> {
  shop.write('pipeline.yaml', content);
  running = startEngine(shop.directory, ['-p', 'pipeline.yaml', '--watch', '--log-format', 'text', '--summary', '-']);
  await running.says('sink lines');
  await sleep(300);
  return running;
}

async function end({ child, exit }: Running) {
  child.kill('SIGTERM');
  const { code, stdout } = await exit;
  return { code, summary: JSON.parse(stdout) };
}

describe('--watch', () => {
  it('takes over another sink with state kept: nothing is lost, nothing comes twice', async () => {
    const one = await begin(pipeline());
    shop.write('pipeline.yaml', pipeline({ sinks: { lines: lines('out.jsonl'), second: lines('second.jsonl') } }));
    await one.says('takes over what has changed in its file:');
    await one.says('sink second');
    await sleep(300);
    const { code } = await end(one);
    expect(code).toBe(0);
    const numbers = (path: string) =>
      shop.lines(path).flatMap(({ what, sequence }) => (what === 'observation' ? [Number(sequence)] : []));
    const all = numbers('out.jsonl');
    expect(all).toEqual(all.map((_, i) => i + 1));
    const added = numbers('second.jsonl');
    expect(added.length).toBeGreaterThan(0);
    expect(all.slice(-added.length)).toEqual(added);
  });

  it.each([
    ['a mistake', { alarms: { threshold: 4, coldown: '60s' } }, 'unknown key "coldown"'],
    ['what its state depends on', { features: { use: './mean-features', with: { every: 20_000 } } }, 'features.with.every: was'],
    ['its name', { name: 'other' }, 'name: was "test", is "other"'],
  ])('refuses %s, with the reason, and runs on', async (_, changes, reason) => {
    const one = await begin(pipeline());
    shop.write('pipeline.yaml', pipeline(changes));
    await one.says('the changed file is refused, and the one before runs on');
    await one.says(reason);
    const before = shop.lines().length;
    await sleep(300);
    expect(shop.lines().length).toBeGreaterThan(before);
    expect((await end(one)).code).toBe(0);
  });

  it('goes back to the file before where the new one cannot begin', async () => {
    const one = await begin(pipeline());
    shop.write('pipeline.yaml', pipeline({ http: { listen: '203.0.113.7:1' } }));
    await one.says('goes back to the file before');
    const before = shop.lines().length;
    await sleep(500);
    expect(shop.lines().length).toBeGreaterThan(before);
    expect((await end(one)).code).toBe(0);
  });

  it('takes over while it waits: what it waits for may be what was mended', async () => {
    shop.write('pipeline.yaml', pipeline({ sinks: { lines: lines('out.jsonl'), closed: { use: './closed-sink' } } }));
    running = startEngine(shop.directory, ['-p', 'pipeline.yaml', '--watch', '--log-format', 'text', '--summary', '-']);
    await running.says('nobody is there');
    shop.write('pipeline.yaml', pipeline());
    await running.says('takes over what has changed in its file:');
    await expect.poll(() => existsSync(join(shop.directory, 'out.jsonl')), { timeout: 10_000 }).toBe(true);
    const { code, summary } = await end(running);
    expect([code, summary.ending]).toEqual([0, 'stopped']);
    expect(summary.observations).toBeGreaterThan(0);
  });

  it('sees files that it extends', async () => {
    shop.write('base.yaml', pipeline());
    const one = await begin({ extends: 'base.yaml', alarms: { threshold: 5 } });
    shop.write('base.yaml', pipeline({ sinks: { lines: lines('out.jsonl'), second: lines('second.jsonl') } }));
    await one.says('sink second');
    expect((await end(one)).code).toBe(0);
  });

  it.skipIf(process.platform === 'win32')('is asked by SIGHUP as well', async () => {
    const one = await begin(pipeline());
    one.child.kill('SIGHUP');
    await one.says('nothing has changed in its file');
    expect((await end(one)).code).toBe(0);
  });
});
