// What is stored, asked again.

import type { Incident } from '@quantstream/engine';
import { TestHosts, testBatch, testSchema } from '@quantstream/engine/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import plugin from '../src/index.js';
import { ask, onEachPlace } from './places.js';

const batch = testBatch(0, 60);
// Somebody has spoken of some.
const taught = { episode: 'an episode', label: 'normal' } as const;
const all = { ...batch, verdicts: batch.verdicts.map((verdict, i) => (i % 7 === 0 ? { ...verdict, taught } : verdict)) };
const INCIDENT = 'test/incident/1/tank-B';
/** Two episodes are part of it, whatever is told of them. */
const parts = [...new Map(all.episodes.map((episode) => [episode.id, episode])).values()].slice(0, 2);
const ids = parts.map(({ id }) => id);
const episodes = all.episodes.map((episode) => (ids.includes(episode.id) ? { ...episode, incident: INCIDENT } : episode));
const incident: Incident = {
  id: INCIDENT,
  pipeline: testSchema.pipeline,
  status: 'open',
  start: Math.min(...parts.map(({ start }) => start)),
  end: Math.max(...parts.map(({ end }) => end)),
  key: 'tank-B',
  keys: parts.length,
  names: parts.map(({ key }) => key),
  episodes: ids,
  columns: ['level'],
  severity: 'warning',
  topics: [],
  reason: 'level is 9 m',
};
const always = { from: Number.NEGATIVE_INFINITY, to: Number.POSITIVE_INFINITY };

