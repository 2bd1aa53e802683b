// `engine --pipeline`: runs pipelines until their sources end, their time is up or somebody stops them.

import { writeFileSync } from 'node:fs';
import { QuantStreamError } from '../../api/index.js';
import { forgetState } from '../../compose/checkpoints.js';
import type { LogPort } from '../../compose/container.js';
import { processOutside } from '../../compose/outside.js';
import type { Summary } from '../../compose/pipeline.js';
import { planPipeline } from '../../spec/plan.js';
import type { Plan } from '../../spec/planned.js';
import { Display, readableSummary } from '../display.js';
import { checkWritable, dataRoot } from '../options.js';
import { BAD_CONFIGURATION, complain, FAILED, LOOK_AT_IT, OK, printError } from '../output.js';
import { onStop } from '../stopping.js';
import { type Ended, type RunOptions, runOne, TIME_IS_UP } from './one.js';
import { ASKED } from './reloading.js';

/** `engine --pipeline FILE …`: each for itself; that one fails stops no other. @returns the exit code */
export async function runPipelines(options: RunOptions): Promise<number> {
  const { logLevel, logFormat } = options;
  if (options.summary !== undefined && options.summary !== '-') checkWritable(options.summary, '--summary');
  const plans = await plansOf(options);

  const display = new Display(process.stderr.isTTY === true && logFormat === 'text');
  const several = plans.length > 1;
  const outside = await processOutside(
    { level: logLevel, format: logFormat, several, before: () => display.clear() },
    { heard: plans.some(({ http }) => http !== undefined) },
  );
  if (options.resetState) for (const plan of plans) await forgetState(plan, outside, options.role);
  const restore = makeRoomForOutput(() => display.clear());
  const stop = new AbortController();
  const disarm = armStop(stop, options, outside.log);
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

/** What failed outweighs what is worth a look. */
const worstOf = (codes: readonly number[]): number =>
  [FAILED, BAD_CONFIGURATION, LOOK_AT_IT].find((code) => codes.includes(code)) ?? OK;

/** Ends the run when somebody asks for it or its time is up. */
function armStop(stop: AbortController, { for: ms, watch }: RunOptions, log: LogPort): () => void {
  const off = onStop(
    (signal) => {
      log.info({}, `${signal}: stopping; once more to end at once`);
      stop.abort(new Error(signal));
    },
    watch ? ASKED : undefined,
  );
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
