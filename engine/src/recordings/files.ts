/** Finds the files that paths and patterns name, each once. */
import type { Dirent, Stats } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type ErrorCode, messageOf, nearest, QuantStreamError } from '../api/index.js';
import { type ContentSettings, filesInZip, STDIN } from './content.js';
import { natural } from './natural.js';
import { isSideFile } from './side-files.js';
import type { ZipEntry } from './zip.js';

/** A file that was named. */
export interface FoundFile {
  /** Absolute. */
  readonly path: string;
  /** As it was named, wildcards filled in, with forward slashes: what cursors and messages may call it, wherever the folder is moved. */
  readonly name: string;
  /** Its name below the fixed part of its pattern, with forward slashes: of `in/*.csv` the last part. */
  readonly below: string;
  /** Bytes. */
  readonly size: number;
  /** When it was changed last, ms since the epoch. */
  readonly changed: number;
  /** What the file keeps whatever it is called, see {@link identityOf}; absent of standard input. */
  readonly identity?: string;
  /** It is read once, from front to back: standard input, a FIFO. */
  readonly piped?: true;
  /** Which file of the zip archive at `path` it is. */
  readonly entry?: ZipEntry;
}

export interface FindSettings {
  /** The name of the plugin, with which messages begin. */
  readonly plugin: string;
  /** What errors are called: `QS_PLAN_DECLARATION` where files are looked for before anything runs, else `QS_SOURCE_FAILED`. */
  readonly code: ErrorCode;
  /** The host's: makes a path absolute. */
  resolvePath(path: string): string;
  /** How the files of a folder would be named, for whoever named the folder: `` (folder) => `${folder}/*.csv` ``. */
  filesOf(folder: string): string;
  /** Files come and go: what matches a pattern and cannot be looked at (it has just gone, or is a link to what has) is passed over. */
  readonly growing?: true;
}

const WILD = /[*?]/;

/**
 * The files that the patterns name, in the order of the patterns, those of one in natural order of their paths.
 * `*` and `?` stay within a name, `**` is any number of folders; side files are passed over. `-` is standard input.
 * @throws with `settings.code` where a pattern names none, or a folder
 */
export async function findFiles(patterns: readonly string[], settings: FindSettings): Promise<FoundFile[]> {
  const found = new Map<string, FoundFile>();
  for (const pattern of patterns) {
    const files = await expand(pattern.replaceAll('\\', '/'), settings);
    for (const file of files) if (!found.has(file.path)) found.set(file.path, file);
  }
  return [...found.values()];
}

async function expand(pattern: string, { plugin, code, resolvePath, filesOf, growing }: FindSettings): Promise<FoundFile[]> {
  const refusal = (why: string) => new QuantStreamError(code, `${plugin}: ${why}`);
  if (pattern === STDIN) return [{ path: STDIN, name: STDIN, below: 'stdin', size: 0, changed: 0, piped: true }];
  const literal = resolvePath(pattern);
  const info = await stat(literal).catch(() => undefined);
  if (info?.isDirectory()) throw refusal(`${literal} is a folder: name its files, as in ${filesOf(pattern.replace(/\/$/, ''))}`);
  if (info) return [fileOf(info, { path: literal, name: pattern, below: basename(literal) })];
  if (!WILD.test(pattern)) throw refusal(await absent(literal));
  const parts = pattern.split('/');
  const wild = parts.findIndex((part) => WILD.test(part));
  const fixed = parts.slice(0, wild).join('/');
  const root = resolvePath(wild === 0 ? '.' : fixed || '/');
  const matches = new Set<string>();
  await walk(root, '', parts.slice(wild), matches);
  if (matches.size === 0) throw refusal(`no file matches ${literal}`);
  const files = await Promise.all(
    [...matches].map(async (below) => {
      const path = join(root, below);
      const info = await stat(path).catch((cause) => {
        if (growing) return undefined;
        throw refusal(`cannot open ${path}: ${messageOf(cause)}`);
      });
      return info && fileOf(info, { path, name: wild === 0 ? below : `${fixed}/${below}`, below });
    }),
  );
  const there = files.filter((file) => file !== undefined);
  if (there.length === 0) throw refusal(`no file matches ${literal}`);
  return there.sort((a, b) => natural(a.path, b.path));
}

