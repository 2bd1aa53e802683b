import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeFolder, QuantStreamError } from '@quantstream/engine';
import type { Label } from '../fleet.js';

/** The labels file: begun anew by every simulation, one JSON line after the other. */
export class LabelsFile {
  private readonly path: string | undefined;
  private file: FileHandle | undefined;
  private waiting = '';

  /** @param path absolute; absent: nothing is written */
  constructor(path: string | undefined) {
    this.path = path;
  }

  add(label: Label): void {
    if (this.path !== undefined) this.waiting += `${JSON.stringify(label)}\n`;
  }

  /** Writes what was added. @throws QS_SOURCE_FAILED where the file cannot be written */
  async flush(): Promise<void> {
    const { path, waiting } = this;
    if (path === undefined) return;
    this.waiting = '';
    try {
      if (this.file === undefined) {
        makeFolder(dirname(path));
        this.file = await open(path, 'w');
      }
      if (waiting !== '') await this.file.write(waiting);
    } catch (cause) {
      throw new QuantStreamError('QS_SOURCE_FAILED', `mavlink: cannot write the labels to ${path}: ${String(cause)}`, { cause });
    }
  }

  /** Twice is fine. */
  async close(): Promise<void> {
    const { file } = this;
    this.file = undefined;
    await file?.close();
  }
}
