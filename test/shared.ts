import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';

const folder = process.env.QUANTSTREAM_SHARED ?? resolve(import.meta.dirname, '..', '..', 'shared');

/** Recorded data that lies outside the repository, in its `data` folder. Tests of what is not there skip. */
export function sharedData(...parts: string[]): { readonly path: string; readonly present: boolean } {
  const path = join(folder, 'data', ...parts);
  return { path, present: existsSync(path) };
}
