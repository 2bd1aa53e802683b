// Lines that are only ever added, in a file of the data folder.

import { existsSync } from 'node:fs';
import { mkdir, open, readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Notebook } from '../api/index.js';

/** A file that is only ever appended to: several processes may add a line, and each reads what the others have added. */
export class FileNotebook implements Notebook {
  private readonly path: string;
  private seen = '';

  constructor(path: string) {
    this.path = path;
  }

  async add(line: string): Promise<void> {
    await mkdir(dirname(this.path), { recursive: true });
    const file = await open(this.path, 'a+');
    try {
      const { size } = await file.stat();
      const last = size === 0 ? '\n' : (await file.read(Buffer.alloc(1), 0, 1, size - 1)).buffer.toString();
      // Behind a line that a crash has cut a new one begins.
      await file.appendFile(`${last === '\n' ? '' : '\n'}${line}\n`);
      await file.sync();
    } finally {
      await file.close();
    }
    this.seen = '';
  }

  async read(): Promise<readonly string[] | undefined> {
    if (!existsSync(this.path)) return undefined;
    const { size, mtimeMs, ino } = await stat(this.path);
    const stamp = `${size} ${mtimeMs} ${ino}`;
    if (stamp === this.seen) return undefined;
    const lines = (await readFile(this.path, 'utf8')).split('\n');
    this.seen = stamp;
    return lines;
  }
}
