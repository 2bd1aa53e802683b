// Which plugins are installed above a folder: ours, and those of others that follow the naming rule.

import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { PluginKind } from '../api/index.js';

/** A plugin's package, and the short name by which a pipeline file uses it. */
export interface InstalledPlugin {
  readonly name: string;
  readonly package: string;
}

const OURS = '@quantstream/';

/** The names of packages that a short name may stand for, ours first: `ewma` of kind model is also `quantstream-model-ewma`. */
export const packagesOf = (kind: PluginKind, name: string): string[] => [
  `${OURS}${kind}-${name}`,
  `quantstream-${kind}-${name}`,
  name,
];

/** Plugins of a kind that are installed above a folder; for suggestions and lists, never to run one. */
export function installedOf(kind: PluginKind, start: string): InstalledPlugin[] {
  const found = new Map<string, InstalledPlugin>();
  for (let at = start; ; at = dirname(at)) {
    for (const name of packagesIn(join(at, 'node_modules'))) {
      const plugin = pluginIn(kind, name);
      if (plugin && !found.has(name)) found.set(name, plugin);
    }
    if (dirname(at) === at) break;
  }
  return [...found.values()].sort((a, b) => (a.package < b.package ? -1 : 1));
}

/** Packages in a folder of them that may be plugins by their names: ours, `quantstream-…`, `@SCOPE/quantstream-…`. */
function packagesIn(folder: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((name) => {
    if (name.startsWith('quantstream-')) return [name];
    if (!name.startsWith('@')) return [];
    const inner = readdirSync(join(folder, name)).map((one) => `${name}/${one}`);
    return inner.filter((one) => one.startsWith(OURS) || one.includes('/quantstream-'));
  });
}

function pluginIn(kind: PluginKind, name: string): InstalledPlugin | undefined {
  if (name.startsWith(`${OURS}${kind}-`)) return { name: name.slice(OURS.length + kind.length + 1), package: name };
  if (name.startsWith(`quantstream-${kind}-`)) return { name: name.slice(`quantstream-${kind}-`.length), package: name };
  return name.startsWith('@') && name.includes(`/quantstream-${kind}-`) ? { name, package: name } : undefined;
}
