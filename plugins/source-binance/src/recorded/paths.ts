import { readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { QuantStreamError } from '@quantstream/engine';

const WILD = /[*?]/;

/** `*` and `?` stay inside one name. */
function namePattern(part: string): RegExp {
  const source = part
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*/g, '.*')
    .replace(/\?/g, '.');
  return new RegExp(`^${source}$`);
}

async function walk(folder: string, parts: readonly string[], found: Set<string>): Promise<void> {
  const [part, ...rest] = parts;
  if (part === undefined) return;
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  if (part === '**') await walk(folder, rest, found);
  for (const entry of entries) {
    const path = join(folder, entry.name);
    const isFolder = entry.isDirectory();
    if (part === '**') {
      if (isFolder) await walk(path, parts, found);
    } else if (namePattern(part).test(entry.name)) {
      if (rest.length > 0 && isFolder) await walk(path, rest, found);
      else if (rest.length === 0 && !isFolder) found.add(path);
    }
  }
}

/** The files that a path or pattern names, as absolute paths in order of their names. */
async function expand(pattern: string, resolvePath: (path: string) => string): Promise<string[]> {
  const literal = resolvePath(pattern);
  const info = await stat(literal).catch(() => undefined);
  if (info?.isFile()) return [literal];
  if (info?.isDirectory()) {
    throw new QuantStreamError(
      'QS_SOURCE_FAILED',
      `binance: ${literal} is a folder: name its files, as in file:${pattern}/*.csv.gz`,
    );
  }
  if (!WILD.test(pattern)) {
    const near = (await readdir(dirname(literal)).catch(() => [])).slice(0, 5);
    const beside = near.length > 0 ? ` The folder holds ${near.join(', ')}${near.length === 5 ? ', …' : ''}.` : '';
    throw new QuantStreamError('QS_SOURCE_FAILED', `binance: the recording ${literal} does not exist.${beside}`);
  }
  const parts = pattern.split(/[\\/]/);
  const firstWild = parts.findIndex((part) => WILD.test(part));
  const base = firstWild === 0 ? '.' : parts.slice(0, firstWild).join('/') || '/';
  const found = new Set<string>();
  await walk(resolvePath(base), parts.slice(firstWild), found);
  if (found.size === 0) throw new QuantStreamError('QS_SOURCE_FAILED', `binance: no file matches ${literal}`);
  return [...found].sort();
}

/** All files that the patterns name, each once. Throws QS_SOURCE_FAILED for one that names none. */
export async function expandAll(patterns: readonly string[], resolvePath: (path: string) => string): Promise<string[]> {
  const files = new Set<string>();
  for (const pattern of patterns) for (const file of await expand(pattern, resolvePath)) files.add(file);
  return [...files];
}
