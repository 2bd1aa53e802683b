// Puts what a frame tells into what is already there, so that nothing has to be asked again.

import type { EpisodeBar, KeyHistory, Lanes, Maybe } from '../../src/wire.js';

/** Episodes in order of their beginnings, the newer one of two with the same id. */
export function mergeEpisodes(known: readonly EpisodeBar[], news: readonly EpisodeBar[]): readonly EpisodeBar[] {
  if (news.length === 0) return known;
  const byId = new Map(known.map((one) => [one.id, one]));
  for (const one of news) byId.set(one.id, one);
  return [...byId.values()].sort((x, y) => x.start - y.start || (x.id < y.id ? -1 : 1));
}

export function countsOf(lanes: Lanes['lanes']): Lanes['counts'] {
  const counts = { info: 0, warning: 0, critical: 0 };
  for (const lane of lanes) for (const one of lane.episodes) counts[one.severity] += 1;
  return counts;
}

/** Lanes with what a frame tells of episodes and of last rows; a key that was not there before gets a lane without a past. */
export function mergeLanes(known: Lanes, episodes: readonly EpisodeBar[], last: Readonly<Record<string, number>>): Lanes {
  const news = new Map<string, EpisodeBar[]>();
  for (const one of episodes) news.set(one.key, [...(news.get(one.key) ?? []), one]);
  const there = new Set(known.lanes.map((lane) => lane.key));
  const lanes = known.lanes.map((lane) => {
    const [mine, end] = [news.get(lane.key), last[lane.key] ?? lane.last];
    return mine || end !== lane.last ? { ...lane, last: end, episodes: mergeEpisodes(lane.episodes, mine ?? []) } : lane;
  });
  for (const [key, time] of Object.entries(last))
    if (!there.has(key))
      lanes.push({
        key,
        first: time,
        last: time,
        rows: 0,
        judged: 0,
        odd: null,
        heat: [],
        episodes: mergeEpisodes([], news.get(key) ?? []),
        missing: [],
      });
  const end = Math.max(known.last ?? 0, ...Object.values(last));
  return { ...known, lanes, last: end || null, counts: episodes.length ? countsOf(lanes) : known.counts };
}

type Grown<T> = T[];
const push = <T>(into: readonly T[], from: readonly T[] | undefined, start: number, length: number, otherwise: T) => {
  for (let i = start; i < length; i += 1) (into as Grown<T>).push(from?.[i] ?? otherwise);
};

/** A key's history with what is new of it. Its arrays grow in place: they are the page's own. */
export function mergeHistory(known: KeyHistory, news: KeyHistory): KeyHistory {
  const end = known.time.at(-1) ?? Number.NEGATIVE_INFINITY;
  const start = news.time.findIndex((time) => time > end);
  const length = news.time.length;
  if (start >= 0) {
    push(known.time, news.time, start, length, 0);
    for (const [name, series] of Object.entries(known.columns))
      for (const part of ['last', 'min', 'max'] as const)
        push<Maybe>(series[part], news.columns[name]?.[part], start, length, null);
    for (const [name, band] of Object.entries(known.usual))
      for (const part of ['low', 'high'] as const) push<Maybe>(band[part], news.usual[name]?.[part], start, length, null);
    push<Maybe>(known.score, news.score, start, length, null);
    push<Maybe>(known.threshold, news.threshold, start, length, null);
    push(known.state, news.state, start, length, 'unjudged');
  }
  const has = (list: readonly { time: number; text: string }[], one: { time: number; text: string }) =>
    list.some((other) => other.time === one.time && other.text === one.text);
  return {
    ...known,
    to: Math.max(known.to, news.to),
    episodes: mergeEpisodes(known.episodes, news.episodes),
    missing: [...known.missing, ...news.missing.filter((gap) => !known.missing.some((one) => one.from === gap.from))],
    notes: [...known.notes, ...news.notes.filter((one) => !has(known.notes, one))],
  };
}
