import { rmSync } from 'node:fs';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { distinct, Workshop } from './support.js';

const shop = new Workshop();
afterAll(() => shop.dispose());
beforeEach(() => shop.forget());

const shared = (url: string) => ({ checkpoint: { store: './shared-store', url, every: '1ms' } });
const KINDS = ['observation', 'verdict', 'episode', 'missing'] as const;

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 400 && !condition(); tries++) await new Promise((resolve) => setTimeout(resolve, 25));
  expect(condition()).toBe(true);
}

describe('a store that counts its holders', () => {
  it('lets the later of two pipelines go on from the state of the earlier one, which ends and says why', async () => {
    const ticking = (path: string) => ({
      source: { use: './ticking-source' },
      sinks: { lines: { use: './lines-sink', with: { path } } },
      ...shared('two'),
    });
    const first = await shop.compose(shop.pipeline(ticking('./first.jsonl')), 'first.yaml');
    const ending = first.pipeline.run(new AbortController().signal).catch((error) => error);
    await until(() => first.pipeline.vitals.checkpoints > 3);
    const second = await shop.compose(shop.pipeline(ticking('./second.jsonl')), 'second.yaml');
    const stop = new AbortController();
    const other = second.pipeline.run(stop.signal);
    expect(await ending).toMatchObject({ code: 'QS_FENCED', message: expect.stringContaining('another process has taken over') });
    await until(() => second.pipeline.vitals.checkpoints > 3);
    stop.abort(new Error('enough'));
    expect(await other).toBe('stopped');
    expect(second.log.lines.map(({ message }) => message).join('\n')).toContain('resumes from the checkpoint');
    // Together they have judged all, and what both have judged has the same ids.
    const sequences = new Set(
      [...shop.lines('first.jsonl'), ...shop.lines('second.jsonl')]
        .filter(({ what }) => what === 'observation')
        .map(({ sequence }) => sequence as number),
    );
    expect(sequences.size).toBe(Math.max(...sequences));
  });

  it('gives what an uninterrupted run gives, whichever data folder a run has', async () => {
    const source = { source: { use: './counter-source', with: { count: 1_000, keys: 3, batch: 20 } } };
    await shop.run(shop.pipeline(source));
    const expected = distinct(shop.lines(), ...KINDS);
    shop.forget();
    let runs = 0;
    for (let over = false; !over; runs++) {
      const config = shop.pipeline({ ...source, ...shared('folders'), data: `./machine-${runs}` });
      const { pipeline } = await shop.compose(config, `machine-${runs}.yaml`);
      const stop = new AbortController();
      const ended = pipeline.run(stop.signal).then((how) => {
        over = how === 'finished';
      });
      // A machine whose disk is slow may come to the end with fewer checkpoints.
      if (runs < 4) await until(() => pipeline.vitals.checkpoints > 4 || over);
      if (runs < 4) stop.abort(new Error('on to another machine'));
      await ended;
    }
    expect(runs).toBeGreaterThan(1);
    expect(distinct(shop.lines(), ...KINDS)).toEqual(expected);
  });

  it('is waited for while it is away, and says so', async () => {
    const { pipeline, log } = await shop.compose(shop.pipeline(shared('away')));
    expect(await pipeline.run(new AbortController().signal)).toBe('finished');
    expect(log.lines.filter(({ message }) => message.includes('the state cannot be opened: nobody answers'))).toHaveLength(1);
  });

  it('holds the pipeline once it needs a key that is away, says so, and goes on with every row right', async () => {
    const source = { source: { use: './counter-source', with: { count: 1_000, keys: 12, batch: 4 } } };
    await shop.run(shop.pipeline(source));
    const expected = distinct(shop.lines(), ...KINDS);
    shop.forget();
    const gone = shop.write('gone.txt', '');
    rmSync(gone);
    const config = { ...source, ...shared(`gone:${gone}`), state: { keysInMemory: 3 }, buffer: 24 };
    for (const how of ['stopped', 'finished']) {
      const { pipeline, log } = await shop.compose(shop.pipeline(config));
      const { vitals } = pipeline;
      const stop = new AbortController();
      const before = vitals.tally.counts.observations;
      const ended = pipeline.run(stop.signal);
      ended.catch(() => {});
      await until(() => vitals.tally.counts.observations > before + 100);
      shop.write('gone.txt', '');
      await until(() =>
        vitals.troubles.some((trouble) => trouble.includes('nothing is judged until the state can be used: it is gone')),
      );
      const held = vitals.tally.counts.observations;
      await new Promise((resolve) => setTimeout(resolve, 700));
      expect(vitals.tally.counts.observations).toBe(held);
      if (how === 'stopped') {
        // It does not wait longer than it may.
        stop.abort(new Error('enough'));
        expect(await ended.catch(({ code }) => code)).toMatch(/stopped-waiting|QS_STORE_AWAY/);
        rmSync(gone);
        continue;
      }
      rmSync(gone);
      expect(await ended).toBe('finished');
      expect(log.lines.some(({ message }) => message === 'the state can be used again')).toBe(true);
    }
    expect(distinct(shop.lines(), ...KINDS)).toEqual(expected);
  });

  it('is named with what it needs, and files with a url are refused', async () => {
    await expect(shop.plan(shop.pipeline({ checkpoint: { store: './shared-store' } }))).rejects.toThrow(/url/);
    await expect(shop.plan(shop.pipeline({ checkpoint: { url: 'x' } }))).rejects.toThrow('has no url');
    await expect(shop.plan(shop.pipeline({ checkpoint: { store: 'no-such' } }))).rejects.toMatchObject({
      problems: [{ code: 'QS_PLUGIN_NOT_FOUND' }],
    });
  });
});
