// `engine dashboard`: a dashboard of what a pipeline stores.

import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from '@commander-js/extra-typings';
import { QuantStreamError } from '../../api/index.js';
import { planPipeline } from '../../spec/plan.js';
import { checkWritable, collect, dataRoot } from '../options.js';
import { print, printData } from '../output.js';

/** `engine dashboard`. */
export function addDashboard(program: Command): void {
  program
    .command('dashboard')
    .description('prints a Grafana dashboard of what a pipeline stores, made from what its plugins declare')
    .requiredOption('-p, --pipeline <file>', 'the pipeline file')
    .option('--out <file>', 'where it goes; default: standard output')
    .option('--datasource <name>', "the data source of Grafana that reads the database, by uid or name; default: the stack's")
    .option('--metrics <name>', "the data source of Grafana that reads Prometheus, by uid or name; default: the stack's")
    .option('--set <path=value>', 'overrides a value of the file; may be given again', collect, [] as string[])
    .action(async ({ pipeline, out, datasource, metrics, set }) => {
      if (out !== undefined) checkWritable(resolve(out), '--out');
      const plan = await planPipeline(pipeline, { set, dataRoot: dataRoot() });
      const sink = plan.sinks.find(({ plugin }) => plugin.dashboard);
      if (!sink)
        throw new QuantStreamError(
          'QS_PLAN_DECLARATION',
          `no sink of ${pipeline} stores what a dashboard can show; add one that does, a database`,
        );
      const dashboard = await sink.plugin.dashboard!(sink.config, plan.schema, { database: datasource, metrics });
      const text = JSON.stringify(dashboard, null, 2);
      if (out === undefined) printData(text);
      else {
        writeFileSync(resolve(out), `${text}\n`);
        print(`the dashboard of ${plan.config.name} is in ${out}`);
      }
    });
}
