// The plugins that are installed here.

import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageOf, type Plugin, type PluginKind } from '../api/index.js';
import { installedOf } from '../spec/installed.js';
import { loadPlugin } from '../spec/plugins.js';
import { printError } from './output.js';

const KINDS: readonly PluginKind[] = ['source', 'features', 'model', 'sink', 'store'];

/**
 * The plugins that are installed beside the engine or in the working directory, ours and those of others that are named like them: for lists, docs and the editor's schema.
 * Running a pipeline never looks here.
 */
export async function installedPlugins(): Promise<{ plugin: Plugin; package: string }[]> {
  const starts = [process.cwd(), dirname(fileURLToPath(import.meta.url))];
  const found: { plugin: Plugin; package: string }[] = [];
  for (const kind of KINDS) {
    const installed = new Map(starts.flatMap((start) => installedOf(kind, start).map((one) => [one.package, one])));
    for (const { package: from } of installed.values()) {
      try {
        const { plugin } = await loadPlugin(kind, from, process.cwd());
        found.push({ plugin, package: from });
      } catch (error) {
        // One broken package must not hide the others.
        printError(`left out: ${messageOf(error)}`);
      }
    }
  }
  return found;
}
