/** Finds the files that paths and patterns name, each once. */
import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type ErrorCode, messageOf, nearest, QuantStreamError } from '../api/index.js';

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
}

const WILD = /[*?]/;

/**
 * The files that the patterns name, in the order of the patterns, those of one by path.
 * `*` and `?` stay within a name, `**` is any number of folders.
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

async function expand(pattern: string, { plugin, code, resolvePath, filesOf }: FindSettings): Promise<FoundFile[]> {
  const refusal = (why: string) => new QuantStreamError(code, `${plugin}: ${why}`);
  const literal = resolvePath(pattern);
  const info = await stat(literal).catch(() => undefined);
  if (info?.isDirectory()) throw refusal(`${literal} is a folder: name its files, as in ${filesOf(pattern.replace(/\/$/, ''))}`);
  if (info) return [{ path: literal, name: pattern, below: basename(literal), size: info.size }];
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
      const { size } = await stat(path).catch((cause) => {
        throw refusal(`cannot open ${path}: ${messageOf(cause)}`);
      });
      return { path, name: wild === 0 ? below : `${fixed}/${below}`, below, size };
    }),
  );
  return files.sort((a, b) => (a.path < b.path ? -1 : 1));
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
    else if (!folder && rest.length === 0) found.add(below);
  }
}

function namePattern(part: string): RegExp {
  const source = part.replace(/[\\^$.|+()[\]{}]/g, '\\$&');
  return new RegExp(`^${source.replaceAll('*', '.*').replaceAll('?', '.')}$`);
}
