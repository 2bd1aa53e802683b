// Versions of packages: the engine's own, and those of plugins.

import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The version of the engine, as its package says it: found by name, wherever this code stands in it. */
export const { version: VERSION } = createRequire(import.meta.url)('@quantstream/engine/package.json') as { version: string };

/** The version of the package that a module belongs to; empty where there is none. */
export function versionAt(url: string): string {
  if (!url.startsWith('file:')) return '';
  for (let at = dirname(fileURLToPath(url)); ; at = dirname(at)) {
    const file = join(at, 'package.json');
    if (existsSync(file)) {
      try {
        return String((JSON.parse(readFileSync(file, 'utf8')) as { version?: unknown }).version ?? '');
      } catch {
        return '';
      }
    }
    if (dirname(at) === at) return '';
  }
}