onEachPlace('history', (at) => {
  const hosts = new TestHosts();
  const schema = `history_${process.pid}`;
  let history: ReturnType<NonNullable<typeof plugin.history>>;
  beforeAll(async () => {
    const config = plugin.config.parse({ url: at(), schema });
    history = plugin.history!(config, hosts.outside(), testSchema);
    // Before there are tables, nothing is kept.
    expect([await history.keys(), await history.rows('tank-B', always), await history.episodes(always)]).toEqual([[], [], []]);
    const sink = await plugin.create(config, hosts.sink(testSchema));
    await sink.open?.();
    await sink.write({ ...all, episodes, incidents: [incident] });
    await sink.close();
  });
  afterAll(async () => {
    await history.close();
    hosts.dispose();
  });

  it('has all keys with their ends', async () => {
    const expected = ['tank "A"', 'tank-B'].map((key) => {
      const times = all.verdicts.filter((verdict) => verdict.key === key).map(({ time }) => time);
      return { key, first: Math.min(...times), last: Math.max(...times) };
    });
    expect([...(await history.keys())].sort((a, b) => (a.key < b.key ? -1 : 1))).toEqual(expected);
  });

  it('gives rows as they were judged, in order, the latest of too many', async () => {
    const verdicts = all.verdicts.filter(({ key }) => key === 'tank "A"');
    const rows = await history.rows('tank "A"', always);
    expect(rows.map(({ time }) => time)).toEqual(verdicts.map(({ time }) => time));
    rows.forEach((row, i) => {
      const verdict = verdicts[i]!;
      expect(Array.from(row.values)).toEqual(testSchema.row.columns.map(({ name }) => verdict.values[name]));
      const { score, threshold, pValue, anomalous, reason } = verdict;
      expect(row).toMatchObject({ score, threshold, pValue, anomalous });
      expect(row.reason).toBe(reason);
      expect(row.taught).toEqual(verdict.taught);
      expect(row.models[verdict.leading]).toMatchObject({ score });
    });
    const some = await history.rows('tank "A"', always, 3);
    expect(some.map(({ time }) => time)).toEqual(verdicts.slice(-3).map(({ time }) => time));
    const [from, to] = [verdicts[4]!.time, verdicts[9]!.time];
    expect((await history.rows('tank "A"', { from, to })).map(({ time }) => time)).toEqual(
      verdicts.slice(4, 10).map(({ time }) => time),
    );
    expect(await history.rows('nobody', always)).toEqual([]);
  });

  it('gives parts whose extremes are those of their rows, and how odd each key was in them', async () => {
    const columns = testSchema.row.columns.map(({ name }) => name);
    for (const key of ['tank "A"', 'tank-B']) {
      const verdicts = all.verdicts.filter((verdict) => verdict.key === key);
      const [from, to] = [verdicts[3]!.time, verdicts.at(-2)!.time];
      const step = (to - from) / 7;
      const parts = new Map<number, typeof verdicts>();
      for (const one of verdicts.slice(3, -1)) {
        const part = Math.floor((one.time - from) / step);
        parts.set(part, [...(parts.get(part) ?? []), one]);
      }
      const found = await history.parts(key, { from, to }, step);
      const rows = [...parts.values()];
      expect(rows.length).toBeGreaterThan(5);
      expect(Array.from(found.time)).toEqual(rows.map((part) => part.at(-1)!.time));
      const numbers = (part: typeof verdicts, name: string) =>
        part.map(({ values }) => values[name]!).filter((value) => !Number.isNaN(value));
      columns.forEach((name, c) => {
        const of = (pick: (...values: number[]) => number) =>
          rows.map((part) => (numbers(part, name).length > 0 ? pick(...numbers(part, name)) : Number.NaN));
        expect(Array.from(found.min[c]!)).toEqual(of(Math.min));
        expect(Array.from(found.max[c]!)).toEqual(of(Math.max));
        expect(Array.from(found.last[c]!)).toEqual(rows.map((part) => part.at(-1)!.values[name]));
      });
      expect(found.state).toEqual(
        rows.map((part) =>
          part.some(({ anomalous }) => anomalous)
            ? 'anomalous'
            : part.some(({ reason }) => reason !== undefined)
              ? 'unjudged'
              : 'judged',
        ),
      );
      expect(Array.from(found.threshold)).toEqual(rows.map((part) => part.at(-1)!.threshold));
      // All keys, but of this one only what lies before a moment.
      const heat = await history.heat({ from, to }, step, new Map([[key, verdicts[10]!.time]]));
      const mine = heat.find((one) => one.key === key)!;
      const other = heat.find((one) => one.key !== key)!;
      expect(mine.rows).toBe(7);
      const ruled = verdicts
        .slice(3, 10)
        .filter(({ calibrated, threshold, pValue }) => calibrated && threshold > 0 && pValue >= 0);
      expect(mine.raised).toBe(ruled.filter(({ pValue, threshold }) => pValue < 10 ** -threshold).length);
      expect(mine.allowed).toBeCloseTo(
        ruled.reduce((sum, { threshold }) => sum + 10 ** -threshold, 0),
        9,
      );
      const odd = (of: typeof verdicts) => Math.max(...of.map(({ score, threshold }) => score / threshold).filter((x) => x >= 0));
      const before = verdicts.slice(3, 10);
      const ratio = Math.max(...Array.from(mine.odd).filter((one) => !Number.isNaN(one)), Number.NEGATIVE_INFINITY);
      expect(ratio).toBeCloseTo(odd(before), 9);
      expect(other.rows).toBe(all.verdicts.filter((one) => one.key !== key && one.time >= from && one.time <= to).length);
      expect(other.odd).toHaveLength(7);
    }
    expect(Array.from((await history.parts('nobody', { from: 0, to: 1 }, 1)).time)).toEqual([]);
  });

  it('gives incidents with the episodes that are part of them, and none that were withdrawn', async () => {
    const found = await history.incidents(always);
    expect(found).toEqual([{ ...incident, episodes: expect.any(Array) }]);
    expect(new Set(found[0]!.episodes)).toEqual(new Set(ids));
    const joined = (await history.episodes(always)).filter((episode) => episode.incident === INCIDENT);
    expect(new Set(joined.map(({ id }) => id))).toEqual(new Set(ids));
    expect(await history.incidents({ from: incident.end + 1, to: incident.end + 2 })).toEqual([]);
    await ask(at(), `UPDATE "${schema}".incidents SET withdrawn_at = now()`);
    expect(await history.incidents(always)).toEqual([]);
  });

  it('gives episodes and what is missing where they touch a stretch, and none that were withdrawn', async () => {
    const ids = (await history.episodes(always)).map(({ id }) => id);
    expect(new Set(ids)).toEqual(new Set(all.episodes.map(({ id }) => id)));
    const { id, key, start, end } = all.episodes.at(-1)!;
    expect((await history.episodes({ from: end, to: end }, key)).map((one) => one.id)).toContain(id);
    expect((await history.episodes({ from: start - 2_000_000, to: start - 1_000_000 })).length).toBe(0);
    const missing = await history.missing(always);
    expect(missing.map(({ reason, count }) => [reason, count]).sort()).toEqual(
      all.missing.map(({ reason, count }) => [reason, count ?? 0]).sort(),
    );
    await ask(at(), `UPDATE "${schema}".episodes SET withdrawn_at = now() WHERE id = '${id.replaceAll("'", "''")}'`);
    expect((await history.episodes(always)).map((one) => one.id)).not.toContain(id);
  });
});
