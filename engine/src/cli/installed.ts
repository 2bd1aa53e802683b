import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Plugin, PluginKind } from '../api/index.js';
import { loadPlugin } from '../spec/plugins.js';

const KINDS: readonly PluginKind[] = ['source', 'features', 'model', 'sink'];

/**
 * The plugins of ours that are installed beside the engine or in the working directory: for lists, docs and the editor's schema.
 * Running a pipeline never looks here.
 */
export async function installedPlugins(): Promise<{ plugin: Plugin; package: string }[]> {
  const found = new Map<string, { plugin: Plugin; package: string }>();
  for (const start of [process.cwd(), dirname(fileURLToPath(import.meta.url))]) {
    for (const scope of scopesAbove(start)) {
      for (const name of readdirSync(scope).sort()) {
        const kind = KINDS.find((candidate) => name.startsWith(`${candidate}-`));
        if (!kind || found.has(name)) continue;
        const { plugin } = await loadPlugin(kind, name.slice(kind.length + 1), start);
        found.set(name, { plugin, package: `@quantstream/${name}` });
      }
    }
  }
  return [...found.values()].sort(
    (a, b) => KINDS.indexOf(a.plugin.kind) - KINDS.indexOf(b.plugin.kind) || (a.package < b.package ? -1 : 1),
  );
}

function scopesAbove(start: string): string[] {
  const scopes: string[] = [];
  for (let at = start; ; at = dirname(at)) {
    const scope = join(at, 'node_modules', '@quantstream');
    if (existsSync(scope)) scopes.push(scope);
    if (dirname(at) === at) return scopes;
  }
}
