// What was said under other settings, and is not said again.

import type { Episode, SinkBatch, Verdict } from '@quantstream/engine';
import { TestHosts, testBatch, testSchema } from '@quantstream/engine/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import plugin from '../src/index.js';
import { ask, onEachPlace } from './places.js';

const KEYS = ['tank-B', 'tank "A"'];
/** Rows of two keys in turn; every tenth of them is an anomaly. */
const all = testBatch(0, 60);
const rowOf = ({ time }: Pick<Verdict, 'time'>) => (time - all.verdicts[0]!.time) / 1_000;

/** Rows from `from` on, of which only those stay anomalies that `stays` names; each of them is an episode. */
function judged(from: number, to: number, stays: (row: number) => boolean, take = (_: Verdict) => true): SinkBatch {
  const verdicts = all.verdicts
    .filter((verdict) => rowOf(verdict) >= from && rowOf(verdict) < to && take(verdict))
    .map((verdict): Verdict => {
      const anomalous = verdict.anomalous && stays(rowOf(verdict));
      return { ...verdict, anomalous, raised: anomalous, ...(anomalous ? { episode: verdict.id } : {}) };
    });
  const episodes = verdicts.flatMap(({ anomalous, id, key, kind, time, score, threshold, pValue }): Episode[] =>
    anomalous
      ? [
          {
            ...all.episodes[0]!,
            ...{
              id,
              key,
              kind,
              status: 'closed',
              start: time,
              end: time,
              peak: time,
              peakScore: score,
              threshold,
              pValue,
              rows: 1,
            },
          },
        ]
      : [],
  );
  return { observations: [], verdicts, episodes, missing: [] };
}

onEachPlace('judging again', (at) => {
  const hosts = new TestHosts();
  let url: string;
  let schemas = 0;
  let schema: string;
  beforeAll(() => {
    url = at();
  });
  afterAll(() => hosts.dispose());

  /** A run under some settings. */
  async function run(judgement: string, batches: readonly SinkBatch[], fresh = false): Promise<void> {
    if (fresh) schema = `withdrawal_${process.pid}_${schemas++}`;
    const config = plugin.config.parse({ url, schema });
    const sink = await plugin.create(config, { ...hosts.sink(testSchema), judgement });
    await sink.open?.();
    for (const batch of batches) await sink.write(batch);
    await sink.close();
  }
  /** The rows that stand in a table, by number. */
  const standing = async (table: string, time = 'time', more = '') => {
    const rows = await ask(
      url,
      `SELECT extract(epoch FROM ${time})::float8 * 1000 AS time FROM ${schema}.${table} WHERE withdrawn_at IS NULL${more} ORDER BY 1`,
    );
    return rows.map((row) => rowOf(row as { time: number }));
  };
  const both = async () => ({ anomalies: await standing('anomalies'), episodes: await standing('episodes', 'start_time') });

  it('withdraws what is not said again, and takes that back where it is', async () => {
    const every = [9, 19, 29, 39, 49, 59];
    await run('first', [judged(0, 30, () => true), judged(30, 60, () => true)], true);
    expect(await both()).toEqual({ anomalies: every, episodes: every });
    await run('second', [judged(0, 25, (row) => row === 9), judged(25, 60, (row) => row === 39)]);
    expect(await both()).toEqual({ anomalies: [9, 39], episodes: [9, 39] });
    // Nothing is deleted.
    expect(await ask(url, `SELECT count(*)::int AS n FROM ${schema}.anomalies`)).toEqual([{ n: 6 }]);
    await run('third', [judged(0, 60, () => true)]);
    expect(await both()).toEqual({ anomalies: every, episodes: every });
  });

  it('withdraws nothing outside of the stretch and the keys that are judged again', async () => {
    await run('first', [judged(0, 60, () => true)], true);
    await run('second', [judged(15, 45, () => false)]);
    expect(await both()).toEqual({ anomalies: [9, 49, 59], episodes: [9, 49, 59] });
    await run('third', [
      judged(
        0,
        60,
        () => false,
        ({ key }) => key === KEYS[0],
      ),
    ]);
    // Anomalies are all of the other key.
    expect(await both()).toEqual({ anomalies: [9, 49, 59], episodes: [9, 49, 59] });
  });

  it('withdraws what lies between two rows, be they of two batches', async () => {
    await run('first', [judged(0, 60, () => true)], true);
    // Rows further apart: none at the place of the anomalies.
    const sparse = ({ time }: Verdict) => rowOf({ time }) % 10 === 3;
    await run('second', [judged(0, 24, () => true, sparse), judged(24, 60, () => true, sparse)]);
    expect(await both()).toEqual({ anomalies: [59], episodes: [59] });
  });

  it('withdraws nothing where the same settings judge again, or a run goes on', async () => {
    await run('first', [judged(0, 60, () => true)], true);
    // A replay passes through a place at which less is known.
    await run('first', [judged(20, 60, (row) => row > 30)]);
    expect(await both()).toEqual({ anomalies: [9, 19, 29, 39, 49, 59], episodes: [9, 19, 29, 39, 49, 59] });
    await run('second', [judged(60, 80, () => true)]);
    expect(await both()).toEqual({ anomalies: [9, 19, 29, 39, 49, 59], episodes: [9, 19, 29, 39, 49, 59] });
  });

  it('leaves an episode that somebody has labelled, and says so', async () => {
    await run('first', [judged(0, 60, () => true)], true);
    const labelled = all.verdicts[19]!.id;
    const host = { ...hosts.sink(testSchema), pipeline: 'test' };
    const settings = plugin.config.parse({ url, schema });
    expect(await plugin.feedback!.put(settings, host, { episode: labelled, label: 'anomaly', at: 0 })).toBeDefined();
    await run('second', [judged(0, 60, () => false)]);
    expect(await both()).toEqual({ anomalies: [], episodes: [19] });
    expect(await standing('episodes', 'start_time', ' AND unconfirmed_at IS NOT NULL')).toEqual([19]);
    await run('third', [judged(0, 60, () => true)]);
    expect(await standing('episodes', 'start_time', ' AND unconfirmed_at IS NOT NULL')).toEqual([]);
  });

  it('says what an episode is by the settings of now, also where it is shorter', async () => {
    await run('first', [judged(0, 60, () => true)], true);
    const long = judged(0, 20, () => true);
    const grown = { ...long, episodes: long.episodes.map((episode) => ({ ...episode, rows: 7 })) };
    await run('second', [grown]);
    await run('third', [long]);
    const [row] = await ask(url, `SELECT rows, judgement FROM ${schema}.episodes ORDER BY start_time LIMIT 1`);
    expect(row).toEqual({ rows: 1, judgement: 'third' });
  });
});
