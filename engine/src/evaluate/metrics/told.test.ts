import { describe, expect, it } from 'vitest';
import type { Verdict } from '../../api/index.js';
import { whatWasRaised } from '../configured.js';
import { Recording } from '../recording.js';
import type { Label } from '../series.js';
import { layOut, scoresOver } from './field.js';
import { type ToldTopic, toldOf } from './told.js';

const SECOND = 1_000;
const times = Float64Array.from({ length: 100 }, (_, i) => i * SECOND);
const series = { key: 'a', times, scores: new Float64Array(100) };
const options = { graceMs: 2_000, cooldownMs: 1_000 };
const label = (from: number, to: number, topics?: string[]): Label => ({
  key: 'a',
  kind: topics?.[0] ?? 'unnamed',
  from: from * SECOND,
  to: to * SECOND,
  ...(topics && { topics }),
});
const told = (seconds: number, name: string, subsystem?: string, key = 'a'): ToldTopic => ({
  key,
  time: seconds * SECOND,
  name,
  reason: `${name}!`,
  ...(subsystem === undefined ? {} : { subsystem }),
});
const over = (labels: Label[], ...topics: ToldTopic[]) => {
  const field = layOut([series], labels, options);
  return toldOf(field, scoresOver(field, [series]), topics);
};

describe('an event whose topics are known', () => {
  it('is found by the first one that fits: by name, by name without the model, or by subsystem', () => {
    const wanted = (topics: string[]) => over([label(10, 20, topics)], told(14, 'limits/hot', 'engine'))!;
    for (const topics of [['limits/hot'], ['hot'], ['engine'], ['cold', 'engine']])
      expect(wanted(topics)).toMatchObject({ events: 1, found: 1, firstRight: 1, unfitting: 0, medianDelay: 4 });
    for (const topics of [['limits'], ['other/hot'], ['ho']])
      expect(wanted(topics)).toMatchObject({ events: 1, found: 0, firstRight: 0, unfitting: 1 });
  });

  it('is not found by what was told before, behind its grace, or of another key', () => {
    const before = over([label(10, 20, ['hot'])], told(8, 'm/hot'), told(23, 'm/hot'), told(15, 'm/hot', undefined, 'b'))!;
    expect(before).toMatchObject({ found: 0, unfitting: 0 });
    expect(over([label(10, 20, ['hot'])], told(22, 'm/hot'))).toMatchObject({ found: 1, medianDelay: 12 });
  });

  it('counts what does not fit beside it, and whether that came first', () => {
    const { list, ...counts } = over(
      [label(10, 20, ['hot']), label(50, 60, ['hot'])],
      told(12, 'm/wet'),
      told(13, 'm/hot'),
      told(51, 'm/hot'),
    )!;
    expect(counts).toMatchObject({ events: 2, found: 2, recall: 1, firstRight: 1, unfitting: 1, medianDelay: 2 });
    expect(list[0]!.topics.map(({ name, fits }) => [name, fits])).toEqual([
      ['m/wet', false],
      ['m/hot', true],
    ]);
  });

  it('is not asked about where no label names topics', () => {
    expect(over([label(10, 20)], told(12, 'm/hot'))).toBeUndefined();
    expect(over([label(10, 20), label(50, 60, ['hot'])], told(12, 'm/hot'))).toMatchObject({ events: 1, found: 0 });
  });

  it('that lies in an open episode is found by the alarm, and not by what is said', () => {
    const field = layOut([series], [label(50, 60, ['hot'])], options);
    const alarms = new Uint8Array(100).fill(1, 10);
    const { found, told: said } = whatWasRaised(field, [{ ...series, alarms }], series.scores, [], 1, [told(10, 'm/hot')]);
    expect([found, said!.found]).toEqual([1, 0]);
  });
});

describe('what a recording keeps of what is told', () => {
  const verdict = (time: number, more: Partial<Verdict>) =>
    ({ key: 'a', time, values: {}, models: {}, threshold: 1, score: 1, calibrated: true, anomalous: true, ...more }) as Verdict;
  const topic = (name: string) => ({ name, severity: 'warning' as const, reason: name, subsystem: 'engine' });

  it('is each topic when it is news, and of an episode that is announced late what it began with', async () => {
    const recording = new Recording([]);
    const episode = {
      id: 'e',
      key: 'a',
      topics: [
        { ...topic('m/early'), time: 1 },
        { ...topic('m/now'), time: 3 },
      ],
    } as never;
    await recording.write({
      observations: [],
      missing: [],
      episodes: [episode],
      verdicts: [
        verdict(1, {}),
        verdict(3, { episode: 'e', raised: true, news: [topic('m/now')] }),
        verdict(5, { episode: 'e', raised: false, news: [{ ...topic('m/now'), again: 1 }] }),
      ],
    });
    expect(recording.topicsTold().map(({ time, name, subsystem }) => [time, name, subsystem])).toEqual([
      [3, 'm/early', 'engine'],
      [3, 'm/now', 'engine'],
      [5, 'm/now', 'engine'],
    ]);
  });
});
