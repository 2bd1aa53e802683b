// `engine --pipeline`: runs a pipeline until its source ends, its time is up or somebody stops it.

import { writeFileSync } from 'node:fs';
import { QuantStreamError } from '../api/index.js';
import type { LogPort, Role } from '../compose/container.js';
import { forgetState } from '../compose/folders.js';
import { processOutside } from '../compose/outside.js';
import { composePipeline, type Pipeline, type Summary } from '../compose/pipeline.js';
import { planPipeline } from '../spec/plan.js';
import type { Plan } from '../spec/planned.js';
import { Display, few, readableSummary } from './display.js';
import { checkWritable, dataRoot } from './options.js';
import { LOOK_AT_IT, OK, printError } from './output.js';
import { onStop } from './stopping.js';

export interface RunOptions {
  readonly pipeline: string;
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

/** `engine --pipeline FILE`. @returns the exit code */
export async function runPipeline(options: RunOptions): Promise<number> {
  const started = performance.now();
  if (options.summary !== undefined && options.summary !== '-') checkWritable(options.summary, '--summary');
  const plan = await planPipeline(options.pipeline, { set: options.set, dataRoot: dataRoot() });
  if (options.role !== 'all' && !plan.config.channel) {
    throw new QuantStreamError(
      'QS_PLAN_ROLE',
      `--role ${options.role} needs a channel between the two halves, and pipeline ${plan.config.name} has none; give it one (channel:), or run it with --role all`,
    );
  }
  if (options.resetState) await forgetState(plan, options.role);

  let display: Display | undefined;
  const outside = await processOutside(
    { level: options.logLevel, format: options.logFormat, before: () => display?.clear() },
    { heard: plan.config.http !== undefined },
  );
  const { log } = outside;
  const pipeline = await composePipeline(plan, outside, options.role);
  announce(plan, pipeline, log, options.role);
  const restore = makeRoomForOutput(() => display?.clear());
  const stop = new AbortController();
  const disarm = armStop(stop, options.for, log);
  if (options.logLevel !== 'silent') {
    display = new Display(pipeline, process.stderr.isTTY === true && options.logFormat === 'text');
    display.start();
  }
  let ending: Summary['ending'] = 'failed';
  let summary: Summary | undefined;
  try {
    ending = await pipeline.run(stop.signal);
    summary = pipeline.summary(ending, (performance.now() - started) / 1_000);
    // Somebody who stops a run knows that it has not come to its end.
    const stopped = ending !== 'finished' && stop.signal.reason !== TIME_IS_UP;
    return summary.doubts.length === 0 || options.lenient || stopped ? OK : LOOK_AT_IT;
  } finally {
    disarm();
    display?.stop();
    restore();
    report(summary ?? pipeline.summary(ending, (performance.now() - started) / 1_000), options);
    // What a plugin left open, a connection that hangs say, must not keep the process alive.
    setTimeout(() => process.exit(), 500).unref();
  }
}

function announce(plan: Plan, pipeline: Pipeline, log: LogPort, role: Role): void {
  const { channel } = plan.config;
  const models = plan.models.map(
    ({ name, plugin, columns }) => `${name} (${plugin.name} over ${few(columns.map((column) => column.name))})`,
  );
  const steps = [
    ...(role === 'detect' ? [] : [plan.source.use]),
    ...(channel ? [`topic ${channel.with.topic}`] : []),
    ...(role === 'ingest' ? [] : [plan.schema.row.kind, models.join('; ')]),
  ];
  log.info({ pipeline: plan.config.name, role }, `${plan.config.name}: ${steps.join(' → ')}`);
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

function report(summary: Summary, { summary: target, logLevel }: RunOptions): void {
  const json = `${JSON.stringify(summary, null, 2)}\n`;
  if (target === '-') process.stdout.write(json);
  else if (target !== undefined) writeFileSync(target, json);
  // Of a run that failed before it began there is nothing to tell but the error.
  const began = summary.ending !== 'failed' || summary.observations > 0;
  if (target !== '-' && logLevel !== 'silent' && began) printError(readableSummary(summary));
}
