#!/usr/bin/env node
import { createRequire } from 'node:module';
import { Command, Option } from '@commander-js/extra-typings';
import { messageOf, type Plugin } from '../api/index.js';
import { serveSinks } from '../compose/offline.js';
import { processOutside } from '../compose/outside.js';
import { planPipeline } from '../spec/plan.js';
import { editorSchema, fieldsOf, jsonSchema, referenceOf } from '../spec/reference/reference.js';
import { addCheck } from './commands/check.js';
import { listCheckpoints, resetCheckpoint, showCheckpoint } from './commands/checkpoint.js';
import { diagnose, readableDiagnosis } from './commands/doctor.js';
import { addEvaluate } from './commands/evaluate.js';
import { addFetch } from './commands/fetch.js';
import { addLabel } from './commands/label.js';
import { addModel } from './commands/model.js';
import { dataRoot, durationOption, runPipeline } from './commands/run.js';
import { trainModel } from './commands/train.js';
import { installedPlugins } from './installed.js';

const OK = 0;
const FAILED = 1;
const BAD_CONFIGURATION = 2;

const print = (text: string) => void process.stdout.write(`${text}\n`);
const printJson = (value: unknown) => print(JSON.stringify(value, null, 2));
const collect = (value: string, before: string[]) => [...before, value];

const { version } = createRequire(import.meta.url)('../../package.json') as { version: string };

const program = new Command()
  .name('engine')
  .description('Watches streams for anomalies: one YAML file wires a source, features, models and sinks.')
  .version(version)
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
    process.exitCode = await runPipeline({
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
      for (const row of rows) print(`${row.kind.padEnd(9)} ${row.name.padEnd(18)} ${row.about}`);
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

program
  .command('schema')
  .description('prints the JSON Schema of pipeline files, for editors')
  .action(async () => printJson(editorSchema((await installedPlugins()).map(({ plugin }): Plugin => plugin))));

program
  .command('serve')
  .description('makes what the sinks of a pipeline have stored readable until Ctrl-C: the embedded database, say')
  .requiredOption('-p, --pipeline <file>', 'the pipeline file')
  .option('--set <path=value>', 'overrides a value of the file; may be given again', collect, [] as string[])
  .action(async ({ pipeline, set }) => {
    const plan = await planPipeline(pipeline, { set, dataRoot: dataRoot() });
    const stop = new AbortController();
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stop.abort(new Error(signal)));
    const served = await serveSinks(plan, processOutside({ level: 'info', format: 'text' }), stop.signal);
    if (served === 0) print('no sink of this pipeline needs a process to be read');
  });

program
  .command('doctor')
  .description(
    'looks at versions, disk, state, and whether the source, the broker and the databases of a pipeline can be reached',
  )
  .option('-p, --pipeline <file>', 'the pipeline file; without it only this machine is looked at')
  .option('--set <path=value>', 'overrides a value of the file; may be given again', collect, [] as string[])
  .option('--json', 'for machines', false)
  .addOption(
    new Option('--role <role>', 'which half is to run here: only what it needs is looked at')
      .choices(['all', 'ingest', 'detect'])
      .default('all' as const),
  )
  .action(async ({ pipeline, set, json, role }) => {
    const diagnosis = await diagnose(version, pipeline, set, role as 'all');
    if (json) printJson(diagnosis);
    else print(readableDiagnosis(diagnosis));
    process.exitCode = diagnosis.findings.some(({ state }) => state === 'bad') ? FAILED : OK;
    // What a plugin left open must not keep the process alive.
    setTimeout(() => process.exit(), 500).unref();
  });

const checkpoint = program.command('checkpoint').description('looks at the state of pipelines, or forgets it');
checkpoint
  .command('list')
  .description('the pipelines that have a state')
  .option('--json', 'for machines', false)
  .action(({ json }) => {
    const all = listCheckpoints();
    if (json) return printJson(all);
    if (all.length === 0) print(`no pipeline has a state in ${dataRoot()}`);
    for (const { pipeline, part, savedAt, eventTime, keys, bytes } of all) {
      print(
        `${`${pipeline} ${part}`.padEnd(30)} saved ${savedAt}, ${part === 'ingest' ? '' : `at event time ${eventTime ?? '–'}, ${keys} ${keys === 1 ? 'key' : 'keys'}, `}${bytes.toLocaleString('en')} bytes`,
      );
    }
  });
checkpoint
  .command('show')
  .description('the checkpoint of one pipeline')
  .argument('<pipeline>', 'its file or its name')
  .option('--json', 'for machines', false)
  .action(async (target, { json }) => {
    const found = await showCheckpoint(target);
    if (json) return printJson(found.length === 1 ? found[0] : found);
    found.forEach((info, i) => {
      if (i > 0) print('');
      for (const [name, value] of Object.entries(info)) {
        print(`${name.padEnd(10)} ${typeof value === 'object' && value !== null ? JSON.stringify(value) : value}`);
      }
    });
  });
checkpoint
  .command('reset')
  .description('forgets the state of a pipeline; what sinks have stored stays')
  .argument('<pipeline>', 'its file or its name')
  .action(async (target) => print(await resetCheckpoint(target)));

program
  .command('train')
  .description('fits a model on a recording and writes it to a file that `artifact:` can name')
  .requiredOption('-p, --pipeline <file>', 'the pipeline whose features and model are used')
  .option('--from <recording>', 'the recording, as the source takes it after `file:`; default: the source of the file')
  .requiredOption('--out <file>', 'where the model goes')
  .option('--model <name>', 'which model, where the pipeline has several')
  .option('--set <path=value>', 'overrides a value of the file; may be given again', collect, [] as string[])
  .option('--json', 'for machines', false)
  .action(async ({ json, pipeline, out, model, from, set }) => {
    const done = await trainModel({
      pipeline,
      out,
      set,
      ...(model === undefined ? {} : { model }),
      ...(from === undefined ? {} : { from }),
    });
    if (json) printJson({ rows: done.rows, out: done.out });
    else print(done.text);
  });

addFetch(program as unknown as Command);
addModel(program as unknown as Command, print);
addLabel(program as unknown as Command, print);
addEvaluate(program as unknown as Command);
addCheck(program as unknown as Command);

// Whoever reads our output may stop reading (`| head`): then there is nobody to write for. State is safe: a restart resumes.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(OK);
  throw error;
});

/** Exit code 2 for what the user can mend in files and arguments, 1 for what went wrong while running. */
function exitCodeOf(error: unknown): number {
  const { code, fault } = error as { code?: unknown; fault?: unknown };
  if (typeof code === 'string' && code.startsWith('commander.'))
    return (error as { exitCode: number }).exitCode === 0 ? OK : BAD_CONFIGURATION;
  return fault === 'user' ? BAD_CONFIGURATION : FAILED;
}

try {
  await program.parseAsync();
} catch (error) {
  const { code, problems } = error as { code?: unknown; problems?: unknown };
  if (typeof code !== 'string' || !code.startsWith('commander.')) {
    const known = typeof code === 'string' && code.startsWith('QS_');
    process.stderr.write(
      problems
        ? `${messageOf(error)}\n`
        : known
          ? `error ${code}\n${messageOf(error)}\n`
          : `${(error as Error).stack ?? error}\n`,
    );
  }
  process.exitCode = exitCodeOf(error);
}
