import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Observation, SourceBatch, SourceHost } from '@quantstream/engine';
import type { TestHosts } from '@quantstream/engine/testing';
import plugin from '../src/index.js';

/** Writes a file into the hosts' folder. @returns its path */
export function put(hosts: TestHosts, name: string, content: string | Uint8Array): string {
  const path = join(hosts.directory, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

export interface ReadFiles {
  readonly rows: Observation[];
  readonly batches: SourceBatch[];
  /** Behind the last batch, or the one that was begun with. */
  readonly cursor: string | null;
}

/** Reads all rows behind a cursor, or `most` batches of them. */
export async function readFiles(
  hosts: TestHosts,
  config: object,
  from: string | null = null,
  { time, most = Number.POSITIVE_INFINITY }: { time?: Partial<SourceHost['time']>; most?: number } = {},
): Promise<ReadFiles> {
  const source = await plugin.create(plugin.config.parse(config), hosts.source(time));
  const batches: SourceBatch[] = [];
  for await (const batch of source.read(from, new AbortController().signal)) {
    batches.push(batch);
    if (batches.length >= most) break;
  }
  await source.close?.();
  const rows = batches.flatMap(({ observations }) => observations);
  return { rows, batches, cursor: batches.length > 0 ? batches.at(-1)!.cursor : from };
}
