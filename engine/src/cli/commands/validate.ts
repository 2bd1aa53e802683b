import type { Command } from '@commander-js/extra-typings';
import { type Emits, messageOf } from '../../api/index.js';
import { tryDataFolder } from '../../compose/folders.js';
import { lookAtSource } from '../../compose/offline.js';
import { processOutside } from '../../compose/outside.js';
import { planPipeline } from '../../spec/plan.js';
import { collect, dataRoot } from '../options.js';
import { BAD_CONFIGURATION, OK, print, printError, printJson } from '../output.js';
import { waitingOf } from '../waiting.js';

/** `engine validate`: every mistake of pipeline files, without running them. */
export function addValidate(program: Command): void {
  program
    .command('validate')
    .description('checks pipeline files and the files that they name, and says every mistake; opens no socket')
    .argument('<file...>')
    .option('--set <path=value>', 'overrides a value of every file; may be given again', collect, [] as string[])
    .option(
      '--no-files',
      'does not look at the files that a source names, nor at the folder for the state: they need not be here',
    )
    .option('--json', 'for machines', false)
    .action(async (names, { json, set, files }) => {
      const results = [];
      const outside = await processOutside({ level: 'warn', format: 'text', before: () => {} });
      for (const file of names) {
        try {
          const plan = await planPipeline(file, { set, dataRoot: dataRoot() });
          const { config, schema, models, sinks } = plan;
          if (files && config.checkpoint.store !== 'memory') tryDataFolder(plan.dataDirectory);
          const seen = files && (await lookAtSource(plan, outside));
          const columns = schema.row.columns.map(({ name }) => name);
          const named = namedIn(schema.observations);
          results.push({
            file,
            valid: true,
            pipeline: config.name,
            columns,
            named: Object.fromEntries(Object.entries(named).map(([type, names]) => [type, Object.fromEntries(names)])),
            models: models.map(({ name }) => name),
            sinks: sinks.map(({ name }) => name),
            sourceSeen: seen,
          });
          if (json) continue;
          print(`${file}: valid. Rows "${schema.row.kind}" with ${columns.join(', ')}${seen ? '' : '; source not opened'}`);
          for (const [type, names] of Object.entries(named))
            print(`  ${type}: ${names.map(([name, from]) => `${name} is ${from}`).join(', ')}`);
          const waiting = waitingOf(schema);
          if (waiting !== undefined) print(`  ${waiting}`);
        } catch (error) {
          const { problems } = error as { problems?: unknown };
          results.push({ file, valid: false, problems: problems ?? [{ message: messageOf(error) }] });
          if (!json) printError(messageOf(error));
        }
      }
      if (json) printJson(results);
      process.exitCode = results.every(({ valid }) => valid) ? OK : BAD_CONFIGURATION;
    });
}

/** By type, the fields whose names were made or chosen, with what they are called where they come from. */
function namedIn(emits: Emits): Record<string, [name: string, from: string][]> {
  const types = Object.entries(emits).map(([type, { fields }]) => {
    const names = Object.entries(fields).flatMap(([name, { from }]) =>
      from === undefined ? [] : [[name, from] as [string, string]],
    );
    return [type, names] as const;
  });
  return Object.fromEntries(types.filter(([, names]) => names.length > 0));
}
