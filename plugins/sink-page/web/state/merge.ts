// Puts what a frame tells into what is already there, so that nothing has to be asked again.

import type { EpisodeBar, Frame, IncidentInfo, KeyHistory, Lanes, Maybe } from '../../src/wire.js';

/** Episodes or incidents in order of their beginnings, the newer one of two with the same id. */
export function mergeLasting<T extends EpisodeBar | IncidentInfo>(known: readonly T[], news: readonly T[]): readonly T[] {
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

const atLeast = (odd: Maybe, other: Maybe): Maybe => (odd === null ? other : other === null ? odd : Math.max(odd, other));

/** Lanes with parts for the time up to a moment, and without those of before another one; as they are where that is too long a step. */
function reaching(known: Lanes, from: number, to: number): Lanes {
  const bins = known.lanes.find(({ heat }) => heat.length > 0)?.heat.length ?? 0;
  const bin = (known.to - known.from) / bins;
  const more = Math.max(0, Math.floor((to - known.to) / bin) + 1);
  const gone = Math.max(0, Math.floor((from - known.from) / bin));
  if (bins === 0 || more > bins || gone >= bins || (more === 0 && gone === 0)) return known;
  const added = new Array<Maybe>(more).fill(null);
  const lanes = known.lanes.map((lane) => {
    const episodes = gone > 0 ? lane.episodes.filter((one) => one.end >= from) : lane.episodes;
    if (lane.heat.length === 0) return { ...lane, episodes };
    const heat = [...lane.heat.slice(gone), ...added];
    return { ...lane, heat, odd: gone > 0 ? heat.reduce(atLeast, null) : lane.odd, episodes };
  });
  return { ...known, from: known.from + gone * bin, to: known.to + more * bin, lanes };
}

/**
 * Lanes with what a frame tells of episodes and of rows; a key that was not there before gets a lane without a past.
 * @param from what is older is not shown any more; absent while the picture stands still, and then nothing moves
 */
export function mergeLanes(before: Lanes, episodes: readonly EpisodeBar[], told: Frame['last'], from?: number): Lanes {
  const news = new Map<string, EpisodeBar[]>();
  const [still, first] = [from === undefined, from ?? before.from];
  // Counts are of what is shown.
  const shown = (one: EpisodeBar) => one.end >= first && (!still || one.start <= before.to);
  for (const one of episodes) if (shown(one)) news.set(one.key, [...(news.get(one.key) ?? []), one]);
  const end = Math.max(before.last ?? 0, ...Object.values(told).map(([time]) => time));
  const known = from === undefined || end < before.to ? before : reaching(before, from, end);
  const there = new Set(known.lanes.map((lane) => lane.key));
  const lanes = known.lanes.map((lane) => {
    const [mine, fresh] = [news.get(lane.key), told[lane.key]];
    if (!mine && !fresh) return lane;
    const list = mine ? mergeLasting(lane.episodes, mine) : lane.episodes;
    if (!fresh) return { ...lane, episodes: list };
    const [last, odd, rows, judged, raised, allowed] = fresh;
    if (last < known.from || last > known.to) return { ...lane, last, episodes: list };
    const counted = { ...lane, last, episodes: list, rows: lane.rows + rows, judged: lane.judged + judged };
    counted.raised += raised;
    counted.allowed += allowed;
    const bin = Math.floor(((last - known.from) / (known.to - known.from)) * lane.heat.length);
    if (odd === null || bin >= lane.heat.length) return counted;
    const heat = [...lane.heat];
    heat[bin] = atLeast(heat[bin] ?? null, Math.round(odd * 100) / 100);
    return { ...counted, heat, odd: atLeast(lane.odd, heat[bin] ?? null) };
  });
  for (const [key, [time, odd, rows, judged, raised, allowed]] of Object.entries(told))
    if (!there.has(key)) {
      const mine = mergeLasting([], news.get(key) ?? []);
      lanes.push({ key, first: time, last: time, rows, judged, raised, allowed, odd, heat: [], episodes: mine, missing: [] });
    }
  return { ...known, lanes, last: end || null, counts: news.size > 0 || known !== before ? countsOf(lanes) : known.counts };
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
    episodes: mergeLasting(known.episodes, news.episodes),
    missing: [...known.missing, ...news.missing.filter((gap) => !known.missing.some((one) => one.from === gap.from))],
    notes: [...known.notes, ...news.notes.filter((one) => !has(known.notes, one))],
  };
}
