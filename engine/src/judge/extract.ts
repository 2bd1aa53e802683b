import type { FeatureExtractor, Observation, Rows } from '../api/index.js';

/**
 * Drives one extractor by event time, as documented in {@link FeatureExtractor}: `advance` runs before the update that moves the
 * watermark to or past the time that it asked for, and once after an update when it had asked for nothing.
 */
export function extract(
  extractor: FeatureExtractor,
  observation: Observation,
  watermark: number,
  wake: number,
  rows: Rows,
): number {
  let next = watermark >= wake ? wakeUp(extractor, watermark, rows) : wake;
  extractor.update(observation, rows);
  if (next === Number.POSITIVE_INFINITY) next = wakeUp(extractor, watermark, rows);
  return next;
}

/** @returns when to be woken next, in event time */
export function wakeUp(extractor: FeatureExtractor, watermark: number, rows: Rows): number {
  return extractor.advance ? extractor.advance(watermark, rows) : Number.POSITIVE_INFINITY;
}
