import { resolve } from 'node:path';
import { parseDuration, QuantStreamError } from '../api/index.js';

// How options of the command line are read.

/** An option that may be given again. */
export const collect = (value: string, before: string[]): string[] => [...before, value];

/** The folder of data when the pipeline file names none. */
export function dataRoot(): string {
  return resolve(process.env.QUANTSTREAM_DATA ?? 'data');
}

/** @throws QS_CONFIG_VALUE */
export function durationOption(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined)
    throw new QuantStreamError('QS_CONFIG_VALUE', `expected a duration such as 30s, 5m or 2h, found "${text}"`);
  return ms;
}
