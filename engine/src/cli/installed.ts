// The plugins that are installed here.

import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageOf, type Plugin, type PluginKind } from '../api/index.js';
import { installedNames, loadPlugin } from '../spec/plugins.js';

const KINDS: readonly PluginKind[] = ['source', 'features', 'model', 'sink'];

/**
 * The plugins of ours that are installed beside the engine or in the working directory: for lists, docs and the editor's schema.
 * Running a pipeline never looks here.
 */
export async function installedPlugins(): Promise<{ plugin: Plugin; package: string }[]> {
  const starts = [process.cwd(), dirname(fileURLToPath(import.meta.url))];
  const found: { plugin: Plugin; package: string }[] = [];
  for (const kind of KINDS) {
    for (const name of new Set(starts.flatMap((start) => installedNames(kind, start)))) {
      try {
        const { plugin } = await loadPlugin(kind, name, process.cwd());
        found.push({ plugin, package: `@quantstream/${kind}-${name}` });
      } catch (error) {
        // One broken package must not hide the others.
        process.stderr.write(`left out: ${messageOf(error)}\n`);
      }
    }
  }
  return found;
}
