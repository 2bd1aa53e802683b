/** What lay between good frames since it was last taken. */
export interface Losses {
  /** Bytes that belong to nothing. */
  garbage: number;
  /** Frames whose checksum is wrong and that otherwise fit between their neighbours. */
  badChecksum: number;
  /** Frames with incompatibility flags that nobody here knows, so that their meaning is unknown too. */
  unsupported: number;
  /** True once the input ended in the middle of a frame. */
  truncated: boolean;
  /** Frames of messages that no dialect here defines, by id; at most {@link MOST_UNKNOWN} ids, the rest under −1. */
  readonly unknown: Map<number, number>;
}

/** Distinct unknown ids that are counted apart: noise must not grow a map. */
export const MOST_UNKNOWN = 64;

export const noLosses = (): Losses => ({ garbage: 0, badChecksum: 0, unsupported: 0, truncated: false, unknown: new Map() });

/** Adds `more` to `losses`. */
export function addLosses(losses: Losses, more: Losses): void {
  losses.garbage += more.garbage;
  losses.badChecksum += more.badChecksum;
  losses.unsupported += more.unsupported;
  losses.truncated ||= more.truncated;
  for (const [id, count] of more.unknown) addUnknown(losses.unknown, id, count);
}

export function addUnknown(counts: Map<number, number>, id: number, count: number): void {
  const key = counts.has(id) || counts.size < MOST_UNKNOWN ? id : -1;
  counts.set(key, (counts.get(key) ?? 0) + count);
}
