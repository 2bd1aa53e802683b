import { type FileHandle, open } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeFolder, QuantStreamError } from '@quantstream/engine';
import type { Anomaly } from './anomalies.js';

/** One injected anomaly as a line of the labels file: times in ms since the epoch. */
export interface Label {
  readonly key: string;
  readonly kind: string;
  readonly from: number;
  readonly to: number;
  readonly magnitude: number;
}

export function labelOf(key: string, anomaly: Anomaly, start: number): Label {
  const from = Math.floor(start + anomaly.from * 1_000);
  const to = Math.ceil(start + anomaly.to * 1_000);
  return { key, kind: anomaly.kind, from, to, magnitude: Number(anomaly.magnitude.toPrecision(4)) };
}

/** The labels file. What stands behind a resumed position is written again, byte for byte the same. */
export class LabelsFile {
  /** Bytes written so far: part of the cursor. */
  bytes: number;
  private file: FileHandle | undefined;
  private readonly path: string | undefined;
  private waiting = '';

  constructor(path: string | undefined, bytes: number) {
    this.path = path;
    this.bytes = bytes;
  }

  add(label: Label): void {
    if (this.path !== undefined) this.waiting += `${JSON.stringify(label)}\n`;
  }

  /** Writes what was added. */
  async flush(): Promise<void> {
    if (this.path === undefined) return;
    this.file ??= await this.begin(this.path);
    if (this.waiting === '') return;
    const text = Buffer.from(this.waiting);
    this.waiting = '';
    await this.file.write(text, 0, text.length, this.bytes);
    this.bytes += text.length;
  }

  private async begin(path: string): Promise<FileHandle> {
    try {
      makeFolder(dirname(path));
      const file = await open(path, this.bytes === 0 ? 'w' : 'a').then(async (made) => {
        await made.close();
        return open(path, 'r+');
      });
      await file.truncate(this.bytes);
      return file;
    } catch (cause) {
      throw new QuantStreamError('QS_SOURCE_FAILED', `binance: cannot write the labels to ${path}: ${String(cause)}`, { cause });
    }
  }

  async close(): Promise<void> {
    const { file } = this;
    this.file = undefined;
    await file?.close();
  }
}
