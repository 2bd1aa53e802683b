import { createReadStream, existsSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { makeFolder } from '../api/index.js';
import { type DeadLetters, type Found, foundAt } from '../ports/dead-letters.js';
import type { Letter, Mark } from '../ports/letters/letter.js';
import { entryFrom } from '../ports/letters/read.js';

/** Dead letters as JSON lines; the file is made with the first one. */
export class FileDeadLetters implements DeadLetters {
  readonly place: string;
  private file: Promise<FileHandle> | undefined;

  constructor(path: string) {
    this.place = path;
  }

  async put(entry: Letter | Mark): Promise<void> {
    const file = await this.opened();
    await file.appendFile(`${JSON.stringify(entry)}\n`);
    await file.datasync();
  }

  private async opened(): Promise<FileHandle> {
    this.file ??= this.make();
    try {
      return await this.file;
    } catch (error) {
      // The next letter tries anew.
      this.file = undefined;
      throw error;
    }
  }

  private async make(): Promise<FileHandle> {
    makeFolder(dirname(this.place));
    const file = await open(this.place, 'a+');
    const { size } = await file.stat();
    if (size > 0) {
      // What a crash cut off must not spoil the letter behind it.
      const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
      if (buffer[0] !== 0x0a) await file.appendFile('\n');
    }
    return file;
  }

  async *read(): AsyncGenerator<Found> {
    if (!existsSync(this.place)) return;
    let number = 0;
    for await (const line of createInterface({ input: createReadStream(this.place), crlfDelay: Number.POSITIVE_INFINITY })) {
      number++;
      if (line.trim() === '') continue;
      yield foundAt(`${this.place}:${number}`, () => entryFrom(line));
    }
  }

  async close(): Promise<void> {
    const file = this.file;
    this.file = undefined;
    await (await file)?.close();
  }
}
