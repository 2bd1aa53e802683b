import { basename, resolve } from 'node:path';
import { type FeaturesPlugin, type Outline, QuantStreamError, type Remark } from '../../api/index.js';
import {
  CheckRecording,
  type CheckReport,
  type CheckTrack,
  checkHtml,
  checkReport,
  compareSettings,
  type KeptSettings,
} from '../../check/index.js';
import { planPipeline } from '../../spec/plan.js';
import type { Plan } from '../../spec/planned.js';
import { dataRoot } from '../options.js';
import { APART, runApart } from './apart.js';

/** The variable that stands for the recording in a pipeline file. */
export const VARIABLE = 'RECORDING';

/** What the user gave and can mend. */
export const refuse = (message: string) => new QuantStreamError('QS_CONFIG_VALUE', message);

/** A features plugin that brings a pipeline for recordings. */
export type Checking = Pick<FeaturesPlugin, 'name' | 'check'>;

/** The pipeline file of the plugin for files that end so. @throws where there is none, or several */
export function pipelineFor(file: string, plugins: readonly Checking[]): string {
  const able = plugins.flatMap(({ name, check }) => (check ? [{ name, ...check }] : []));
  const lower = basename(file).toLowerCase();
  // The longest ending knows the file best: `.walk.log` before `.log`.
  const fits = able.map(({ endings }) => Math.max(0, ...endings.map((one) => (lower.endsWith(one) ? one.length : 0))));
  const best = Math.max(0, ...fits);
  const fitting = able.filter((_, i) => best > 0 && fits[i] === best);
  if (fitting.length === 1) return fitting[0]!.pipeline;
  if (fitting.length > 1) {
    const names = fitting.map(({ name }) => name).join(', ');
    throw refuse(
      `${file}: ${names} all check such files; choose with --pipeline one of ${fitting.map(({ pipeline }) => pipeline).join(', ')}`,
    );
  }
  const known = able.map(({ name, endings }) => `${name}: ${endings.join(' ')}`).join('; ');
  throw refuse(
    `no installed features plugin checks files such as ${basename(file)}; ${known === '' ? 'none checks files at all' : `there is ${known}`}. Name a pipeline file with --pipeline; in it \${${VARIABLE}} stands for the recording`,
  );
}

/** The plan that a recording is run through. */
async function planFor(file: string, pipeline: string, set: readonly string[]): Promise<Plan> {
  let asked = false;
  const environment = Object.defineProperty({ ...process.env }, VARIABLE, {
    get: () => {
      asked = true;
      return resolve(file);
    },
  });
  const plan = await planPipeline(pipeline, { set: [...set, ...APART, 'workers=1'], environment, dataRoot: dataRoot() });
  if (!asked) throw refuse(`${pipeline} does not say \${${VARIABLE}} anywhere, so it would not read ${file}`);
  return plan;
}

/** A recording that was run through its pipeline. */
export interface Checked {
  readonly report: CheckReport;
  readonly plan: Plan;
  readonly tracks: readonly CheckTrack[];
  readonly recording: CheckRecording;
  /** By key. */
  readonly outlines: ReadonlyMap<string, readonly Outline[]>;
}

/** `engine check` of one recording, without printing anything. */
export async function checkRecording(file: string, pipeline: string, set: readonly string[]): Promise<Checked> {
  const plan = await planFor(file, pipeline, set);
  const { columns } = plan.schema.row;
  const recording = new CheckRecording(
    columns.map(({ name }) => name),
    plan.models.map(({ name }) => name),
    plan.features.plugin.settings,
  );
  const run = await runApart(plan, recording);
  const summary = run.pipeline.summary('finished', run.seconds);
  const tracks = recording.series();
  if (tracks.length === 0) {
    const why = summary.observations === 0 ? 'nothing in it could be read' : 'the features made no row of what is in it';
    const dropped = Object.entries(summary.dropped).map(([reason, count]) => `${count} ${reason}`);
    throw new QuantStreamError(
      'QS_SOURCE_FAILED',
      `${file}: ${why}${dropped.length > 0 ? `; dropped: ${dropped.join(', ')}` : ''}`,
    );
  }
  const outlines = new Map<string, readonly Outline[]>();
  const { plugin, config } = plan.features;
  const remarks = new Map<string, readonly Remark[]>();
  const identities = new Map<string, string>();
  if (plugin.outlines || plugin.remarks || plugin.identity) {
    for await (const { key, features } of run.pipeline.states()) {
      outlines.set(key, plugin.outlines?.(config, features) ?? []);
      remarks.set(key, plugin.remarks?.(config, features) ?? []);
      identities.set(key, plugin.identity?.(config, features) ?? '');
    }
  }
  const models = plan.models.map((model) => ({
    name: model.name,
    columns: model.columns.map(({ name }) => name),
    decides: model.plugin.decides ?? false,
    config: model.config,
  }));
  const operating = plugin.operating?.(config);
  const wear = plugin.wear?.(config);
  const { dropped, late, ahead, duplicates: repeated, missing, observations } = summary;
  const { seconds } = run;
  const about = {
    file,
    pipeline: plan.config.name,
    columns,
    models,
    views: plan.schema.views,
    limits: plan.schema.limits,
    ...(operating && { operating }),
    ...(wear && { wear }),
    ...(plugin.disturbs && { disturbs: plugin.disturbs }),
    observations,
    dropped,
    late,
    ahead,
    repeated,
    missing,
    seconds,
  };
  return { report: checkReport(about, recording, tracks, remarks, identities), plan, tracks, recording, outlines };
}

/** A recording to be checked. */
export interface CheckJob {
  readonly file: string;
  readonly pipeline: string;
  readonly set: readonly string[];
  /** Whether a page is asked for. */
  readonly page: boolean;
  /** Another recording whose settings these are compared with. */
  readonly against?: Against;
}

/** Another recording, as the user named it, and how that was set. */
export interface Against {
  readonly file: string;
  readonly settings: KeptSettings;
}

/** How what is in a recording was set. @throws where the features of its pipeline know no settings */
export async function settingsIn(file: string, pipeline: string, set: readonly string[]): Promise<Against> {
  const { plan, recording } = await checkRecording(file, pipeline, set);
  const { plugin } = plan.features;
  if (!plugin.settings) throw refuse(`--against: the features ${plugin.name} do not say which observations are settings`);
  return { file, settings: recording.settings };
}

/** What is told of it. */
export interface CheckDone {
  readonly report: CheckReport;
  readonly page: string | undefined;
}

/** `engine check` of one recording, with its page. */
export async function doCheck({ file, pipeline, set, page, against }: CheckJob): Promise<CheckDone> {
  const alone = await checkRecording(file, pipeline, set);
  const { report } = alone;
  const keys = report.keys.map(({ key }) => key);
  const compared = against && { against: compareSettings(keys, alone.recording.settings, against.settings, against.file) };
  const checked = { ...alone, report: { ...report, ...compared } };
  return { report: checked.report, page: page ? pageOf(checked) : undefined };
}

function pageOf({ report, tracks, plan, outlines }: Checked): string {
  const { row, views, limits } = plan.schema;
  return checkHtml({ report, tracks, outlines, views, limits, columns: row.columns });
}
