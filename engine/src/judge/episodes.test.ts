import { describe, expect, it } from 'vitest';
import type { Episode, Verdict } from '../api/index.js';
import {
  carriersOf,
  closeEpisode,
  continues,
  type EpisodeState,
  endTopics,
  extend,
  leadingOf,
  linger,
  newsIn,
} from './episodes.js';

const verdict = (time: number, score: number, more: Partial<Verdict> = {}): Verdict =>
  ({
    id: `id-${time}`,
    pipeline: 'p',
    key: 'a',
    kind: 'row',
    time,
    score,
    threshold: 1,
    pValue: 10 ** -score,
    leading: 'm',
    models: { m: { version: `v${time}` } },
    reason: `r${time}`,
    ...more,
  }) as Verdict;

function telling() {
  const told: Episode[] = [];
  return { told, out: (episode: Episode) => void told.push(episode) };
}

describe('episodes', () => {
  const settings = { cooldownMs: 1_000, minimumMs: 0 };

  it('join anomalies within the cooldown, keep their first id, and tell of their peak', () => {
    const { told, out } = telling();
    let open: EpisodeState = null;
    expect(continues(open, 0, 1e9)).toBe(false);
    open = extend(open, verdict(0, 2), {}, settings, out);
    expect([continues(open, 1_000, 1_000), continues(open, 1_001, 1_000)]).toEqual([true, false]);
    open = extend(open, verdict(1_000, 5), {}, settings, out);
    open = extend(open, verdict(2_000, 3), {}, settings, out);
    open = closeEpisode(open, out);
    expect(open).toBeNull();
    expect(told.map(({ status, rows, end, peakScore }) => [status, rows, end, peakScore])).toEqual([
      ['open', 1, 0, 2],
      ['open', 2, 1_000, 5],
      ['open', 3, 2_000, 5],
      ['closed', 3, 2_000, 5],
    ]);
    expect(told.at(-1)).toMatchObject({ id: 'id-0', start: 0, peak: 1_000, reason: 'r1000', model: 'm', version: 'v1000' });
  });

  it('hold each topic once, with its first time and sentence, and say what is new', () => {
    const { told, out } = telling();
    const topic = (name: string, reason = name) => ({ name, severity: 'warning' as const, reason });
    let open: EpisodeState = null;
    const step = (time: number, ...topics: ReturnType<typeof topic>[]) => {
      const news = newsIn(open, topics);
      open = extend(open, verdict(time, 2), {}, settings, out, news, topics);
      return news.map(({ name }) => name);
    };
    expect(step(0, topic('battery', '11 V'))).toEqual(['battery']);
    expect(step(200, topic('battery', '10 V'), topic('gps'), topic('gps'))).toEqual(['gps']);
    expect(step(400, topic('gps'))).toEqual([]);
    expect(told.at(-1)!.topics).toEqual([
      { ...topic('battery', '11 V'), time: 0, last: 200 },
      { ...topic('gps'), time: 200, last: 400 },
    ]);
    // However much goes wrong, an episode stays of a bounded size.
    step(600, ...Array.from({ length: 50 }, (_, i) => topic(`topic ${i}`)));
    expect(told.at(-1)!.topics).toHaveLength(20);
    open = null;
    expect(step(9_000, topic('battery'))).toEqual(['battery']);
  });

  it('say when a topic is over, and tell it again when it has come back, as often as is bearable', () => {
    const { told, out } = telling();
    const topic = (name: string, reason = name) => ({ name, severity: 'warning' as const, reason });
    let open: EpisodeState = null;
    const step = (time: number, ...topics: ReturnType<typeof topic>[]) => {
      if (open) open = endTopics(open, time, settings.cooldownMs, out);
      const news = newsIn(open, topics);
      open = extend(open, verdict(time, 2), {}, settings, out, news, topics);
      return news.map(({ name, again }) => [name, again]);
    };
    const battery = topic('battery');
    step(0, battery, topic('gps', 'gps jumped 9 m'));
    expect(step(900, battery, topic('gps'))).toEqual([]);
    // As long as the cool-down it may still be the same.
    expect(step(1_900, battery, topic('gps'))).toEqual([]);
    expect(step(2_900, battery)).toEqual([]);
    expect(told.at(-1)!.topics[1]).not.toHaveProperty('over');
    expect(step(2_901, battery)).toEqual([]);
    expect(told.at(-1)!.topics).toMatchObject([
      { name: 'battery', last: 2_901 },
      { name: 'gps', last: 1_900, over: true },
    ]);
    expect(step(3_900, battery, topic('gps', 'gps jumped 50 m'))).toEqual([['gps', 1]]);
    expect(told.at(-1)!.topics[1]).toEqual({
      ...topic('gps', 'gps jumped 50 m'),
      time: 0,
      last: 3_900,
      again: 1,
      since: 3_900,
    });
    const returns = Array.from({ length: 30 }, (_, i) => {
      for (const ms of [900, 1_800, 2_700]) step(3_900 + 3_600 * i + ms, battery);
      return step(3_900 + 3_600 * (i + 1), battery, topic('gps')).length;
    });
    expect(returns.reduce((sum, one) => sum + one, 0)).toBe(19);
  });

  it('go on where an older version that knew no topics has left them', () => {
    const { told, out } = telling();
    const { episode, ...rest } = extend(null, verdict(0, 2), {}, settings, out);
    const { topics: _none, ...old } = episode;
    extend({ ...rest, episode: old }, verdict(100, 2), {}, settings, out, [{ name: 'a', severity: 'info', reason: 'b' }]);
    expect(told.at(-1)!.topics).toEqual([{ name: 'a', severity: 'info', reason: 'b', time: 100, last: 100 }]);
  });

  it('are not told of before they have lasted as long as asked for', () => {
    const { told, out } = telling();
    const slow = { cooldownMs: 1_000, minimumMs: 2_000 };
    let open: EpisodeState = extend(null, verdict(0, 2), {}, slow, out);
    open = closeEpisode(open, out);
    expect(told).toEqual([]);
    for (const time of [10_000, 11_000, 12_000]) open = extend(open, verdict(time, 2), {}, slow, out);
    expect(told).toMatchObject([{ id: 'id-10000', status: 'open', rows: 3 }]);
  });

  it('go on through rows that are a little less odd, without counting them', () => {
    const { told, out } = telling();
    const open = linger(extend(null, verdict(0, 2), {}, settings, out), 900);
    expect(continues(open, 1_800, 1_000)).toBe(true);
    closeEpisode(open, out);
    expect(told.at(-1)).toMatchObject({ end: 900, rows: 1 });
  });

  it('name the columns that contributed most over all rows, and are as severe as their worst row', () => {
    const { told, out } = telling();
    let open: EpisodeState = extend(null, verdict(0, 2, { severity: 'info' }), { a: 1, b: 2 }, settings, out);
    open = extend(open, verdict(500, 3, { severity: 'critical' }), { a: 4, c: 0.1 }, settings, out);
    extend(open, verdict(600, 3, { severity: 'warning' }), {}, settings, out);
    expect(told.at(-1)).toMatchObject({ columns: ['a', 'b'], severity: 'critical' });
  });

  it('rank columns by share and leave out those that hardly matter', () => {
    expect(leadingOf({ a: 0.5, b: 10, c: 3, d: 2, e: 1.5 })).toEqual(['b', 'c', 'd']);
    expect(leadingOf({})).toEqual([]);
  });

  it('name as many columns as carry four fifths of it', () => {
    const alike = Object.fromEntries(Array.from({ length: 7 }, (_, i) => [`c${i}`, 7 - i / 10]));
    expect(carriersOf({ ...alike, other: 1 })).toEqual(['c0', 'c1', 'c2', 'c3', 'c4', 'c5']);
    expect(carriersOf({ a: 10, b: 1, c: 1 })).toEqual(['a']);
    // Of many that are alike sixteen, and of one that leads none that hardly matters.
    expect(carriersOf(Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`c${i}`, 1])))).toHaveLength(16);
    expect(carriersOf({ a: 10, ...Object.fromEntries(Array.from({ length: 30 }, (_, i) => [`c${i}`, 0.5])) })).toEqual(['a']);
    expect(carriersOf({})).toEqual([]);
  });
});
