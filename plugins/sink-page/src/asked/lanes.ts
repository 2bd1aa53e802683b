// All keys over a stretch: how odd each was, and its episodes.

import type { Stretch } from '@quantstream/engine';
import type { Older } from '../kept/before.js';
import { oddOf } from '../kept/block.js';
import type { Past } from '../kept/past.js';
import { firstOf, type KeyRows, lastOf } from '../kept/ring.js';
import type { EpisodeBar, Gap, Lane, Lanes, Maybe, Severity } from '../wire.js';
import { barOf, incidentOf, type Labels, maybe } from './bars.js';

/** A budget can be promised once a key has been seen for so long, ms of event time. */
const GROWN = 86_400_000;
const NOTHING = { raised: 0, allowed: 0 } as const;
const YOUNG = { young: true } as const;
const BORROWS = { ...YOUNG, borrows: true } as const;

/** Whether what scores are measured against is younger than a day, as far as is known. @param atLeastMs what was seen before anything could be raised */
const isYoung = (rows: KeyRows, atLeastMs: number): boolean => lastOf(rows) - rows.ruledSince + atLeastMs < GROWN;

/** The stretch that is asked for; all that is in memory where its ends are left out. */
export function stretchOf(past: Past, asked: { from?: number; to?: number }): Stretch {
  const span = past.ring.span;
  const from = asked.from ?? span?.first ?? 0;
  return { from, to: Math.max(from + 1, asked.to ?? span?.last ?? from + 1) };
}

/** Lets others work in between. @param bins parts of the stretch, @param atLeastMs what a budget has to see of a key, @param older what memory does not have of it */
export async function lanesOf(
  past: Past,
  labels: Labels,
  { from, to }: Stretch,
  bins: number,
  atLeastMs: number,
  breathe: () => Promise<void>,
  older?: Older,
): Promise<Lanes> {
  const byKey = new Map<string, EpisodeBar[]>();
  const counts: Record<Severity, number> = { info: 0, warning: 0, critical: 0 };
  for (const episode of past.episodesWithin(from, to)) {
    counts[episode.severity]++;
    const bars = byKey.get(episode.key) ?? [];
    byKey.set(episode.key, bars);
    bars.push(barOf(episode, labels));
  }
  const gapsOf = past.allGapsWithin(from, to);
  const lanes: Lane[] = [];
  for (const rows of past.ring.keys.values()) {
    if (rows.blocks.length === 0) continue;
    const lane = laneOf(past, rows, { from, to }, bins, byKey.get(rows.key) ?? [], gapsOf(rows.key));
    const young = rows.borrows ? BORROWS : isYoung(rows, atLeastMs) ? YOUNG : {};
    lanes.push(withOlder({ ...lane, ...young }, bins, older));
    byKey.delete(rows.key);
    await breathe();
  }
  const there = new Set(lanes.map(({ key }) => key));
  for (const { key, first, last } of older?.keys.values() ?? []) {
    if (there.has(key)) continue;
    const lane = { key, first, last, rows: 0, judged: 0, ...NOTHING, odd: null, heat: [], episodes: byKey.get(key) ?? [] };
    lanes.push(withOlder({ ...lane, missing: gapsOf(key) }, bins, older));
    byKey.delete(key);
  }
  // Their rows had to go, their episodes are still known.
  for (const [key, episodes] of byKey) {
    const [first, last] = [episodes[0]!.start, Math.max(...episodes.map(({ end }) => end))];
    const missing = gapsOf(key);
    lanes.push({
      key,
      first,
      last,
      rows: 0,
      judged: 0,
      ...NOTHING,
      odd: null,
      heat: new Array(bins).fill(null),
      episodes,
      missing,
    });
  }
  lanes.sort((a, b) => (a.key < b.key ? -1 : 1));
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const lane of lanes) [first, last] = [Math.min(first, lane.first), Math.max(last, lane.last)];
  const incidents = past.incidents.within(from, to).map(incidentOf);
  return { from, to, first: maybe(first), last: maybe(last), lanes, counts, incidents };
}

/** A lane with what is known besides memory. */
function withOlder(lane: Lane, bins: number, older: Older | undefined): Lane {
  const known = older?.keys.get(lane.key);
  if (!known) return lane;
  const first = Math.min(lane.first, known.first);
  const more = older!.heat.get(lane.key);
  if (!more) return { ...lane, first, heat: lane.heat.length === bins ? lane.heat : new Array(bins).fill(null) };
  const heat = Array.from({ length: bins }, (_, i) => {
    const odd = Math.max(lane.heat[i] ?? Number.NEGATIVE_INFINITY, numberOr(more.odd[i] ?? Number.NaN, Number.NEGATIVE_INFINITY));
    return odd === Number.NEGATIVE_INFINITY ? null : Math.round(odd * 100) / 100;
  });
  const odd = Math.max(...heat.map((one) => one ?? Number.NEGATIVE_INFINITY));
  return {
    ...{ ...lane, first, rows: lane.rows + more.rows, judged: lane.judged + more.judged, odd: maybe(odd), heat },
    ...{ raised: lane.raised + more.raised, allowed: lane.allowed + more.allowed },
  };
}

const numberOr = (value: number, otherwise: number): number => (Number.isNaN(value) ? otherwise : value);

function laneOf(
  past: Past,
  rows: KeyRows,
  { from, to }: Stretch,
  bins: number,
  episodes: readonly EpisodeBar[],
  missing: readonly Gap[],
): Lane {
  const heat = new Float64Array(bins).fill(Number.NaN);
  const binOf = (time: number) => Math.min(bins - 1, Math.floor(((time - from) / (to - from)) * bins));
  const raise = (bin: number, odd: number) => {
    if (!Number.isNaN(odd) && !(odd <= heat[bin]!)) heat[bin] = odd;
  };
  let [count, judged, raised, allowed] = [0, 0, 0, 0];
  for (const { block, first, last } of past.ring.within(rows.key, { from, to })) {
    count += last - first + 1;
    const [left, right] = [binOf(block.time(first)), binOf(block.time(last))];
    if (left === right && last - first + 1 === block.count) {
      raise(left, block.odd);
      judged += block.judged;
      raised += block.raised;
      allowed += block.allowed;
      continue;
    }
    for (let i = first; i <= last; i++) {
      raise(binOf(block.time(i)), oddOf(block.score(i), block.threshold(i)));
      if (block.reason(i) === 0) judged++;
      const share = block.allows(i);
      allowed += share;
      if (block.pValue(i) < share) raised++;
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
    raised,
    allowed,
    odd: maybe(odd),
    heat: Array.from(heat, (value): Maybe => (Number.isNaN(value) ? null : Math.round(value * 100) / 100)),
    episodes,
    missing,
  };
}
