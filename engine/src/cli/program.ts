// The command line: its options, and where each command is to be found.

import { Command } from '@commander-js/extra-typings';
import { nearest, printable } from '../api/index.js';
import { VERSION } from '../spec/version.js';
import { addRun } from './commands/run.js';

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
  dashboard: async () => (await import('./commands/dashboard.js')).addDashboard,
  plugins: async () => (await import('./commands/plugins.js')).addPlugins,
  schema: async () => (await import('./commands/schema.js')).addSchema,
  serve: async () => (await import('./commands/serve.js')).addServe,
  checkpoint: async () => (await import('./commands/checkpoint.js')).addCheckpoint,
  channel: async () => (await import('./commands/channel.js')).addChannel,
  dlq: async () => (await import('./commands/dlq.js')).addDlq,
};

/** The commands that a line of words can mean: one that it names; none where it runs a pipeline; else all, for help and for complaints. */
function namedIn(words: readonly string[]): string[] {
  const named = Object.keys(COMMANDS).filter((name) => words.includes(name));
  if (named.length > 0) return named;
  const runs = words.some((word) => /^(-p|--pipeline\b)/.test(word)) && !words.some((word) => /^(-h|--help)$/.test(word));
  return runs ? [] : Object.keys(COMMANDS);
}

/** A word that is no command is one misspelt, or a pipeline file without the option that it needs. */
function refuse(program: Pick<Command, 'error'>, word: string): never {
  const near = nearest(word, Object.keys(COMMANDS));
  const advice = /\.(ya?ml|json)$/.test(word)
    ? `to run a pipeline: engine --pipeline ${word}`
    : `${near ? `did you mean ${near}? ` : ''}engine --help lists the commands`;
  return program.error(`error: there is no command "${printable(word)}"; ${advice}`);
}

/** The program with the commands that the words call for. @param words what follows `engine` on the command line */
export async function programFor(words: readonly string[]): Promise<Command> {
  const program = new Command()
    .name('engine')
    .description('Watches streams for anomalies: one YAML file wires a source, features, models and sinks.')
    .version(VERSION)
    .enablePositionalOptions()
    .exitOverride()
    .helpCommand('help [command]', 'shows the help of a command')
    .configureHelp({ showGlobalOptions: false });
  addRun(program as unknown as Command);
  const [first] = words;
  if (first !== undefined && !first.startsWith('-') && first !== 'help' && !(first in COMMANDS)) refuse(program, first);
  for (const name of namedIn(words)) (await COMMANDS[name]!())(program as unknown as Command);
  return program as unknown as Command;
}
