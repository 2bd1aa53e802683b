/** Files that a rotated log becomes: which names belong together, and which file holds what another one held. */
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type FoundFile, identityOf, isPacked, natural, openContent } from '@quantstream/engine/recordings';
import { CONTENT } from '../files.js';
import type { Position } from '../formats/reader.js';

/** What rotation adds to a name: `.1`, `-20261127`, `.2026-11-27`, `-20261127.3`, and `.gz`. */
const ADDED = /([.-]\d[\d._T-]*)?(\.gz)?$/i;
/** Fewer lines than these may be the same in two files: a header. */
export const TELLING = 2;
const MOST_LOOKS = 5;

/** The name that a file had before it was rotated: of `logs/web.log.2.gz` it is `logs/web.log`. */
export function stemOf(path: string): string {
  return join(dirname(path), basename(path).replace(ADDED, ''));
}

/** A file as it is on disk. */
export type AsIs = FoundFile & { readonly identity: string };

/** A file as it is on disk; `undefined` where there is none. */
export async function fileAt(path: string, name = basename(path)): Promise<AsIs | undefined> {
  const info = await stat(path).catch(() => undefined);
  if (!info?.isFile()) return undefined;
  return { path, name, below: basename(path), size: info.size, changed: info.mtimeMs, identity: identityOf(info) };
}

/** The files beside one that rotation may have made of its name, itself included; those that were changed first come first. */
export async function kinOf(path: string): Promise<AsIs[]> {
  // While names move on, a file may be seen twice or not at all: until two looks agree.
  let before = '';
  for (let i = 0; ; i++) {
    const files = await lookAt(path);
    const seen = files.map(({ path, identity }) => `${path} ${identity}`).join('\n');
    if (seen === before || i > MOST_LOOKS) return files;
    before = seen;
  }
}

async function lookAt(path: string): Promise<AsIs[]> {
  const stem = stemOf(path);
  const names = await readdir(dirname(path)).catch(() => []);
  const paths = names.map((name) => join(dirname(path), name)).filter((one) => stemOf(one) === stem);
  const files = await Promise.all(paths.map((one) => fileAt(one)));
  return files.filter((file) => file !== undefined).sort(older);
}

/** Which of two was changed first; of the same moment that which was rotated more often. */
export function older(a: AsIs, b: AsIs): number {
  const rotated = ({ path }: AsIs) => Number(/\.(\d{1,4})(\.gz)?$/i.exec(path)?.[1] ?? 0);
  return Math.round(a.changed) - Math.round(b.changed) || rotated(b) - rotated(a) || natural(a.path, b.path);
}

/** Whether a file, packed or not, holds what another one held before a place in it. False where that says nothing, or it cannot be read. */
export async function continues(path: string, position: Position): Promise<boolean> {
  return position.print !== undefined && position.line >= TELLING && (await holds(path, position));
}

/** Whether a file may be the one that was read up to a place: nothing in it says otherwise. */
export async function holds(path: string, { at, print }: Position): Promise<boolean> {
  if (!print) return true;
  try {
    const content = await openContent(path, at, CONTENT, print);
    await content.close();
    return true;
  } catch {
    return false;
  }
}

/** Whether a file is packed; false where it is gone. */
export function packed(path: string): Promise<boolean> {
  return isPacked(path).catch(() => false);
}
