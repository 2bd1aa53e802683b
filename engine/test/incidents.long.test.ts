// Episodes of several keys that begin together, through a whole pipeline.

import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { type Line, Workshop } from './support.js';

const shop = new Workshop();
afterAll(() => shop.dispose());
beforeEach(() => shop.forget());

/** Six keys, of which five jump at once after ten minutes, and the last by itself half an hour later. */
const JUMPS = Object.fromEntries([
  ...[0, 1, 2, 3, 4].map((key) => [600 * 6 + key * 7, { level: 9 }]),
  [2_400 * 6 + 5, { level: 9 }],
]);
const pipeline = (changes: Record<string, unknown> = {}, source: object = {}) =>
  shop.pipeline({
    source: { use: './counter-source', with: { count: 3_000, keys: 6, steady: true, edit: JUMPS, ...source } },
    features: { use: './mean-features', with: { every: 5_000 } },
    alarms: { threshold: 12, cooldown: '60s', incidents: {} },
    ...changes,
  });

/** Of each incident and each episode what was said last. */
function lastOf(lines: readonly Line[], what: string): Line[] {
  const last = new Map(lines.filter((line) => line.what === what).map((line) => [line.id as string, line]));
  return [...last.values()].sort((a, b) => (a.start as number) - (b.start as number) || (String(a.id) < String(b.id) ? -1 : 1));
}
const outcome = (lines: readonly Line[]) => [lastOf(lines, 'incident'), lastOf(lines, 'episode')];

describe('incidents', () => {
  it('make one of five keys that begin together, and leave alone what begins by itself', async () => {
    const summary = await shop.run(pipeline());
    expect(summary).toMatchObject({ episodes: 6, incidents: 1 });
    const [incident, ...more] = lastOf(shop.lines(), 'incident');
    expect(more).toEqual([]);
    expect(incident).toMatchObject({
      id: 'test/incident/1700000600000/key-0',
      pipeline: 'test',
      status: 'closed',
      key: 'key-0',
      keys: 5,
      names: ['key-0', 'key-1', 'key-2', 'key-3', 'key-4'],
    });
    const episodes = lastOf(shop.lines(), 'episode');
    expect(episodes.map((one) => one.incident)).toEqual([...Array(5).fill(incident!.id), undefined]);
    expect(shop.lines().filter(({ what }) => what === 'alone')).toEqual([{ what: 'alone', id: episodes[5]!.id }]);
  });

  it('are nothing where nobody asked for them', async () => {
    expect(await shop.run(pipeline({ alarms: { threshold: 12, cooldown: '60s' } }))).toMatchObject({ episodes: 6, incidents: 0 });
    expect(shop.lines().filter(({ what }) => what === 'alone')).toEqual([]);
  });

  it('depend neither on batches, nor on threads, nor on where a run was stopped', async () => {
    await shop.run(pipeline());
    const expected = outcome(shop.lines());
    for (const [batch, changes] of [
      [1, {}],
      [97, { workers: 3 }],
      [20_000, {}],
    ] as const) {
      shop.forget();
      await shop.run(pipeline(changes, { batch }));
      expect(outcome(shop.lines()), `batches of ${batch}`).toEqual(expected);
    }
    shop.forget();
    let runs = 0;
    for (; runs < 100; runs++) {
      // Each run ends in good order somewhere in the stream, with an incident that goes on or begins; the next goes on there.
      const { pipeline: running } = await shop.compose(pipeline({ checkpoint: { every: '0ms' } }, { batch: 20 }));
      const stop = new AbortController();
      const timer = setInterval(() => {
        if (running.vitals.tally.counts.observations >= 400) stop.abort(new Error('enough'));
      }, 1);
      const ending = await running.run(stop.signal);
      clearInterval(timer);
      if (ending === 'finished') break;
    }
    expect(runs).toBeGreaterThan(2);
    expect(outcome(shop.lines())).toEqual(expected);
  });
});
