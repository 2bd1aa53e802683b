import type { Command } from '@commander-js/extra-typings';
import { messageOf } from '../../api/index.js';
import { planPipeline } from '../../spec/plan.js';
import { dataRoot } from '../options.js';
import { BAD_CONFIGURATION, OK, print, printJson } from '../output.js';

/** `engine validate`: every mistake of pipeline files, without running them. */
export function addValidate(program: Command): void {
  program
    .command('validate')
    .description('checks pipeline files and says every mistake; opens no socket')
    .argument('<file...>')
    .option('--json', 'for machines', false)
    .action(async (files, { json }) => {
      const results = [];
      for (const file of files) {
        try {
          const { config, schema, models, sinks } = await planPipeline(file, { dataRoot: dataRoot() });
          const columns = schema.row.columns.map(({ name }) => name);
          results.push({
            file,
            valid: true,
            pipeline: config.name,
            columns,
            models: models.map(({ name }) => name),
            sinks: sinks.map(({ name }) => name),
          });
          if (!json) print(`${file}: valid. Rows "${schema.row.kind}" with ${columns.join(', ')}`);
        } catch (error) {
          const { problems } = error as { problems?: unknown };
          results.push({ file, valid: false, problems: problems ?? [{ message: messageOf(error) }] });
          if (!json) process.stderr.write(`${messageOf(error)}\n`);
        }
      }
      if (json) printJson(results);
      process.exitCode = results.every(({ valid }) => valid) ? OK : BAD_CONFIGURATION;
    });
}
