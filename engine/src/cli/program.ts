// The command line: its options, and where each command is to be found.

import { Command, Option } from '@commander-js/extra-typings';
import { collect, durationOption } from './options.js';
import { VERSION } from './version.js';

type Add = (program: Command) => void;

/** Each command, from a file of its own that is loaded only where the command is named: most runs need none of them. */
export const COMMANDS: Readonly<Record<string, () => Promise<Add>>> = {
  validate: async () => (await import('./commands/validate.js')).addValidate,
  doctor: async () => (await import('./commands/doctor.js')).addDoctor,
  fetch: async () => (await import('./commands/fetch.js')).addFetch,
  train: async () => (await import('./commands/train.js')).addTrain,
  evaluate: async () => (await import('./commands/evaluate.js')).addEvaluate,
  backtest: async () => (await import('./commands/backtest.js')).addBacktest,
  check: async () => (await import('./commands/check.js')).addCheck,
  label: async () => (await import('./commands/label.js')).addLabel,
  labels: async () => (await import('./commands/label.js')).addLabels,
  model: async () => (await import('./commands/model.js')).addModel,
  plugins: async () => (await import('./commands/plugins.js')).addPlugins,
  schema: async () => (await import('./commands/schema.js')).addSchema,
  serve: async () => (await import('./commands/serve.js')).addServe,
  checkpoint: async () => (await import('./commands/checkpoint.js')).addCheckpoint,
};

/** The commands that a line of words can mean: one that it names; none where it runs a pipeline; else all, for help and for complaints. */
function namedIn(words: readonly string[]): string[] {
  const named = Object.keys(COMMANDS).filter((name) => words.includes(name));
  if (named.length > 0) return named;
  const runs = words.some((word) => /^(-p|--pipeline\b)/.test(word)) && !words.some((word) => /^(-h|--help)$/.test(word));
  return runs ? [] : Object.keys(COMMANDS);
}

/** The program with the commands that the words call for. @param words what follows `engine` on the command line */
export async function programFor(words: readonly string[]): Promise<Command> {
  const program = new Command()
    .name('engine')
    .description('Watches streams for anomalies: one YAML file wires a source, features, models and sinks.')
    .version(VERSION)
    .option('-p, --pipeline <file>', 'the pipeline file to run')
    .option('--set <path=value>', 'overrides a value of the file; may be given again', collect, [] as string[])
    .addOption(new Option('--role <role>', 'which half to run').choices(['all', 'ingest', 'detect']).default('all' as const))
    .option('--for <duration>', 'ends the run after this time: 30s, 5m, 2h')
    .option('--reset-state', 'forgets the state of earlier runs first', false)
    .option('--summary <file>', 'writes what the run did as JSON; - for standard output')
    .addOption(
      new Option('--log-level <level>', 'what is logged')
        .choices(['debug', 'info', 'warn', 'error', 'silent'])
        .default('info' as const),
    )
    .addOption(new Option('--log-format <format>', 'json for machines; default: text on a terminal').choices(['json', 'text']))
    .enablePositionalOptions()
    .exitOverride()
    .configureHelp({ showGlobalOptions: false })
    .action(async (options, command) => {
      if (options.pipeline === undefined) return command.help();
      process.exitCode = await (await import('./commands/run.js')).runPipeline({
        pipeline: options.pipeline,
        set: options.set,
        role: options.role as 'all',
        ...(options.for === undefined ? {} : { for: durationOption(options.for) }),
        resetState: options.resetState,
        ...(options.summary === undefined ? {} : { summary: options.summary }),
        logLevel: options.logLevel as 'info',
        logFormat: (options.logFormat as 'json' | undefined) ?? (process.stderr.isTTY ? 'text' : 'json'),
      });
    });
  for (const name of namedIn(words)) (await COMMANDS[name]!())(program as unknown as Command);
  return program as unknown as Command;
}
