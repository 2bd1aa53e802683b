// `engine --pipeline`: runs pipelines until their sources end, their time is up or somebody stops them.

import { writeFileSync } from 'node:fs';
import { QuantStreamError } from '../api/index.js';
import type { LogPort, Outside, Role } from '../compose/container.js';
import { forgetState } from '../compose/folders.js';
import { processOutside } from '../compose/outside.js';
import { composePipeline, type Pipeline, type Summary } from '../compose/pipeline.js';
import { planPipeline } from '../spec/plan.js';
import type { Plan } from '../spec/planned.js';
import { Display, few, readableSummary } from './display.js';
import { checkWritable, dataRoot } from './options.js';
import { BAD_CONFIGURATION, complain, exitCodeOf, FAILED, LOOK_AT_IT, OK, printError } from './output.js';
import { onStop } from './stopping.js';

export interface RunOptions {
  readonly files: readonly string[];
  readonly set: readonly string[];
  readonly role: Role;
  /** Milliseconds. */
  readonly for?: number;
  readonly resetState: boolean;
  /** Whether a run that is worth a look still ends with 0. */
  readonly lenient: boolean;
  /** Path, or `-` for standard output. */
  readonly summary?: string;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  readonly logFormat: 'json' | 'text';
}

/** How a run ended. */
interface Ended {
  readonly code: number;
  /** Absent where it never began. */
  readonly summary?: Summary;
  /** What it failed with. */
  readonly error?: unknown;
}

/** `engine --pipeline FILE …`: each for itself; that one fails stops no other. @returns the exit code */
export async function runPipelines(options: RunOptions): Promise<number> {
  const { logLevel, logFormat } = options;
  if (options.summary !== undefined && options.summary !== '-') checkWritable(options.summary, '--summary');
  const plans = await plansOf(options);
  for (const plan of plans) if (options.resetState) await forgetState(plan, options.role);

  const display = new Display(process.stderr.isTTY === true && logFormat === 'text');
  const several = plans.length > 1;
  const outside = await processOutside(
    { level: logLevel, format: logFormat, several, before: () => display.clear() },
    { heard: plans.some(({ config }) => config.http !== undefined) },
  );
  const restore = makeRoomForOutput(() => display.clear());
  const stop = new AbortController();
  const disarm = armStop(stop, options.for, outside.log);
  if (logLevel !== 'silent') display.start();
  const tell = ({ summary, error }: Ended, name?: string) => {
    if (summary) report(summary, options);
    if (error !== undefined) complain(error, name);
  };
  const ended = await Promise.all(
    plans.map(async (plan) => {
      const one = await runOne(plan, outside, stop.signal, options, display);
      // What happens to one of several is said when it does.
      if (several) tell(one, plan.config.name);
      return one;
    }),
  );
  disarm();
  display.stop();
  restore();
  const summaries = ended.map(({ summary }) => summary).filter((summary) => summary !== undefined);
  writeSummary(several ? summaries : summaries[0], options);
  if (!several) tell(ended[0]!);
  // What a plugin left open, a connection that hangs say, must not keep the process alive.
  setTimeout(() => process.exit(), 500).unref();
  return worstOf(ended.map(({ code }) => code));
}

/** Every mistake of every file, before anything is started. */
async function plansOf({ files, set, role }: RunOptions): Promise<Plan[]> {
  const plans: Plan[] = [];
  for (const [file, plan] of await plansOrMistakes(files, set)) {
    const { name, channel } = plan.config;
    if (role !== 'all' && !channel) {
      throw new QuantStreamError(
        'QS_PLAN_ROLE',
        `--role ${role} needs a channel between the two halves, and pipeline ${name} has none; give it one (channel:), or run it with --role all`,
      );
    }
    const twin = plans.find(({ config }) => config.name === name);
    if (twin)
      throw new QuantStreamError('QS_CONFIG_VALUE', `${twin.file} and ${file} are both called ${name}; give one another name`);
    plans.push(plan);
  }
  return plans;
}

