import type { Command } from '@commander-js/extra-typings';
import { serveSinks } from '../../compose/offline.js';
import { processOutside } from '../../compose/outside.js';
import { planPipeline } from '../../spec/plan.js';
import { collect, dataRoot } from '../options.js';
import { print } from '../output.js';
import { onStop } from '../stopping.js';

/** `engine serve`: what sinks have stored, readable while no pipeline runs. */
export function addServe(program: Command): void {
  program
    .command('serve')
    .description('makes what the sinks of a pipeline have stored readable until Ctrl-C: the embedded database, say')
    .requiredOption('-p, --pipeline <file>', 'the pipeline file')
    .option('--set <path=value>', 'overrides a value of the file; may be given again', collect, [] as string[])
    .action(async ({ pipeline, set }) => {
      const plan = await planPipeline(pipeline, { set, dataRoot: dataRoot() });
      const stop = new AbortController();
      const off = onStop((signal) => stop.abort(new Error(signal)));
      try {
        const served = await serveSinks(plan, await processOutside({ level: 'info', format: 'text' }), stop.signal);
        if (served === 0) print('no sink of this pipeline needs a process to be read');
      } finally {
        off();
      }
    });
}
