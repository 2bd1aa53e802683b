import type { Episode, Incident, SinkBatch } from '@quantstream/engine';
import { testBatch } from '@quantstream/engine/testing';
import { expect, it } from 'vitest';
import { lines } from './lines.js';

it('prints a raised anomaly with its severity and reason, and the end of an episode of several rows', () => {
  expect(lines(testBatch(9, 1), 'episodes', 'text')).toBe(
    '2026-01-01 00:00:09.000Z  CRITICAL  tank "A"  level_change is 9 m\n' +
      '2026-01-01 00:00:11.000Z  over      tank "A"  critical: 3 anomalous rows in 2 s, the oddest at 00:00:09.000Z\n',
  );
});

it('prints what goes wrong beside what is told already', () => {
  const { verdicts, ...batch } = testBatch(9, 1);
  const news = [{ name: 'limits/flow', severity: 'critical' as const, reason: 'no flow' }];
  const later = { ...verdicts[0]!, time: verdicts[0]!.time + 200, raised: false, news };
  expect(
    lines({ ...batch, episodes: [], verdicts: [{ ...verdicts[0]!, news }, later] }, 'episodes', 'text')
      .split('\n')
      .slice(1),
  ).toEqual(['2026-01-01 00:00:09.200Z  CRITICAL  tank "A"  also: no flow', '']);
});

it('prints once that something is over while something else goes on, and again when it is over again', () => {
  const { episodes, ...batch } = testBatch(9, 1);
  const start = episodes[0]!.start;
  const printed = new Set<string>();
  const step = (...topics: Partial<Episode['topics'][number]>[]) => {
    const all = topics.map((topic) => ({
      name: 'gps',
      severity: 'warning' as const,
      reason: 'gps jumped 9 m',
      time: start,
      ...topic,
    }));
    const open = { ...episodes[0]!, status: 'open' as const, topics: all };
    return lines({ ...batch, verdicts: [], episodes: [open] }, 'episodes', 'text', printed);
  };
  const over = '2026-01-01 00:00:10.000Z  over      tank "A"  not any more: gps jumped 9 m\n';
  const end = { last: Date.UTC(2026, 0, 1, 0, 0, 10), over: true } as const;
  expect([step({}), step(end), step(end), step({ again: 1 }), step({ ...end, again: 1 })]).toEqual(['', over, '', '', over]);
});

it('prints one line when an incident begins, however much comes to it, and one when it is over', () => {
  const start = Date.UTC(2026, 0, 1);
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  const stage = (more: Partial<Incident>): SinkBatch => ({
    observations: [],
    verdicts: [],
    episodes: [],
    missing: [],
    incidents: [
      {
        id: 'test/incident/1/a',
        pipeline: 'test',
        status: 'open',
        start,
        end: start + 60_000,
        key: 'a',
        keys: 3,
        names: names.slice(0, 3),
        episodes: [],
        columns: ['cpu', 'latency'],
        severity: 'warning',
        topics: [],
        reason: 'cpu is 9',
        ...more,
      },
    ],
  });
  const printed = new Set<string>();
  const text = [{}, { keys: 6, names }, { keys: 6, names, status: 'closed' as const }].map((more) =>
    lines(stage(more), 'episodes', 'text', printed),
  );
  expect(text).toEqual([
    '2026-01-01 00:00:00.000Z  WARNING   a  3 keys began together: a, b, c; they share cpu, latency\n',
    '',
    '2026-01-01 00:01:00.000Z  over      a  warning: 6 keys together for 60 s: a, b, c, d, e and 1 more\n',
  ]);
});

it('prints nothing for ordinary rows, unless all verdicts are asked for', () => {
  expect(lines(testBatch(0, 9), 'episodes', 'text')).toBe('');
  expect(lines(testBatch(0, 9), 'anomalies', 'text')).toBe('');
  expect(lines(testBatch(0, 9), 'verdicts', 'text').split('\n')).toHaveLength(10);
});

it('prints records as JSON, with null for what is missing', () => {
  const records = lines(testBatch(0, 5), 'verdicts', 'json')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(records[0]).toMatchObject({ what: 'verdict', key: 'tank-B', values: { level_change: null } });
});
