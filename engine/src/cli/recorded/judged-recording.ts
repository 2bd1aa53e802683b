// A recording judged by a pipeline, and what is written of it.

import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { QuantStreamError } from '../../api/index.js';
import type { Outside } from '../../compose/container.js';
import { processOutside } from '../../compose/outside.js';
import { knownFromTheStart } from '../../compose/people/labels.js';
import { changesOf } from '../../compose/people/said.js';
import type { Pipeline } from '../../compose/pipeline.js';
import {
  asJson,
  Heard,
  type PipelineRun,
  type Proposed,
  proposalsOf,
  Recording,
  type RunPictures,
  Seen,
  type TaughtRows,
} from '../../evaluate/index.js';
import { planPipeline } from '../../spec/plan.js';
import type { Plan } from '../../spec/planned.js';
import { checkWritable, dataRoot } from '../options.js';
import { LOOK_AT_IT, OK, print, printData } from '../output.js';
import { APART, refuseEndless, runApart } from './apart.js';

const refuse = (message: string) => new QuantStreamError('QS_CONFIG_VALUE', message);

/** The columns of the plainest detector: the one asked for, else those of the first model. */
function plainColumns(plan: Plan, z: string | undefined): string[] {
  if (z === undefined) return plan.models[0]!.columns.map(({ name }) => name);
  const known = plan.schema.row.columns.map(({ name }) => name);
  if (!known.includes(z)) throw refuse(`--z names the column ${z}, which ${plan.file} does not have; it has ${known.join(', ')}`);
  return [z];
}

/** The plan of a file, kept apart from the world. @throws QS_PLAN_ENDLESS */
export async function planOf(file: string, set: readonly string[]): Promise<Plan> {
  const plan = await planPipeline(file, { set: [...set, ...APART], dataRoot: dataRoot() });
  refuseEndless(plan);
  return plan;
}

interface RunSettings {
  readonly set: readonly string[];
  readonly z?: string | undefined;
  /** What a second, clean run is to be different in. */
  readonly quiet?: readonly string[];
  /** Whether columns are to be drawn. */
  readonly drawn: boolean;
  /** Whether something is to be proposed. */
  readonly proposes?: boolean;
}

interface JudgedRun extends PipelineRun {
  /** What people should look at, beside what was measured. */
  readonly doubts: readonly string[];
}

/** What keeps the columns that views show and models look at. */
function picturesOf({ schema, models }: Plan): RunPictures {
  const { views, limits, row } = schema;
  const wanted = new Set([
    ...views.flatMap(({ columns }) => columns),
    ...models.flatMap((model) => model.columns.map(({ name }) => name)),
  ]);
  const columns = row.columns.filter(({ name }) => wanted.has(name));
  return { seen: new Seen(columns.map(({ name }) => name)), columns, views, limits };
}

/** What can be proposed of. */
function proposedOf({ models, namesModels, config, alarms: { rule, combine } }: Plan): Proposed {
  return {
    models: models
      .filter(({ plugin }) => !plugin.decides)
      .map(({ name, use, columns, transform }) => ({
        name,
        use,
        columns: columns.map((column) => column.name),
        rhythm: transform?.rhythm,
        with: config.models[name]?.with,
      })),
    named: namesModels,
    asked: askedOf(config.features),
    ...('perDay' in rule
      ? { combine: rule.combine, perDay: rule.perDay, shared: rule.shared, atLeastMs: rule.atLeastMs }
      : { combine, shared: false }),
  };
}

/** The columns that are asked for by name of features that make the rate of any. */
function askedOf({ use, with: config }: Plan['config']['features']): readonly string[] | undefined {
  const columns = use === 'window' ? (config as { readonly columns?: unknown } | undefined)?.columns : undefined;
  return Array.isArray(columns) && columns.every((name) => typeof name === 'string') ? columns : undefined;
}

/** What `rhythm: auto` has found out, by column; nothing where no model asks for it, or where threads have judged. */
async function rhythmOf({ models, schema, config }: Plan, pipeline: Pipeline): Promise<PipelineRun['rhythm']> {
  if (config.workers !== 1 || !models.some(({ transform }) => transform?.rhythm === 'auto')) return undefined;
  const found = new Map<string, { nothing: number; day: number; week: number }>();
  for await (const { rhythm } of pipeline.states())
    for (const { column, by } of rhythm) {
      const { name } = schema.row.columns[column]!;
      const counts = found.get(name) ?? { nothing: 0, day: 0, week: 0 };
      counts[by]++;
      found.set(name, counts);
    }
  return Object.fromEntries(found);
}