async function plansOrMistakes(files: readonly string[], set: readonly string[]): Promise<[string, Plan][]> {
  const tried = await Promise.allSettled(files.map((file) => planPipeline(file, { set, dataRoot: dataRoot() })));
  const wrong = tried.filter((one) => one.status === 'rejected').map(({ reason }) => reason);
  for (const error of wrong.slice(1)) complain(error);
  if (wrong.length > 0) throw wrong[0];
  return files.map((file, i) => [file, (tried[i] as PromiseFulfilledResult<Plan>).value]);
}

async function runOne(plan: Plan, process: Outside, stop: AbortSignal, options: RunOptions, display: Display): Promise<Ended> {
  const { role, lenient } = options;
  const started = performance.now();
  const outside = { ...process, log: process.log.child({ pipeline: plan.config.name }) };
  let pipeline: Pipeline | undefined;
  const summaryOf = (ending: Summary['ending']) => pipeline?.summary(ending, (performance.now() - started) / 1_000);
  try {
    pipeline = await composePipeline(plan, outside, role);
    announce(plan, pipeline, outside.log, options);
    display.add(pipeline);
    const ending = await pipeline.run(stop);
    const summary = summaryOf(ending)!;
    // Somebody who stops a run knows that it has not come to its end.
    const stopped = ending !== 'finished' && stop.reason !== TIME_IS_UP;
    return { summary, code: summary.doubts.length === 0 || lenient || stopped ? OK : LOOK_AT_IT };
  } catch (error) {
    const summary = summaryOf('failed');
    return { code: exitCodeOf(error), error, ...(summary && { summary }) };
  } finally {
    if (pipeline) display.remove(pipeline);
  }
}

/** What failed outweighs what is worth a look. */
const worstOf = (codes: readonly number[]): number =>
  [FAILED, BAD_CONFIGURATION, LOOK_AT_IT].find((code) => codes.includes(code)) ?? OK;

function announce(plan: Plan, pipeline: Pipeline, log: LogPort, { role, files }: RunOptions): void {
  const { channel } = plan.config;
  const models = plan.models.map(
    ({ name, plugin, columns }) => `${name} (${plugin.name} over ${few(columns.map((column) => column.name))})`,
  );
  const steps = [
    ...(role === 'detect' ? [] : [plan.source.use]),
    ...(channel ? [`topic ${channel.with.topic}`] : []),
    ...(role === 'ingest' ? [] : [plan.schema.row.kind, models.join('; ')]),
  ];
  log.info({ role }, `${files.length > 1 ? '' : `${plan.config.name}: `}${steps.join(' → ')}`);
  for (const [sink, guarantee] of Object.entries(pipeline.guarantee)) log.info({ sink, guarantee }, `sink ${sink}: ${guarantee}`);
  if (role !== 'ingest' && plan.sinks.length === 0)
    log.warn({}, 'this pipeline has no sinks: its verdicts are counted and forgotten');
}

const TIME_IS_UP = new Error('time is up');

/** Ends the run when somebody asks for it or its time is up. */
function armStop(stop: AbortController, ms: number | undefined, log: LogPort): () => void {
  const off = onStop((signal) => {
    log.info({}, `${signal}: stopping; once more to end at once`);
    stop.abort(new Error(signal));
  });
  const timer = ms === undefined ? undefined : setTimeout(() => stop.abort(TIME_IS_UP), ms);
  return () => {
    clearTimeout(timer);
    off();
  };
}

/** Lets whoever prints to standard output clear the progress line first, where both are one terminal. */
function makeRoomForOutput(clear: () => void): () => void {
  if (!process.stdout.isTTY) return () => {};
  const { write } = process.stdout;
  process.stdout.write = ((...args: Parameters<typeof write>) => {
    clear();
    return write.apply(process.stdout, args);
  }) as typeof write;
  return () => {
    process.stdout.write = write;
  };
}

function writeSummary(summary: unknown, { summary: target }: RunOptions): void {
  if (target === undefined || summary === undefined) return;
  const json = `${JSON.stringify(summary, null, 2)}\n`;
  if (target === '-') process.stdout.write(json);
  else writeFileSync(target, json);
}

function report(summary: Summary, { summary: target, logLevel }: RunOptions): void {
  // Of a run that failed before it began there is nothing to tell but the error.
  const began = summary.ending !== 'failed' || summary.observations > 0;
  if (target !== '-' && logLevel !== 'silent' && began) printError(readableSummary(summary));
}
