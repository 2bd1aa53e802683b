import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type DeadLetter, makeFolder } from '../api/index.js';
import type { DeadLetters } from '../ports/dead-letters.js';

/** Dead letters as JSON lines; the file is made with the first one. */
export class FileDeadLetters implements DeadLetters {
  private readonly path: string;
  private readonly pipeline: string;
  private file: Promise<FileHandle> | undefined;

  constructor(path: string, pipeline: string) {
    this.path = path;
    this.pipeline = pipeline;
  }

  async put(part: string, letter: DeadLetter): Promise<void> {
    this.file ??= this.make();
    const file = await this.file;
    // NaN is no JSON; as text it survives.
    const plain = (_: string, value: unknown) => (typeof value === 'number' && !Number.isFinite(value) ? String(value) : value);
    const line = JSON.stringify({ at: new Date().toISOString(), pipeline: this.pipeline, part, ...letter }, plain);
    await file.appendFile(`${line}\n`);
    await file.datasync();
  }

  private async make(): Promise<FileHandle> {
    makeFolder(dirname(this.path));
    return open(this.path, 'a');
  }

  async close(): Promise<void> {
    const file = this.file;
    this.file = undefined;
    await (await file)?.close();
  }
}