/** What people said of the episodes of a pipeline as its file has it: a run apart is taught the same. */
async function saidAbout(file: string, set: readonly string[]) {
  const plan = await planPipeline(file, { set, dataRoot: dataRoot() });
  return changesOf(plan, await processOutside({ level: 'warn', format: 'text' }));
}

/**
 * What people said, and what that decided since it was said, as a run has it; and what it would have decided before, by a second run that
 * knows it from the start, beside what rows of those episodes were like. Threads keep that to themselves.
 */
async function taughtOf(
  plan: Plan,
  recording: Recording,
  pipeline: Pipeline,
  said: NonNullable<Outside['said']>,
): Promise<TaughtRows[]> {
  const since = recording.taught();
  if (said.length === 0 || plan.config.workers !== 1) return since;
  const { taught, until } = await knownFromTheStart(said, pipeline.states());
  if (until.size === 0) return since;
  const again = new Recording([], [], { until });
  await runApart(plan, again, [], taught);
  const past = new Map(again.taught().map((one) => [one.episode, one]));
  const known = since.map((one) => (until.has(one.episode) ? { ...one, past: past.get(one.episode)?.rows ?? 0 } : one));
  const only = [...past.values()].filter(({ episode }) => !since.some((one) => one.episode === episode));
  return [...known, ...only.map((one) => ({ ...one, rows: 0, from: Number.NaN, to: Number.NaN, past: one.rows }))];
}

/** Runs a plan over its recording. @param between called between the run and the clean one, which may write the source's labels anew */
export async function runOf(plan: Plan, settings: RunSettings, between = () => {}): Promise<JudgedRun> {
  const columns = plainColumns(plan, settings.z);
  const deciding = plan.models.filter(({ plugin }) => plugin.decides).map(({ name }) => name);
  const pictures = settings.drawn ? picturesOf(plan) : undefined;
  const measured = plan.models.filter(({ plugin }) => !plugin.decides).map(({ name }) => name);
  const heard = settings.proposes ? new Heard(measured, deciding) : undefined;
  const recording = new Recording(columns, deciding, { ...(pictures && { seen: pictures.seen }), ...(heard && { heard }) });
  const said = await saidAbout(plan.file, settings.set);
  const { pipeline, seconds, doubts } = await runApart(plan, recording, said);
  const rhythm = await rhythmOf(plan, pipeline);
  between();
  const { perDay, of } = plan.schema.alarms;
  const series = recording.series();
  const found = {
    name: plan.config.name,
    series,
    episodes: recording.episodes(),
    told: recording.topicsTold(),
    plainColumns: columns,
    unjudged: recording.unjudged,
    taught: await taughtOf(plan, recording, pipeline, said),
    ...(heard && { proposals: proposalsOf(heard, series, proposedOf(plan)) }),
    ...(rhythm && { rhythm }),
    ...(perDay === undefined ? {} : { perDay }),
    ...(of === undefined ? {} : { of }),
    ...(pictures && { shown: pictures }),
  };
  if (found.series.length === 0) throw new QuantStreamError('QS_PLAN_DECLARATION', `the recording of ${plan.file} gave no rows`);
  if (!settings.quiet || settings.quiet.length === 0) return { ...found, seconds, doubts };
  const clean = new Recording(columns, deciding);
  const quiet = await runApart(await planOf(plan.file, [...settings.set, ...settings.quiet]), clean);
  return { ...found, seconds, quiet: clean.series(), doubts: [...doubts, ...quiet.doubts] };
}

/** The exit code of runs over recordings: what they measured is worth a look where one of them is. */
export function codeOf(runs: readonly Pick<JudgedRun, 'doubts'>[], lenient: boolean): number {
  return lenient || runs.every(({ doubts }) => doubts.length === 0) ? OK : LOOK_AT_IT;
}

interface Output {
  readonly json: boolean;
  readonly html?: string | undefined;
  readonly out?: string | undefined;
}

/** @throws QS_DATA_FOLDER before the work is done */
export function checkOutput({ html, out }: Output): void {
  if (html !== undefined) checkWritable(resolve(html), '--html');
  if (out !== undefined) checkWritable(resolve(out), '--out');
}

/** Writes a report wherever it is asked for. */
export function put(output: Output, report: unknown, text: () => string, html: () => string): void {
  if (output.out !== undefined) writeFileSync(resolve(output.out), `${asJson(report)}\n`);
  if (output.html !== undefined) writeFileSync(resolve(output.html), html());
  if (output.json) printData(asJson(report));
  else print(text());
}
