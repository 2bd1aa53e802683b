// What partitions knew beside their keys, for partitions whose keys come from several of them.

import type { Observation } from '../../api/index.js';
import type { LikesState } from '../../judge/alarms/likes.js';
import type { IncidentsState } from '../../state/incidents.js';
import { type EventTimeState, initialEventTime, type Saved } from '../../state/saved.js';
import { PAUSE } from '../../stream/front/event-time.js';
import { LOST_KEPT } from '../../stream/front/front.js';
import { ENOUGH } from '../../stream/front/recent.js';
import { putTogether } from '../../stream/incidents/incidents.js';

/** What one partition knew, and the keys that it had. */
export interface Stand {
  readonly time: EventTimeState;
  readonly senders: Saved['senders'];
  readonly keys: readonly string[];
  /** Absent: nobody wants to know of incidents. */
  readonly incidents?: IncidentsState | undefined;
  /** Absent: no key borrows from others. */
  readonly likes?: LikesState | undefined;
}

/**
 * The time of a new partition. Of those that its keys come from and that are so close together that nobody would doubt the one by the
 * other, the earliest: an ingesting half that was killed has written to some partitions and not to others, and writes again what they
 * lack. Those that are further behind have clocks of their own: they count for nothing, as in one partition.
 * @param isOurs whether a state is in it
 * @param speaks whether a key is in it, which may be one of a group
 */
export function mergedTime(
  stands: readonly Stand[],
  maxAheadMs: number,
  isOurs: (entity: string) => boolean,
  speaks: (key: string) => boolean = isOurs,
): EventTimeState {
  // One without keys begins where all others are.
  const sources = stands.filter(({ keys }) => keys.some(isOurs));
  const times = (sources.length > 0 ? sources : stands).map(({ time }) => time);
  if (times.length === 0) return initialEventTime();
  const most = (of: (time: EventTimeState) => number) => Math.max(...times.map(of));
  const ours = (keys: readonly string[]) => keys.filter(speaks);
  const step = most((time) => time.step);
  const newest = most(({ latest }) => latest);
  const close = times.filter(({ latest }) => latest >= newest - Math.max(maxAheadMs, PAUSE * step));
  const present = new Set(times.flatMap(({ recent }) => ours(recent.present)));
  const part = ({ time, keys }: Stand) => (time.crowd * keys.filter(isOurs).length) / keys.length;
  const crowd = sources.length > 0 ? sources.reduce((sum, stand) => sum + part(stand), 0) : most((time) => time.crowd);
  const before = new Set(times.flatMap(({ recent }) => ours(recent.before)).filter((key) => !present.has(key)));
  return {
    latest: Math.min(...close.map(({ latest }) => latest)),
    // It was told to all partitions.
    told: Math.min(...times.map(({ told }) => told)),
    step,
    seen: most(({ seen }) => seen),
    recent: {
      present: [...present].slice(0, ENOUGH),
      before: [...before].slice(0, ENOUGH),
      since: Math.min(...close.map(({ recent }) => recent.since)),
    },
    waiting: [],
    others: [],
    crowd: Math.max(1, Math.round(crowd)),
    counted: most(({ counted }) => counted),
    // What concerns all keys was told to all partitions.
    lost: [...new Set(stands.flatMap(({ time }) => time.lost))].slice(-LOST_KEPT),
  };
}

/**
 * Observations that waited for a decision about their clock. What that depended on is another thing among other keys: they are read again,
 * before all others.
 */
export const undecided = (stands: readonly Stand[]): Observation[] =>
  stands
    .flatMap(({ time }) => time.waiting)
    .sort((a, b) => a.at - b.at)
    .map(({ observation }) => observation);

/** How many keys each sender has made up in a new partition: which they are is not known, so they are shared out as the keys are. */
export function sharedOut(stands: readonly Stand[], isOurs: (key: string) => boolean): Saved['senders'] {
  const shares = new Map<string, number>();
  for (const { senders, keys } of stands) {
    if (keys.length === 0) continue;
    const share = keys.filter(isOurs).length / keys.length;
    for (const [sender, made] of senders) shares.set(sender, (shares.get(sender) ?? 0) + made * share);
  }
  return [...shares].filter(([, made]) => made > 0).map(([sender, made]) => [sender, Math.ceil(made)] as const);
}

/** What the keys of a new partition borrow from: what those of one partition have lent that most of its keys come from. */
export function mergedLikes(stands: readonly Stand[], isOurs: (entity: string) => boolean): LikesState | undefined {
  let most = -1;
  let likes: LikesState | undefined;
  for (const stand of stands) {
    const ours = stand.keys.filter(isOurs).length;
    if (!stand.likes || ours <= most) continue;
    most = ours;
    likes = stand.likes;
  }
  return likes;
}

/**
 * What a new partition knows of incidents: what all of them knew together, of its own keys.
 * @param speaks whether a key is in it, which may be one of a group
 */
export function mergedIncidents(stands: readonly Stand[], speaks: (key: string) => boolean): IncidentsState | undefined {
  const known = stands.flatMap(({ incidents }) => incidents ?? []);
  if (known.length === 0) return undefined;
  const { waiting, alone, running, ...rest } = putTogether(known);
  return {
    ...rest,
    waiting: waiting.filter(({ episode }) => speaks(episode.key)),
    alone: alone.filter(({ episode }) => speaks(episode.key)),
    running: running
      .map((one) => ({ ...one, members: one.members.filter(({ key }) => speaks(key)) }))
      .filter(({ members }) => members.length > 0),
  };
}
