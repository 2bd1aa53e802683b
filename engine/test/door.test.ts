// What sinks mount on the engine's listener.

import { afterAll, describe, expect, it } from 'vitest';
import { composePipeline } from '../src/compose/pipeline.js';
import { systemClock } from '../src/ports/clock.js';
import { MemoryLog } from '../src/ports/log.js';
import { MemoryMetrics } from '../src/ports/metrics.js';
import { Workshop } from './support.js';

const shop = new Workshop();
afterAll(() => shop.dispose());

const live = { source: { use: './ticking-source', with: {} }, sinks: { door: { use: './door-sink' } } };

async function begin(name: string, changes: object, listens = true) {
  const { http, ...rest } = await shop.plan(shop.pipeline({ name, ...live, ...changes }), `${name}.yaml`);
  const log = new MemoryLog();
  const plan = listens && http ? { ...rest, http } : rest;
  const pipeline = await composePipeline(plan, { clock: systemClock, log, metrics: new MemoryMetrics(), graceMs: 500 });
  const stop = new AbortController();
  const done = pipeline.run(stop.signal);
  done.catch(() => {});
  const said = () => log.lines.map(({ message }) => /mounted at <(.*)>/.exec(message)?.[1]).find((url) => url !== undefined);
  await expect.poll(said, { timeout: 10_000 }).toBeDefined();
  return {
    url: said()!,
    end: async () => {
      stop.abort(new Error('enough'));
      await done;
    },
  };
}

describe('a door', () => {
  it('opens where the file says, answers behind its own path, and is closed with its pipeline', async () => {
    const { url, end } = await begin('one', { http: { listen: '127.0.0.1:0' } });
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/one\/hello\/$/);
    const { origin } = new URL(url);
    expect(await (await fetch(`${url}a/b?c=d`)).text()).toBe('GET /a/b?c=d');
    expect(await (await fetch(url, { method: 'POST', body: '{}' })).text()).toBe('POST /');
    expect((await fetch(origin)).url).toBe(url);
    expect((await fetch(`${origin}/two/hello/`)).status).toBe(404);
    expect((await fetch(url, { headers: { origin: 'http://evil.example' } })).status).toBe(403);
    expect((await fetch(`${origin}/live`)).status).toBe(200);
    await end();
    await expect(fetch(url)).rejects.toThrow();
  });

  it('is there without http in the file, at another port where the usual one is taken', async () => {
    const [one, other] = [await begin('first', {}), await begin('second', {})];
    expect(await (await fetch(one.url)).text()).toBe('GET /');
    expect(await (await fetch(other.url)).text()).toBe('GET /');
    expect(new URL(one.url).port).not.toBe(new URL(other.url).port);
    await Promise.all([one.end(), other.end()]);
  });

  it('keeps no pipeline waiting that does not listen, as one that is only finished for somebody else', async () => {
    const { url, end } = await begin('unheard', {}, false);
    expect(url).toBe('');
    await end();
  });
});
