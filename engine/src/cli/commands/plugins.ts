import type { Command } from '@commander-js/extra-typings';
import { fieldsOf, jsonSchema, referenceOf } from '../../spec/reference/reference.js';
import { installedPlugins } from '../installed.js';
import { BAD_CONFIGURATION, print, printJson } from '../output.js';

/** `engine plugins`: what is installed, and the reference of one. */
export function addPlugins(program: Command): void {
  program
    .command('plugins')
    .description('lists the installed plugins, or shows the reference of one')
    .argument('[name]', 'its name: file, or sink-file where a name is used twice')
    .option('--json', 'for machines', false)
    .action(async (name, { json }) => {
      const all = await installedPlugins();
      if (name === undefined) {
        const rows = all.map(({ plugin, package: from }) => ({
          kind: plugin.kind,
          name: plugin.name,
          package: from,
          about: plugin.about,
        }));
        if (json) return printJson(rows);
        // Whose it is is said of others' alone.
        const whose = (from: string) => (from.startsWith('@quantstream/') ? '' : ` (${from})`);
        for (const row of rows) print(`${row.kind.padEnd(9)} ${row.name.padEnd(18)} ${row.about}${whose(row.package)}`);
        return;
      }
      const found = all.filter(({ plugin }) => plugin.name === name || `${plugin.kind}-${plugin.name}` === name);
      if (found.length === 0) {
        process.stderr.write(`no plugin "${name}" is installed; engine plugins lists them\n`);
        process.exitCode = BAD_CONFIGURATION;
      }
      for (const { plugin } of found) {
        if (json)
          printJson({
            kind: plugin.kind,
            name: plugin.name,
            about: plugin.about,
            fields: fieldsOf(plugin.config),
            config: jsonSchema(plugin.config),
          });
        else print(referenceOf(plugin));
      }
    });
}
