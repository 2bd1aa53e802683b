import type { FrameParser } from '../wire/frames.js';

/** Bytes of the stamp before each frame of a telemetry log: microseconds since the Unix epoch, big-endian. */
export const STAMP = 8;

/** 2100-01-01, ms since the epoch: a later stamp is damage. An earlier one may be a clock that was never set. */
export const LATEST = Date.UTC(2100, 0, 1);

/**
 * The stamp of the parser's frame, ms since the epoch with fractions.
 * Source: https://mavlink.io/en/file_formats/#tlog
 */
export function stampOf({ view, start }: FrameParser): number {
  return (view.getUint32(start - STAMP) * 4_294_967_296 + view.getUint32(start - STAMP + 4)) / 1_000;
}
