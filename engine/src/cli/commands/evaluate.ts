// `engine evaluate`: what pipelines find of what is labelled.

import { existsSync, readFileSync, statSync } from 'node:fs';
import type { Command } from '@commander-js/extra-typings';
import { messageOf, QuantStreamError, readBounded, Unreadable } from '../../api/index.js';
import { processOutside } from '../../compose/outside.js';
import { saidOf } from '../../compose/people/said.js';
import {
  evaluationHtml,
  evaluationText,
  type GivenLabels,
  type LabelFile,
  type PipelineRun,
  parseLabels,
  reportOn,
} from '../../evaluate/index.js';
import { planPipeline } from '../../spec/plan.js';
import { collect, dataRoot, durationOption, LENIENT } from '../options.js';
import { checkOutput, codeOf, planOf, put, runOf } from '../recorded/judged-recording.js';
import { readTopics, type TopicsByKind } from '../recorded/topics-by-kind.js';

const GRACE = 5_000;
/** Largest file of labels, bytes. */
const LARGEST_LABELS = 256 * 1024 * 1024;

const refuse = (message: string) => new QuantStreamError('QS_CONFIG_VALUE', message);

/** A file of labels, or what people said, and what that says. */
interface Read extends Omit<LabelFile, 'format'> {
  readonly file: string;
  readonly format: string;
}

function readFiles(files: readonly string[]): Read[] {
  return files.map((file) => {
    let text: string;
    try {
      // Labels may come through a pipe: `--labels <(zcat labels.gz)`.
      const piped = statSync(file).isFIFO();
      text = piped ? readFileSync(file, 'utf8') : readBounded(file, LARGEST_LABELS).toString();
    } catch (error) {
      throw refuse(`the labels ${file} cannot be read: ${error instanceof Unreadable ? 'it ' : ''}${messageOf(error)}`);
    }
    return { file, ...parseLabels(text, file) };
  });
}

/** What people called an anomaly, on the page or by `engine label`. */
async function readSaid(pipeline: string, set: readonly string[]): Promise<Read[]> {
  const plan = await planPipeline(pipeline, { set, dataRoot: dataRoot() });
  const all = await saidOf(plan, await processOutside({ level: 'warn', format: 'text' }));
  const said = all.filter(({ label }) => label === 'anomaly');
  if (said.length === 0)
    throw refuse(
      `nobody has called an episode of ${pipeline} an anomaly yet: give --labels FILE, or say it on the page or with engine label`,
    );
  const labels = said.map(({ key, from, to, label: kind }) => ({ key, kind, from, to }));
  return [{ file: 'what people said', format: 'episodes', labels, ignored: [] }];
}

/**
 * @param ignore kinds that are neither right nor wrong: what they cover is left out, as after-effects are
 * @param topics what must be said of labels that do not say it themselves, by kind
 */
function givenOf(read: readonly Read[], ignore: readonly string[], topics: TopicsByKind): GivenLabels {
  const labels = read
    .flatMap((one) => one.labels)
    .map((label) => (label.topics || !Object.hasOwn(topics, label.kind) ? label : { ...label, topics: topics[label.kind]! }));
  return {
    files: read.map(({ file, format, labels: own }) => ({ file, format, labels: own.length })),
    labels: labels.filter(({ kind }) => !ignore.includes(kind)),
    ignored: [...read.flatMap(({ ignored }) => ignored), ...labels.filter(({ kind }) => ignore.includes(kind))],
  };
}

export interface EvaluateArguments {
  readonly pipeline: string;
  /** Files; none: what people said of the episodes of this pipeline. */
  readonly labels?: readonly string[];
  readonly against: readonly string[];
  readonly set: readonly string[];
  readonly rates: readonly number[];
  readonly graceMs: number;
  readonly cooldownMs?: number;
  readonly z?: string;
  readonly quiet: readonly string[];
  readonly ignore?: readonly string[];
  /** What must be said of labels that do not say it themselves, by kind. */
  readonly topics?: TopicsByKind;
  /** Whether columns are to be drawn. */
  readonly drawn?: boolean;
}

