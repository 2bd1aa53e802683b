import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from '@commander-js/extra-typings';
import { type Checkpoints, messageOf, QuantStreamError } from '../../api/index.js';
import { checkpointsIn, checkpointsOf, readCheckpoint, readKeys } from '../../compose/checkpoints.js';
import { processOutside } from '../../compose/outside.js';
import { planPipeline } from '../../spec/plan.js';
import { dataRoot } from '../options.js';
import { print, printJson } from '../output.js';

/** The checkpoints of a pipeline, and the parts that have one. */
export interface Target {
  readonly checkpoints: Checkpoints;
  readonly parts: readonly string[];
  readonly dataDirectory: string;
}

/** Does something with the checkpoints of a pipeline that is named by its file, or by its own name where they lie in the data folder. */
export async function withTarget<T>(target: string, work: (found: Target) => Promise<T>): Promise<T> {
  const named = /^[a-z][a-z0-9_-]*$/.test(target) && !existsSync(target);
  const plan = named ? undefined : await planPipeline(target, { dataRoot: dataRoot() });
  const dataDirectory = plan?.dataDirectory ?? join(dataRoot(), target);
  const checkpoints = plan
    ? await checkpointsOf(plan, await processOutside({ level: 'silent', format: 'text' }))
    : checkpointsIn(dataDirectory);
  try {
    const parts = await checkpoints.parts();
    if (named && parts.length === 0)
      throw new QuantStreamError(
        'QS_CONFIG_READ',
        `no pipeline ${target} has a state in ${dataRoot()}; see engine checkpoint list, or name its file`,
      );
    return await work({ checkpoints, parts: parts.length > 0 ? parts : [''], dataDirectory });
  } finally {
    await checkpoints.close();
  }
}

export interface CheckpointInfo {
  readonly pipeline: string;
  /** With a channel: `ingest`, or `partition-0`; empty without one. */
  readonly part: string;
  /** Where it stands: a folder, or a place in a database. */
  readonly directory: string;
  readonly savedAt: string;
  readonly cursor: string | null;
  readonly eventTime: string | null;
  readonly keys: number;
  readonly bytes: number;
  /** Of these, what is not outdated; the rest goes when the log is written anew. */
  readonly live: number;
  readonly signature?: Readonly<Record<string, unknown>>;
  readonly states?: readonly { readonly key: string; readonly bytes: number }[];
}

/** The checkpoints that can be read. @param damaged is told of each pipeline whose checkpoint cannot be; it is said on stderr */
export async function listCheckpoints(root = dataRoot(), damaged?: () => void): Promise<CheckpointInfo[]> {
  if (!existsSync(root)) return [];
  const all: CheckpointInfo[] = [];
  for (const entry of readdirSync(root, { withFileTypes: true })) {
    if (!entry.isDirectory()) continue;
    try {
      const checkpoints = checkpointsIn(resolve(root, entry.name));
      const found: CheckpointInfo[] = [];
      for (const part of await checkpoints.parts()) found.push(...(await describe(entry.name, checkpoints, part, false)));
      all.push(...found);
    } catch (error) {
      // One that is damaged must not hide the others.
      process.stderr.write(`${entry.name}: ${messageOf(error)}\n`);
      damaged?.();
    }
  }
  return all;
}

export async function showCheckpoint(target: string): Promise<CheckpointInfo[]> {
  return withTarget(target, async ({ checkpoints, parts }) => {
    const found: CheckpointInfo[] = [];
    for (const part of parts) found.push(...(await describe(target, checkpoints, part, true)));
    if (found.length > 0) return found;
    throw new QuantStreamError('QS_CONFIG_READ', `there is no checkpoint in ${placesOf(checkpoints, parts)} yet`);
  });
}

export async function resetCheckpoint(target: string): Promise<string> {
  return withTarget(target, async ({ checkpoints, parts }) => {
    for (const part of parts) await checkpoints.of(part).reset();
    return `the state in ${placesOf(checkpoints, parts)} is forgotten; the next run begins at the beginning`;
  });
}

const placesOf = (checkpoints: Checkpoints, parts: readonly string[]): string =>
  parts.map((part) => checkpoints.place(part)).join(', ');

async function describe(pipeline: string, checkpoints: Checkpoints, part: string, whole: boolean): Promise<CheckpointInfo[]> {
  const found = await readCheckpoint(checkpoints, part);
  if (!found) return [];
  const { saved } = found;
  const { latest } = saved.time;
  const info = {
    pipeline,
    part,
    directory: checkpoints.place(part),
    savedAt: new Date(saved.savedAt).toISOString(),
    cursor: saved.cursor,
    eventTime: Number.isFinite(latest) ? new Date(latest).toISOString() : null,
    keys: found.keys,
    bytes: found.bytes,
    live: found.live,
    ...(whole
      ? {
          signature: Object.fromEntries(Object.entries(saved.signature).map(([part, text]) => [part, JSON.parse(text)])),
          states: await readKeys(checkpoints, part),
        }
      : {}),
  };
  return [info];
}

/** `engine checkpoint`: looks at the state of pipelines, or forgets it. */
export function addCheckpoint(program: Command): void {
  const checkpoint = program.command('checkpoint').description('looks at the state of pipelines, or forgets it');
  checkpoint
    .command('list')
    .description('the pipelines that have a state in the data folder')
    .option('--json', 'for machines', false)
    .action(async ({ json }) => {
      const all = await listCheckpoints(dataRoot(), () => {
        process.exitCode = 1;
      });
      if (json) return printJson(all);
      if (all.length === 0 && !process.exitCode) print(`no pipeline has a state in ${dataRoot()}`);
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
}
