// What partitions knew beside their keys, for partitions whose keys come from several of them.

import { type EventTimeState, initialEventTime, type Saved } from '../../state/saved.js';

/** What one partition knew, and the keys that it had. */
export interface Stand {
  readonly time: EventTimeState;
  readonly senders: Saved['senders'];
  readonly keys: readonly string[];
}

/** As much is remembered of what was told as missing, and of keys that spoke lately, as one partition remembers. */
const LOST_KEPT = 1_024;
const RECENT_KEPT = 40;

/**
 * The time of a new partition: the latest of those that its keys come from, as no key may be told of an earlier time than it knows.
 * @param isOurs whether a state is in it
 * @param speaks whether a key is in it, which may be one of a group
 */
export function mergedTime(
  stands: readonly Stand[],
  isOurs: (entity: string) => boolean,
  speaks: (key: string) => boolean = isOurs,
): EventTimeState {
  // One without keys begins when all others are.
  const sources = stands.filter(({ keys }) => keys.some(isOurs));
  const times = (sources.length > 0 ? sources : stands).map(({ time }) => time);
  if (times.length === 0) return initialEventTime();
  const most = (of: (time: EventTimeState) => number) => Math.max(...times.map(of));
  const ours = (keys: readonly string[]) => keys.filter(speaks);
  const since = most(({ recent }) => recent.since);
  const present = new Set(times.flatMap(({ recent }) => ours(recent.present)));
  const before = new Set(times.flatMap(({ recent }) => ours(recent.before)).filter((key) => !present.has(key)));
  const waiting = stands.flatMap(({ time }) => time.waiting).filter(({ observation }) => speaks(observation.key));
  return {
    latest: most(({ latest }) => latest),
    told: most(({ told }) => told),
    step: most(({ step }) => step),
    seen: most(({ seen }) => seen),
    recent: { present: [...present].slice(0, RECENT_KEPT), before: [...before].slice(0, RECENT_KEPT), since },
    waiting: waiting.sort((a, b) => a.at - b.at),
    others: waiting.length > 0 ? [...new Set(times.flatMap(({ others }) => ours(others)))] : [],
    // What concerns all keys was told to all partitions.
    lost: [...new Set(stands.flatMap(({ time }) => time.lost))].slice(-LOST_KEPT),
  };
}

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