/**
 * What a file keeps whatever it is called: device, number, and when it was made, as the number of a file that was deleted is given again,
 * often at once. Where the file system does not say when, that is 0.
 */
export function identityOf({ dev, ino, birthtimeMs }: Pick<Stats, 'dev' | 'ino' | 'birthtimeMs'>): string {
  return `${dev}:${ino}:${Math.round(birthtimeMs)}`;
}

function fileOf(info: Stats, names: Pick<FoundFile, 'path' | 'name' | 'below'>): FoundFile {
  const file = { ...names, size: info.size, changed: info.mtimeMs, identity: identityOf(info) };
  return info.isFile() ? file : { ...file, size: 0, piped: true };
}

/**
 * The files with the data files of each zip archive in its place: an archive is a folder.
 * @param leftOut told what an archive holds that has none of the endings
 * @throws QS_SOURCE_FAILED where an archive cannot be read, or holds no data file
 */
export async function unfolded(
  files: readonly FoundFile[],
  settings: ContentSettings,
  leftOut: (archive: string, names: readonly string[]) => void = () => {},
): Promise<FoundFile[]> {
  const all: FoundFile[] = [];
  for (const file of files) {
    const zip = file.piped ? undefined : await filesInZip(file.path, settings);
    if (!zip) {
      all.push(file);
      continue;
    }
    if (zip.others.length > 0) leftOut(file.path, zip.others);
    for (const entry of zip.entries) {
      const within = (name: string) => `${name}/${entry.name}`;
      const size = Math.min(entry.packed, file.size);
      all.push({ ...file, name: within(file.name), below: within(file.below), size, entry });
    }
  }
  return all;
}

/** What to say of a path that leads nowhere. */
async function absent(path: string): Promise<string> {
  const beside = await readdir(dirname(path)).catch(() => undefined);
  if (beside === undefined) return `${path} does not exist, nor does its folder`;
  const near = nearest(basename(path), beside);
  const few = beside.slice(0, 5).join(', ') + (beside.length > 5 ? ', …' : '');
  return `${path} does not exist. ${near ? `Did you mean ${near}?` : beside.length > 0 ? `The folder holds ${few}` : 'The folder is empty'}`;
}

/** Puts the files below `root/prefix` that match into `found`, as paths below `root`. */
async function walk(root: string, prefix: string, parts: readonly string[], found: Set<string>): Promise<void> {
  const [part, ...rest] = parts;
  if (part === undefined) return;
  const deep = part === '**';
  if (deep && rest.length > 0) await walk(root, prefix, rest, found);
  const matches = namePattern(deep ? '*' : part);
  for (const entry of await readdir(join(root, prefix), { withFileTypes: true }).catch(() => [])) {
    if (!matches.test(entry.name)) continue;
    const below = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
    const folder = entry.isDirectory();
    if (deep && folder) await walk(root, below, parts, found);
    else if (!deep && folder && rest.length > 0) await walk(root, below, rest, found);
    else if (!folder && rest.length === 0 && isData(entry, below)) found.add(below);
  }
}

/** Neither a side file nor a pipe, which is read only where it is named. */
function isData(entry: Dirent, below: string): boolean {
  return !isSideFile(below) && (entry.isFile() || entry.isSymbolicLink());
}

function namePattern(part: string): RegExp {
  const source = part.replace(/[\\^$.|+()[\]{}]/g, '\\$&');
  return new RegExp(`^${source.replaceAll('*', '.*').replaceAll('?', '.')}$`);
}
