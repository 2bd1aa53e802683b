import { existsSync, readdirSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import type { Command } from '@commander-js/extra-typings';
import { messageOf, QuantStreamError } from '../../api/index.js';
import { checkpointDirectories, checkpointDirectory, forgetCheckpoint, readCheckpoint, readKeys } from '../../compose/folders.js';
import { planPipeline } from '../../spec/plan.js';
import { dataRoot } from '../options.js';
import { print, printJson } from '../output.js';

/** The checkpoint folders of a pipeline, named by its file or by its own name: one, or with a channel one of each half and partition. */
export async function directoriesOf(target: string): Promise<string[]> {
  if (/^[a-z][a-z0-9_-]*$/.test(target) && !existsSync(target)) {
    const directories = checkpointDirectories(join(dataRoot(), target));
    if (directories.length > 0) return directories;
    throw new QuantStreamError(
      'QS_CONFIG_READ',
      `no pipeline ${target} has a state in ${dataRoot()}; see engine checkpoint list`,
    );
  }
  const { dataDirectory } = await planPipeline(target, { dataRoot: dataRoot() });
  const directories = checkpointDirectories(dataDirectory);
  return directories.length > 0 ? directories : [checkpointDirectory(dataDirectory)];
}

export interface CheckpointInfo {
  readonly pipeline: string;
  /** With a channel: `ingest`, or `partition-0`; empty without one. */
  readonly part: string;
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

export function listCheckpoints(root = dataRoot()): CheckpointInfo[] {
  if (!existsSync(root)) return [];
  return readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .flatMap((entry) => {
      try {
        return checkpointDirectories(resolve(root, entry.name)).flatMap(
          (directory) => describe(entry.name, directory, false) ?? [],
        );
      } catch (error) {
        // One that is damaged must not hide the others.
        process.stderr.write(`${entry.name}: ${messageOf(error)}\n`);
        return [];
      }
    });
}

export async function showCheckpoint(target: string): Promise<CheckpointInfo[]> {
  const directories = await directoriesOf(target);
  const found = directories.flatMap((directory) => describe(target, directory, true) ?? []);
  if (found.length === 0) throw new QuantStreamError('QS_CONFIG_READ', `there is no checkpoint in ${directories.join(', ')} yet`);
  return found;
}

export async function resetCheckpoint(target: string): Promise<string> {
  const directories = await directoriesOf(target);
  for (const directory of directories) await forgetCheckpoint(directory);
  return `the state in ${directories.join(', ')} is forgotten; the next run begins at the beginning`;
}

function describe(pipeline: string, directory: string, whole: boolean): CheckpointInfo | undefined {
  const found = readCheckpoint(directory);
  if (!found) return undefined;
  const { saved } = found;
  const { latest } = saved.time;
  return {
    pipeline,
    part: basename(directory).replace(/^checkpoint-?/, ''),
    directory,
    savedAt: new Date(saved.savedAt).toISOString(),
    cursor: saved.cursor,
    eventTime: Number.isFinite(latest) ? new Date(latest).toISOString() : null,
    keys: found.keys,
    bytes: found.bytes,
    live: found.live,
    ...(whole
      ? {
          signature: Object.fromEntries(Object.entries(saved.signature).map(([part, text]) => [part, JSON.parse(text)])),
          states: readKeys(directory),
        }
      : {}),
  };
}

/** `engine checkpoint`: looks at the state of pipelines, or forgets it. */
export function addCheckpoint(program: Command): void {
  const checkpoint = program.command('checkpoint').description('looks at the state of pipelines, or forgets it');
  checkpoint
    .command('list')
    .description('the pipelines that have a state')
    .option('--json', 'for machines', false)
    .action(({ json }) => {
      const all = listCheckpoints();
      if (json) return printJson(all);
      if (all.length === 0) print(`no pipeline has a state in ${dataRoot()}`);
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
