// What entities say of themselves, beside what models find.

import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { distinct, type Line, Workshop } from './support.js';

const shop = new Workshop();
afterAll(() => shop.dispose());
beforeEach(() => shop.forget());

const START = 1_700_000_000_000;
type Said = { name: string; severity: 'info' | 'warning' | 'critical'; reason: string };
const words = (name: string, severity: Said['severity'], reason = `it says ${name}`): Said => ({ name, severity, reason });
/** Readings of one key, one a second, that nothing is wrong with; rows of 10 s. */
const pipeline = (says: Record<string, Said[]>, changes: Record<string, unknown> = {}, source: object = {}) =>
  shop.pipeline({
    source: { use: './counter-source', with: { count: 400, keys: 1, ...source } },
    features: { use: './mean-features', with: { says } },
    alarms: { threshold: 1e6, cooldown: '30s' },
    ...changes,
  });
const verdicts = (lines: readonly Line[]) => lines.filter(({ what, anomalous }) => what === 'verdict' && anomalous === true);
const closed = (lines: readonly Line[]) => lines.filter(({ what, status }) => what === 'episode' && status === 'closed');
const topicsOf = (line: Line | undefined) => line!.topics as (Said & { said?: true; time: number })[];

describe('what an entity says of itself', () => {
  it('is an anomaly where it is a warning or worse, with its severity, also while no model has a score', async () => {
    await shop.run(pipeline({ 0: [words('low', 'warning')], 100: [words('lost', 'critical'), words('low', 'warning')] }));
    const [first, second, ...others] = verdicts(shop.lines());
    expect(others).toEqual([]);
    expect(first).toMatchObject({ time: START, severity: 'warning', leading: 'said', raised: true, reason: 'it says low' });
    expect(second).toMatchObject({ time: START + 100_000, severity: 'critical', raised: true });
    expect(second!.news).toMatchObject([
      { name: 'said/lost', severity: 'critical', reason: 'it says lost', said: true },
      { name: 'said/low', said: true },
    ]);
  });

  it('is kept by an open episode where it is only worth knowing, and calls nobody', async () => {
    await shop.run(
      pipeline({
        50: [words('alone', 'info')],
        100: [words('lost', 'critical')],
        110: [words('landing', 'info'), words('landing', 'info')],
      }),
    );
    expect(verdicts(shop.lines())).toHaveLength(1);
    const [episode, ...others] = closed(shop.lines());
    expect(others).toEqual([]);
    expect(topicsOf(episode).map(({ name, time }) => [name, (time - START) / 1_000])).toEqual([
      ['said/lost', 100],
      ['said/landing', 110],
    ]);
    expect(episode).toMatchObject({ severity: 'critical', rows: 1, end: START + 100_000 });
    const told = shop.lines().flatMap(({ what, news }) => (what === 'verdict' && news ? [news] : []));
    expect(told).toHaveLength(1);
  });

  it('takes no room from what models find, and is of bounded size and number', async () => {
    const many = Array.from({ length: 40 }, (_, i) => words(`thing ${i}`, 'warning', 'x'.repeat(10_000)));
    const { pipeline: running, log } = await shop.compose(
      pipeline({ 100: many, 110: [words('\u001b[31m\ud800<b>', 'critical', '\u0000\ud800')] }),
    );
    await running.run(new AbortController().signal);
    const [episode] = closed(shop.lines());
    expect(topicsOf(episode)).toHaveLength(20);
    expect(Math.max(...topicsOf(episode).map(({ reason }) => reason.length))).toBeLessThanOrEqual(240);
    const [, second] = verdicts(shop.lines());
    expect(second).toMatchObject({ severity: 'critical', reason: '\\x00\ufffd' });
    expect(running.summary('finished', 1).dropped).toMatchObject({ too_many_words: 8 });
    expect(log.lines.some((line) => JSON.stringify(line).includes('too_many_words'))).toBe(true);
  });

  it('does not depend on batches, threads, nor on where a run was stopped', async () => {
    const says = {
      100: [words('low', 'warning')],
      110: [words('landing', 'info')],
      120: [words('lost', 'critical')],
      300: [words('low', 'warning')],
    };
    await shop.run(pipeline(says));
    const expected = distinct(shop.lines(), 'verdict', 'episode');
    for (const [batch, workers] of [
      [1, 1],
      [37, 2],
    ] as const) {
      shop.forget();
      await shop.run(pipeline(says, { workers }, { batch }));
      expect(distinct(shop.lines(), 'verdict', 'episode'), `batches of ${batch}`).toEqual(expected);
    }
  });

  it('stands beside a budget as rules do', async () => {
    const budget = { alarms: { perDay: 10, cooldown: '30s' } };
    await shop.run(pipeline({ 100: [words('lost', 'critical')] }, budget));
    expect(verdicts(shop.lines())).toMatchObject([
      { time: START + 100_000, leading: 'said', severity: 'critical', raised: true },
    ]);
  });
});
