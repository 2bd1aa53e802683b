// The checkpoints of a pipeline in its data folder: a folder for each part.

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Checkpoints, KeptState, Look } from '../../ports/checkpoints.js';
import { FILE_SYSTEM, type FileSystem } from './disk.js';
import { inspectCheckpoint, inspectKeys } from './inspect.js';
import { FileCheckpoints } from './store.js';

const PREFIX = 'checkpoint';

export class FileParts implements Checkpoints {
  private readonly directory: string;
  private readonly fs: FileSystem;

  /** @param directory the data folder of the pipeline */
  constructor(directory: string, fs: FileSystem = FILE_SYSTEM) {
    this.directory = directory;
    this.fs = fs;
  }

  of(part: string): FileCheckpoints {
    return new FileCheckpoints(this.place(part), this.fs);
  }

  async parts(): Promise<string[]> {
    if (!existsSync(this.directory)) return [];
    return readdirSync(this.directory)
      .filter((name) => /^checkpoint(-ingest|-moving|-partition-\d+)?$/.test(name))
      .map((name) => name.slice(PREFIX.length + 1))
      .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  }

  place(part: string): string {
    return join(this.directory, part === '' ? PREFIX : `${PREFIX}-${part}`);
  }

  async look(part: string): Promise<Look | undefined> {
    return inspectCheckpoint(this.place(part));
  }

  async *states(part: string): AsyncGenerator<KeptState> {
    for (const { key, bytes, read } of inspectKeys(this.place(part))) yield { key, bytes, read: async () => read() };
  }

  async close(): Promise<void> {}
}
