// docs/cli.md: what the command line says of itself, and of each command what its own words leave out.
import { formatDuration } from '../../engine/dist/api/index.js';
import { durationOption } from '../../engine/dist/cli/options.js';

/** Sentences behind the description of a command. */
const NOTES = {
  engine: [
    'It runs until the source ends, `--for` is up, or somebody asks it to end; then it writes a checkpoint, and the next run goes on there.',
    'Ctrl-C, SIGTERM and SIGHUP (a terminal that closes) ask for it, here and of every command that takes long; a second one ends it at once, with 1.',
    'With `--role ingest` or `--role detect` it is one half of a pipeline with a `channel:`, on this side of the broker or on the other.',
    '`--summary -` prints what happened as JSON.',
  ],
  validate: ['Every mistake is told at once, with line, column and what to do.'],
  doctor: ['It shows the configuration as well, with secrets masked.', 'It ends with 1 when something that it looked at is bad.'],
  fetch: [
    'Recordings are verified by their checksums; a fetch that was interrupted goes on.',
    '`engine fetch binance BTCUSDT 2024-08-01..2024-08-07` brings a week of trades.',
  ],
  train: ['`--from binance:BTCUSDT:7d` fetches the recordings first.', 'The file: [model artifacts](model-artifacts.md).'],
  evaluate: [
    'Beside each pipeline stand the baselines random and |z|, and with `--against` other pipelines: as text, JSON, or an HTML page.',
    'What the figures mean: [evaluation](evaluation.md).',
  ],
  backtest: ['It is for recordings that nobody has labelled: [evaluation](evaluation.md).'],
  check: [
    'It prints a table and writes a page: [checking a recording](check.md).',
    'Its exit codes are its own: 1 for an argument that is wrong or a recording that could not be judged, and with `--exit-code` 2 where something was found.',
  ],
  label: ['`--mute 2h` keeps everybody quiet about the key for so long.'],
  labels: ['The file is what `engine evaluate --labels` reads.'],
  model: ['A life is generations, candidates and drift: [the pipeline file](pipeline-file.md#alarms-by-budget).'],
  dashboard: [
    'Grafana takes it under Dashboards → New → Import, or as a file in a folder that is provisioned; made again under the same name, it replaces the older one.',
    'It looks at the declarations of the plugins, and neither at the database nor at Grafana: [operations](operations.md#dashboards-of-your-own).',
  ],
  plugins: ['It ends with 2 when no plugin has that name.'],
  schema: ['[The pipeline file](pipeline-file.md) says how an editor uses it.'],
  serve: ['It is for a pipeline that does not run at the moment.'],
};

const cell = (text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const table = (head, rows) =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.map(cell).join(' | ')} |`).join('\n');
const sentence = (text) => `${text[0].toUpperCase()}${text.slice(1)}${text.endsWith('.') ? '' : '.'}`;

/** A default as one would write it. */
function written({ defaultValue, parseArg }) {
  const empty = defaultValue === undefined || typeof defaultValue === 'boolean' || defaultValue.length === 0;
  if (empty) return '';
  return `\`${parseArg === durationOption ? formatDuration(defaultValue) : defaultValue}\``;
}

function chosen({ description, argChoices, mandatory }) {
  const among = argChoices ? `; one of ${argChoices.map((choice) => `\`${choice}\``).join(', ')}` : '';
  return `${mandatory && argChoices === undefined ? '**required**; ' : ''}${description}${among}`;
}

/** The section of one command; those below it follow, one level deeper. */
function sectionOf(command, path, level) {
  const name = path.join(' ');
  const help = command.createHelp();
  const parts = [`${'#'.repeat(level)} ${name}`];
  parts.push([sentence(command.description()), ...(NOTES[path.at(-1)] ?? [])].join('\n'));
  const subcommands = help.visibleCommands(command).filter((one) => one.name() !== 'help');
  if (path.length === 1 || subcommands.length === 0) parts.push(`Usage: \`${name} ${command.usage()}\``);
  const given = command.registeredArguments;
  if (given.length > 0)
    parts.push(
      table(
        ['argument', 'what it is'],
        given.map((one) => [
          `\`${one.required ? `<${one.name()}${one.variadic ? '...' : ''}>` : `[${one.name()}]`}\``,
          one.description || 'what is looked at; several may be given',
        ]),
      ),
    );
  const options = help.visibleOptions(command).filter(({ long }) => long !== '--help');
  if (options.length > 0)
    parts.push(
      table(
        ['option', 'default', 'what it does'],
        options.map((one) => [`\`${one.flags}\``, written(one), chosen(one)]),
      ),
    );
  if (path.length > 1) for (const below of subcommands) parts.push(sectionOf(below, [...path, below.name()], level + 1));
  return parts.join('\n\n');
}

/** @param program the whole command line @param names its commands, in the order of the page */
export function commandLinePage(program, names) {
  const stray = Object.keys(NOTES).filter((name) => name !== 'engine' && !names.includes(name));
  if (stray.length > 0) throw new Error(`notes of no command: ${stray.join(', ')}`);
  const commands = names.map((name) => program.commands.find((one) => one.name() === name));
  const rows = commands.map((one) => [`[\`engine ${one.name()}\`](#engine-${one.name()})`, one.description()]);
  return `<!-- generated by npm run docs -->

# The command line

Look up here every command of \`engine\`, its options and its exit codes.

In a checkout, after \`npm ci && npm run build\`, write \`npx engine …\`.
In the container image \`engine\` is what runs: \`docker run quantstream:local --help\`.
\`--help\` behind any command says what stands here.

${table(['command', 'what it does'], [['[`engine --pipeline FILE`](#engine)', 'runs a pipeline'], ...rows])}

${[sectionOf(program, ['engine'], 2), ...commands.map((one) => sectionOf(one, ['engine', one.name()], 2))].join('\n\n')}

## Exit codes

| code | meaning |
| --- | --- |
| 0 | fine |
| 1 | failed while running: a network, a disk, a service, or we |
| 2 | bad configuration: a file or an argument that you can mend |
| 3 | a run, a backtest or an evaluation ended, but look at it: nothing came, more than 1 % was not judged, a model had no say, or its time was up while it waited; the summary or a warning says which (\`--lenient\`: 0) |

\`engine check\` has [its own](check.md).
An error has a code beside: [error codes](errors.md).

## Environment variables

| variable | meaning |
| --- | --- |
| \`QUANTSTREAM_DATA\` | the folder of states, embedded databases and dead letters, where the pipeline file does not name one with \`data\`; default: \`data\` in the working directory |
| \`NO_COLOR\` | \`engine check\` prints no colours |

Pipeline files read the variables that they name (\`\${NAME}\`): [rules](pipeline-file.md#rules).
`;
}