/** `engine evaluate`, without printing anything. */
export async function evaluatePipeline(options: EvaluateArguments) {
  const plans = [];
  for (const file of [options.pipeline, ...options.against]) {
    plans.push(await planOf(file, options.set));
    // A mistake in what is needed only later must not cost a run either.
    if (options.quiet.length > 0) await planOf(file, [...options.set, ...options.quiet]);
  }
  // A simulated source may write its labels only now; what is there already is read first.
  const { ignore = [], labels, topics = {} } = options;
  const said = labels ? undefined : await readSaid(options.pipeline, options.set);
  readFiles((labels ?? []).filter((file) => existsSync(file)));
  let given: GivenLabels | undefined;
  const runs: (PipelineRun & { doubts: readonly string[] })[] = [];
  const names = new Map<string, number>();
  for (const plan of plans) {
    const z = runs.length === 0 ? options.z : undefined;
    const run = await runOf(plan, { set: options.set, quiet: options.quiet, z, drawn: options.drawn ?? false }, () => {
      given ??= givenOf(said ?? readFiles(labels!), ignore, topics);
    });
    const times = (names.get(run.name) ?? 0) + 1;
    names.set(run.name, times);
    runs.push(times === 1 ? run : { ...run, name: `${run.name} ${times}` });
  }
  const [own, ...others] = runs;
  const report = reportOn(own!, others, given!, {
    rates: options.rates,
    graceMs: options.graceMs,
    cooldownMs: options.cooldownMs ?? plans[0]!.alarms.cooldownMs,
    quiet: options.quiet,
  });
  return { report, runs };
}

function ratesOption(text: string): number[] {
  const rates = text.split(',').map(Number);
  if (rates.length === 0 || rates.some((rate) => !(rate > 0)))
    throw refuse(`--rates expects false episodes a day such as 10,1, found "${text}"`);
  return rates;
}

/** `engine evaluate`. */
export function addEvaluate(program: Command): void {
  program
    .command('evaluate')
    .description('runs pipelines over a labelled recording and says what they find at fixed numbers of false episodes a day')
    .requiredOption('-p, --pipeline <file>', 'the pipeline file; its source must come to an end')
    .option(
      '--labels <file...>',
      'labels: JSON lines, windows by key, faults of a recording, or CSV; default: what people said of its episodes',
    )
    .option('--against <file...>', 'other pipelines, over the same recording', [] as string[])
    .option('--set <path=value>', 'overrides a value of every file; may be given again', collect, [] as string[])
    .option('--rates <numbers>', 'false episodes a day at which recall is read', ratesOption, [10, 1])
    .option('--grace <duration>', 'how long behind its end a label can still be found', durationOption, GRACE)
    .option(
      '--cooldown <duration>',
      'exceedances closer than this are one false episode; default: as the pipeline',
      durationOption,
    )
    .option('--z <column>', 'the column of the baseline |z|; default: the largest of those of the first model')
    .option(
      '--quiet <path=value...>',
      'runs once more with these settings, without anomalies, and takes thresholds from there',
      [] as string[],
    )
    .option('--ignore <kind...>', 'kinds of labels that are neither right nor wrong to find', [] as string[])
    .option(
      '--topics <file>',
      'what must be said, by kind of label (YAML): gps_loss: [gps]; of labels that do not say it themselves',
    )
    .option(...LENIENT)
    .option('--json', 'for machines', false)
    .option('--out <file>', 'writes the JSON to a file')
    .option('--html <file>', 'writes a self-contained page')
    .action(async ({ pipeline, labels, against, set, rates, grace, cooldown, z, quiet, ignore, topics, lenient, ...output }) => {
      checkOutput(output);
      const { report, runs } = await evaluatePipeline({
        pipeline,
        ...(labels === undefined ? {} : { labels }),
        against,
        set,
        rates,
        quiet,
        ignore,
        ...(topics === undefined ? {} : { topics: readTopics(topics) }),
        drawn: output.html !== undefined,
        graceMs: grace,
        ...(cooldown === undefined ? {} : { cooldownMs: cooldown }),
        ...(z === undefined ? {} : { z }),
      });
      put(
        output,
        report,
        () => evaluationText(report),
        () => evaluationHtml(report, runs),
      );
      process.exitCode = codeOf(runs, lenient);
    });
}
