// Keys that fall silent, as a condition that every pipeline can have.

import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { distinct, type Line, Workshop } from './support.js';

const shop = new Workshop();
afterAll(() => shop.dispose());
beforeEach(() => shop.forget());

const START = 1_700_000_000_000;
/** Readings of three keys, one a second each; of the last nothing is heard between two of them. */
const pipeline = (changes: Record<string, unknown> = {}, source: object = {}) =>
  shop.pipeline({
    source: { use: './counter-source', with: { count: 1_000, keys: 3, quiet: { from: 400, to: 700 }, ...source } },
    features: { use: './mean-features', with: { every: 5_000 } },
    alarms: { threshold: 1e6, cooldown: '30s', silence: '60s' },
    ...changes,
  });
const silences = (lines: readonly Line[]) => lines.filter(({ what, leading }) => what === 'verdict' && leading === 'silence');
const at = ({ time }: Line) => ((time as number) - START) / 1_000;

describe('silence of a key', () => {
  it('is raised once, stays open while it lasts, and ends when the key is heard again', async () => {
    const summary = await shop.run(pipeline());
    expect(summary).toMatchObject({ episodes: 1 });
    const said = silences(shop.lines());
    // Last heard at 399 s.
    expect(said.map(at)).toEqual([459, 519, 579, 639, 699]);
    expect(said.map(({ raised }) => raised)).toEqual([true, false, false, false, false]);
    expect(said[0]).toMatchObject({ key: 'key-2', severity: 'critical', anomalous: true });
    expect(said[0]!.reason).toBe('nothing was heard for 60 s, since 2023-11-14 22:19:59 UTC');
    const [last] = shop.lines().filter(({ what, status }) => what === 'episode' && status === 'closed');
    expect(last).toMatchObject({ key: 'key-2', start: START + 459_000, end: START + 699_000 });
    expect(last!.topics).toMatchObject([{ name: 'silence', severity: 'critical' }]);
  });

  it('stays open beyond the end of the recording, and where more of it comes, whether the key is heard again or not', async () => {
    const quiet = { from: 400, to: 1_300 };
    await shop.run(pipeline({}, { quiet }));
    expect(shop.lines().filter(({ what, status }) => what === 'episode' && status === 'closed')).toEqual([]);
    for (const more of [200, 600]) await shop.run(pipeline({}, { quiet, more }));
    const closed = shop.lines().filter(({ what, status }) => what === 'episode' && status === 'closed');
    const said = silences(shop.lines()).map(at);
    expect(said).toEqual(Array.from({ length: 15 }, (_, i) => 459 + i * 60));
    expect(closed).toHaveLength(1);
    expect(closed[0]).toMatchObject({ key: 'key-2', start: START + 459_000, end: START + 1_299_000 });
  });

  it('is nothing where nobody asked for it', async () => {
    const alarms = { threshold: 1e6, cooldown: '30s' };
    expect(await shop.run(pipeline({ alarms }))).toMatchObject({ episodes: 0, anomalies: 0 });
  });

  it('does not depend on batches, on spilling, nor on where a run was stopped', async () => {
    await shop.run(pipeline());
    const expected = distinct(shop.lines(), 'verdict', 'episode');
    for (const [batch, state] of [
      [1, {}],
      [37, { keysInMemory: 1 }],
      [5_000, { keysInMemory: 2 }],
    ] as const) {
      shop.forget();
      await shop.run(pipeline({ state }, { batch }));
      expect(distinct(shop.lines(), 'verdict', 'episode'), `batches of ${batch}`).toEqual(expected);
    }
    shop.forget();
    for (let count = 300; count <= 1_200; count += 150) {
      // Each run ends in good order somewhere in the stream; the next goes on there.
      const { pipeline: running } = await shop.compose(pipeline({ checkpoint: { every: '0ms' } }, { batch: 30 }));
      const stop = new AbortController();
      const timer = setInterval(() => {
        if (running.vitals.tally.counts.observations >= 450) stop.abort(new Error('enough'));
      }, 1);
      const ending = await running.run(stop.signal);
      clearInterval(timer);
      if (ending === 'finished') break;
    }
    expect(distinct(shop.lines(), 'verdict', 'episode')).toEqual(expected);
  });

  it('is not judged of a stretch in which nobody looked', async () => {
    const missing = { from: 420, to: 690 };
    await shop.run(pipeline({}, { missing }));
    expect(silences(shop.lines())).toEqual([]);
    shop.forget();
    await shop.run(pipeline({}, { missing: { from: 420, to: 560 } }));
    expect(silences(shop.lines()).map(at)).toEqual([620, 680]);
  });
});
