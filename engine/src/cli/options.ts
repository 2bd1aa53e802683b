// How options of the command line are read, and files that they name are looked at before the work that they are for.

import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { messageOf, parseDuration, QuantStreamError } from '../api/index.js';

/** An option that may be given again. */
export const collect = (value: string, before: string[]): string[] => [...before, value];

/** Of whatever judges a stream: what it may end with. */
export const LENIENT = ['--lenient', 'ends with 0 also where there is something to look at', false] as const;

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

/** Makes sure that a file can be written before the work that it is for. @throws QS_DATA_FOLDER */
export function checkWritable(path: string, what: string): void {
  try {
    const exists = existsSync(path);
    if (exists && statSync(path).isDirectory()) throw new Error('it is a folder');
    accessSync(exists ? path : dirname(resolve(path)), constants.W_OK);
  } catch (error) {
    const message = `${what} ${path} cannot be written: ${messageOf(error)}; name another file`;
    throw new QuantStreamError('QS_DATA_FOLDER', message, { cause: error });
  }
}
