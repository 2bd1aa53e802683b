import { readdir, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { nearest, QuantStreamError } from '@quantstream/engine';

/** A file that the configuration names. */
export interface Named {
  /** Absolute. */
  readonly path: string;
  /** As the configuration has it, wildcards filled in, with forward slashes: what cursors and messages call it. */
  readonly name: string;
  /** Below the fixed part of its pattern, with forward slashes and without .gz. */
  readonly key: string;
  readonly size: number;
}

const WILD = /[*?]/;
export const refusal = (message: string) => new QuantStreamError('QS_PLAN_DECLARATION', `file: ${message}`);

/** Every file that the patterns name, each once, by name. @throws QS_PLAN_DECLARATION where one names none */
export async function findFiles(patterns: readonly string[], resolvePath: (path: string) => string): Promise<Named[]> {
  const found = new Map<string, Named>();
  for (const pattern of patterns) {
    const files = await expand(pattern.replaceAll('\\', '/'), resolvePath);
    for (const file of files) if (!found.has(file.path)) found.set(file.path, file);
  }
  return [...found.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function expand(pattern: string, resolvePath: (path: string) => string): Promise<Named[]> {
  const literal = resolvePath(pattern);
  const info = await stat(literal).catch(() => undefined);
  if (info?.isDirectory()) throw refusal(`${literal} is a folder: name its files, as in ${pattern.replace(/\/$/, '')}/*.csv`);
  if (info) return [{ path: literal, name: pattern, key: withoutGz(basename(literal)), size: info.size }];
  if (!WILD.test(pattern)) throw refusal(await absent(literal));
  const parts = pattern.split('/');
  const wild = parts.findIndex((part) => WILD.test(part));
  const fixed = parts.slice(0, wild).join('/');
  const root = resolvePath(wild === 0 ? '.' : fixed || '/');
  const below: string[] = [];
  await walk(root, '', parts.slice(wild), below);
  if (below.length === 0) throw refusal(`no file matches ${literal}`);
  return Promise.all(
    [...new Set(below)].map(async (key) => {
      const path = join(root, key);
      const name = wild === 0 ? key : `${fixed}/${key}`;
      return { path, name, key: withoutGz(key), size: (await stat(path)).size };
    }),
  );
}

async function absent(path: string): Promise<string> {
  const beside = await readdir(dirname(path)).catch(() => undefined);
  if (beside === undefined) return `${path} does not exist, nor does its folder`;
  const near = nearest(basename(path), beside);
  const few = beside.slice(0, 5).join(', ') + (beside.length > 5 ? ', …' : '');
  return `${path} does not exist. ${near ? `Did you mean ${near}?` : beside.length > 0 ? `The folder holds ${few}` : 'The folder is empty'}`;
}

/** Puts the files below `root/prefix` that match into `found`, as paths below `root`. `**` is any number of folders. */
async function walk(root: string, prefix: string, parts: readonly string[], found: string[]): Promise<void> {
  const [part, ...rest] = parts;
  if (part === undefined) return;
  const deep = part === '**';
  if (deep && rest.length > 0) await walk(root, prefix, rest, found);
  const matches = pattern(deep ? '*' : part);
  for (const entry of await readdir(join(root, prefix), { withFileTypes: true }).catch(() => [])) {
    if (!matches.test(entry.name)) continue;
    const below = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
    const folder = entry.isDirectory();
    if (deep && folder) await walk(root, below, parts, found);
    else if (!deep && folder && rest.length > 0) await walk(root, below, rest, found);
    else if (!folder && rest.length === 0) found.push(below);
  }
}

/** A name with `*` and `?` in it. */
function pattern(part: string): RegExp {
  const source = part.replace(/[\\^$.|+()[\]{}]/g, '\\$&');
  return new RegExp(`^${source.replaceAll('*', '.*').replaceAll('?', '.')}$`);
}

const withoutGz = (name: string) => name.replace(/\.gz$/i, '');
