// Which of several sensors is listened to: the first one, by its fastest samples.

import type { Values } from '../inputs.js';

/** A spectrum holds so long, ms: a sampler that takes six sensors in turn comes round in about ten seconds. */
export const HELD = 10_000;

/** The sensor that is listened to. */
export interface Source {
  instance: number;
  /** Samples a second. */
  rate: number;
  /** When it was heard, ms since the epoch. */
  time: number;
}

export const initialSource = (): Source => ({ instance: Number.NaN, rate: Number.NaN, time: Number.NaN });

/** Takes note of a spectrum. @returns whether it is one of the sensor that is listened to */
export function hearSource(source: Source, { instance = 0, rate = Number.NaN }: Values, time: number): boolean {
  const silent = !(time - source.time <= HELD);
  const same = instance === source.instance && rate > 0.8 * source.rate;
  const better = (instance < source.instance && rate > 0.8 * source.rate) || rate > 1.25 * source.rate;
  if (!silent && !same && !better) return false;
  source.instance = instance;
  source.rate = rate;
  source.time = time;
  return true;
}
