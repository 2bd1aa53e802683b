// `engine doctor`: whether all that a pipeline needs is there.

import { statfsSync } from 'node:fs';
import { join } from 'node:path';
import { type Command, Option } from '@commander-js/extra-typings';
import { stringify } from 'yaml';
import { type Checkpoints, type Finding, formatDuration, messageOf } from '../../api/index.js';
import { readCheckpoint, withCheckpoints } from '../../compose/checkpoints.js';
import type { Outside, Role } from '../../compose/container.js';
import { makeDataFolder } from '../../compose/folders.js';
import { diagnosePipeline } from '../../compose/offline.js';
import { processOutside } from '../../compose/outside.js';
import { planPipeline } from '../../spec/plan.js';
import type { Plan } from '../../spec/planned.js';
import { VERSION } from '../../spec/version.js';
import { installedPlugins } from '../installed.js';
import { checkWritable, collect, dataRoot } from '../options.js';
import { FAILED, OK, print, printJson } from '../output.js';

/** Below these, bytes. */
const TIGHT = 2 * 1024 ** 3;
const FULL = 200 * 1024 ** 2;

export interface Diagnosis {
  readonly findings: readonly Finding[];
  /** The configuration with secrets masked; absent without a pipeline. */
  readonly configuration?: unknown;
}

/** `engine doctor`: looks at everything that a pipeline needs, and starts nothing. */
export async function diagnose(
  version: string,
  pipeline: string | undefined,
  set: readonly string[],
  role: Role = 'all',
): Promise<Diagnosis> {
  const findings = await machine(version);
  if (pipeline === undefined) return { findings: [...findings, ...folder(dataRoot())] };
  const plan = await planPipeline(pipeline, { set, dataRoot: dataRoot() });
  const outside = await processOutside({ level: 'silent', format: 'text' });
  return {
    findings: [
      ...findings,
      { subject: 'pipeline file', state: 'good', detail: `${pipeline}: ${plan.config.name} is complete and fits together` },
      ...folder(plan.dataDirectory),
      ...(await states(plan, outside)),
      ...(await diagnosePipeline(plan, outside, role)),
    ],
    configuration: plan.shown,
  };
}

async function machine(version: string): Promise<Finding[]> {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const supported = major > 20 || (major === 20 && minor >= 19);
  const plugins = (await installedPlugins()).map(({ plugin }) => `${plugin.kind}-${plugin.name}`);
  return [
    {
      subject: 'node',
      state: supported ? 'good' : 'bad',
      detail: `${process.version} on ${process.platform} ${process.arch}${supported ? '' : '; the engine needs 20.19 or newer'}`,
    },
    { subject: 'engine', state: 'good', detail: `${version}, with ${plugins.join(', ') || 'no plugins installed beside it'}` },
  ];
}

/** Whether there is room in the folder of data, and we may write there. */
function folder(path: string): Finding[] {
  try {
    makeDataFolder(path);
    checkWritable(join(path, 'doctor'), 'the data folder');
    const { bavail, bsize } = statfsSync(path);
    const free = bavail * bsize;
    const room = `${(free / 1024 ** 3).toFixed(1)} GB are free`;
    if (free < FULL)
      return [{ subject: 'disk', state: 'bad', detail: `${path}: only ${room}; make room before anything is lost` }];
    if (free < TIGHT) return [{ subject: 'disk', state: 'doubtful', detail: `${path}: only ${room}` }];
    return [{ subject: 'disk', state: 'good', detail: `${path} can be written, ${room}` }];
  } catch (error) {
    return [{ subject: 'disk', state: 'bad', detail: messageOf(error) }];
  }
}

/** The checkpoints that a start would resume from. */
async function states(plan: Plan, outside: Outside): Promise<Finding[]> {
  try {
    return await withCheckpoints(plan, outside, async (checkpoints) => {
      const findings: Finding[] = [];
      for (const part of await checkpoints.parts()) findings.push(await stateOf(plan, checkpoints, part));
      return findings;
    });
  } catch {
    // A store that cannot be reached is told of by itself.
    return [];
  }
}

async function stateOf({ signature }: Plan, checkpoints: Checkpoints, part: string): Promise<Finding> {
  const place = checkpoints.place(part);
  try {
    const found = await readCheckpoint(checkpoints, part);
    if (!found) return { subject: 'state', state: 'good', detail: `${place} is empty: the next run begins at the beginning` };
    const other = Object.entries(found.saved.signature).flatMap(([name, text]) => (signature[name] === text ? [] : [name]));
    if (other.length > 0) {
      const detail = `${place}: made by another configuration of ${other.join(', ')}; a run refuses it without --reset-state`;
      return { subject: 'state', state: 'doubtful', detail };
    }
    const age = formatDuration(Math.max(0, Math.round((Date.now() - found.saved.savedAt) / 1_000) * 1_000));
    const keys = `${found.keys} ${found.keys === 1 ? 'key' : 'keys'}`;
    return { subject: 'state', state: 'good', detail: `${place}: saved ${age} ago, ${keys}` };
  } catch (error) {
    return { subject: 'state', state: 'bad', detail: messageOf(error) };
  }
}

const SIGNS = { good: 'ok  ', doubtful: 'look', bad: 'BAD ' } as const;

/** For people. */
export function readableDiagnosis({ findings, configuration }: Diagnosis): string {
  const width = Math.max(...findings.map(({ subject }) => subject.length));
  const lines = findings.map(({ subject, state, detail }) => `${SIGNS[state]}  ${subject.padEnd(width)}  ${detail}`);
  const shown = configuration === undefined ? [] : ['', 'configuration, secrets hidden:', stringify(configuration).trimEnd()];
  const bad = findings.filter(({ state }) => state === 'bad').length;
  return [...lines, ...shown, '', bad === 0 ? 'nothing bad was found' : `${bad} bad`].join('\n');
}

/** `engine doctor`. */
export function addDoctor(program: Command): void {
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
      const diagnosis = await diagnose(VERSION, pipeline, set, role as 'all');
      if (json) printJson(diagnosis);
      else print(readableDiagnosis(diagnosis));
      process.exitCode = diagnosis.findings.some(({ state }) => state === 'bad') ? FAILED : OK;
      // What a plugin left open must not keep the process alive.
      setTimeout(() => process.exit(), 500).unref();
    });
}
