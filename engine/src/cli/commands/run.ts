import { type Command, Option } from '@commander-js/extra-typings';
import { collect, durationOption, LENIENT } from '../options.js';

/** `engine --pipeline FILE`: the options of a run. What runs is loaded only where something is to run. */
export function addRun(program: Command): void {
  program
    .option(
      '-p, --pipeline <file>',
      'the pipeline file to run; may be given again: several run side by side',
      collect,
      [] as string[],
    )
    .option('--set <path=value>', 'overrides a value of every file; may be given again', collect, [] as string[])
    .addOption(new Option('--role <role>', 'which half to run').choices(['all', 'ingest', 'detect']).default('all' as const))
    .option('--for <duration>', 'ends the run after this time: 30s, 5m, 2h')
    .option('--watch', 'takes over changes of the file while it runs; SIGHUP asks for that too', false)
    .option('--reset-state', 'forgets the state of earlier runs first', false)
    .option(...LENIENT)
    .option('--summary <file>', 'writes what the run did as JSON; - for standard output')
    .addOption(
      new Option('--log-level <level>', 'what is logged')
        .choices(['debug', 'info', 'warn', 'error', 'silent'])
        .default('info' as const),
    )
    .addOption(new Option('--log-format <format>', 'json for machines; default: text on a terminal').choices(['json', 'text']))
    .action(async (options, command) => {
      if (options.pipeline.length === 0) return command.help();
      process.exitCode = await (await import('../run/running.js')).runPipelines({
        files: options.pipeline,
        set: options.set,
        role: options.role as 'all',
        ...(options.for === undefined ? {} : { for: durationOption(options.for) }),
        watch: options.watch,
        resetState: options.resetState,
        lenient: options.lenient,
        ...(options.summary === undefined ? {} : { summary: options.summary }),
        logLevel: options.logLevel as 'info',
        logFormat: (options.logFormat as 'json' | undefined) ?? (process.stderr.isTTY ? 'text' : 'json'),
      });
    });
}
