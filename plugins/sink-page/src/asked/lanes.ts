// All keys over a stretch: how odd each was, and its episodes.

import { oddOf } from '../kept/block.js';
import type { Past } from '../kept/past.js';
import { firstOf, type KeyRows, lastOf } from '../kept/ring.js';
import type { EpisodeBar, Lane, Lanes, Maybe, Severity } from '../wire.js';
import { barOf, type Labels, maybe } from './bars.js';

/** @param bins parts of the stretch */
export function lanesOf(past: Past, labels: Labels, asked: { from?: number; to?: number }, bins: number): Lanes {
  const span = past.ring.span;
  const from = asked.from ?? span?.first ?? 0;
  const to = Math.max(from + 1, asked.to ?? span?.last ?? from + 1);
  const byKey = new Map<string, EpisodeBar[]>();
  const counts: Record<Severity, number> = { info: 0, warning: 0, critical: 0 };
  for (const episode of past.episodesWithin(from, to)) {
    counts[episode.severity]++;
    const bars = byKey.get(episode.key) ?? [];
    byKey.set(episode.key, bars);
    bars.push(barOf(episode, labels));
  }
  const lanes: Lane[] = [];
  for (const rows of past.ring.keys.values()) {
    if (rows.blocks.length === 0) continue;
    lanes.push(laneOf(past, rows, from, to, bins, byKey.get(rows.key) ?? []));
    byKey.delete(rows.key);
  }
  // Their rows had to go, their episodes are still known.
  for (const [key, episodes] of byKey) {
    const [first, last] = [episodes[0]!.start, Math.max(...episodes.map(({ end }) => end))];
    const missing = past.gapsWithin(from, to, key);
    lanes.push({ key, first, last, rows: 0, judged: 0, odd: null, heat: new Array(bins).fill(null), episodes, missing });
  }
  lanes.sort((a, b) => (a.key < b.key ? -1 : 1));
  return { from, to, first: span?.first ?? null, last: span?.last ?? null, lanes, counts };
}

function laneOf(past: Past, rows: KeyRows, from: number, to: number, bins: number, episodes: EpisodeBar[]): Lane {
  const heat = new Float64Array(bins).fill(Number.NaN);
  const binOf = (time: number) => Math.min(bins - 1, Math.floor(((time - from) / (to - from)) * bins));
  const raise = (bin: number, odd: number) => {
    if (!Number.isNaN(odd) && !(odd <= heat[bin]!)) heat[bin] = odd;
  };
  let [count, judged] = [0, 0];
  for (const { block, first, last } of past.ring.within(rows.key, { from, to })) {
    count += last - first + 1;
    const [left, right] = [binOf(block.time(first)), binOf(block.time(last))];
    if (left === right && last - first + 1 === block.count) {
      raise(left, block.odd);
      judged += block.judged;
      continue;
    }
    for (let i = first; i <= last; i++) {
      raise(binOf(block.time(i)), oddOf(block.score(i), block.threshold(i)));
      if (block.reason(i) === 0) judged++;
    }
  }
  let odd = Number.NaN;
  for (const one of heat) if (!(one <= odd) && !Number.isNaN(one)) odd = one;
  return {
    key: rows.key,
    first: firstOf(rows),
    last: lastOf(rows),
    rows: count,
    judged,
    odd: maybe(odd),
    heat: Array.from(heat, (value): Maybe => (Number.isNaN(value) ? null : Math.round(value * 100) / 100)),
    episodes,
    missing: past.gapsWithin(from, to, rows.key),
  };
}
