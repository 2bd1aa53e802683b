// One pipeline of those that run, to its end and through changes of its file.

import { messageOf } from '../../api/index.js';
import type { LogPort, Outside, Role } from '../../compose/container.js';
import { composePipeline, type Pipeline, type Summary } from '../../compose/pipeline.js';
import { planPipeline } from '../../spec/plan.js';
import type { Plan } from '../../spec/planned.js';
import { type Display, few } from '../display.js';
import { dataRoot } from '../options.js';
import { exitCodeOf, LOOK_AT_IT, OK } from '../output.js';
import { waitingOf } from '../waiting.js';
import { Reloading } from './reloading.js';

export interface RunOptions {
  readonly files: readonly string[];
  readonly set: readonly string[];
  readonly role: Role;
  /** Milliseconds. */
  readonly for?: number;
  /** Whether changes of the files are taken over. */
  readonly watch: boolean;
  readonly resetState: boolean;
  /** Whether a run that is worth a look still ends with 0. */
  readonly lenient: boolean;
  /** Path, or `-` for standard output. */
  readonly summary?: string;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
  readonly logFormat: 'json' | 'text';
}

/** How a run ended. */
export interface Ended {
  readonly code: number;
  /** Absent where it never began. */
  readonly summary?: Summary;
  /** What it failed with. */
  readonly error?: unknown;
}

/** Why a run ends that was given a time. */
export const TIME_IS_UP = new Error('time is up');

/** Runs a pipeline to its end, also through changes of its file. */
export async function runOne(
  plan: Plan,
  process: Outside,
  stop: AbortSignal,
  options: RunOptions,
  display: Display,
): Promise<Ended> {
  const run: Run = { process, options, display, started: performance.now() };
  let [running, before]: (Plan | undefined)[] = [plan, undefined];
  for (;;) {
    const { next, ...ended } = await runUntilChanged(running!, run, stop);
    // What cannot even begin is as good as refused.
    const fallsBack = before !== undefined && ended.error !== undefined && !(ended.summary && ended.summary.observations > 0);
    if (fallsBack) {
      process.log.child({ pipeline: plan.config.name }).error({}, `goes back to the file before: ${messageOf(ended.error)}`);
      [running, before] = [before, undefined];
    } else if (next !== undefined && !stop.aborted && STOPPED.has(ended.summary?.ending)) [running, before] = [next, running];
    else return ended;
  }
}

/** How a run ends that its file has put an end to: also while it waited for a sink, whose address may be what has changed. */
const STOPPED: ReadonlySet<unknown> = new Set(['stopped', 'stopped-waiting'] satisfies Summary['ending'][]);

/** What is the same for all that a pipeline goes through. */
interface Run {
  readonly process: Outside;
  readonly options: RunOptions;
  readonly display: Display;
  readonly started: number;
}

/** @returns how it ended, and what is to take over from it */
async function runUntilChanged(
  plan: Plan,
  { process, options, display, started }: Run,
  stop: AbortSignal,
): Promise<Ended & { next?: Plan }> {
  const { role, lenient, watch, set } = options;
  const outside = { ...process, log: process.log.child({ pipeline: plan.config.name }) };
  const changed = new AbortController();
  let next: Plan | undefined;
  const replan = () => planPipeline(plan.file, { set, dataRoot: dataRoot() });
  const reloading = new Reloading(plan, replan, outside.log, (found) => {
    next = found;
    changed.abort(new Error('its file has changed'));
  });
  const unwatch = watch ? reloading.start() : () => {};
  let pipeline: Pipeline | undefined;
  const summaryOf = (ending: Summary['ending']) => pipeline?.summary(ending, (performance.now() - started) / 1_000);
  try {
    pipeline = await composePipeline(plan, outside, role);
    announce(plan, pipeline, outside.log, options);
    const ends = AbortSignal.any([stop, changed.signal]);
    display.add(pipeline, ends);
    const ending = await pipeline.run(ends);
    const summary = summaryOf(ending)!;
    // Somebody who stops a run knows that it has not come to its end.
    const stopped = ending !== 'finished' && stop.reason !== TIME_IS_UP;
    return { summary, code: summary.doubts.length === 0 || lenient || stopped ? OK : LOOK_AT_IT, ...(next && { next }) };
  } catch (error) {
    const summary = summaryOf('failed');
    return { code: exitCodeOf(error), error, ...(summary && { summary }) };
  } finally {
    unwatch();
    if (pipeline) display.remove(pipeline);
  }
}

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
  const waiting = role === 'ingest' ? undefined : waitingOf(plan.schema);
  if (waiting !== undefined) log.info({}, waiting);
  if (pipeline.callsApart !== undefined) log.info({}, pipeline.callsApart);
  if (role !== 'ingest' && plan.sinks.length === 0)
    log.warn({}, 'this pipeline has no sinks: its verdicts are counted and forgotten');
}
