// One file that is appended to.

import { type FileHandle, open, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeFolder, type PipelineSchema, QuantStreamError, type Sink, type SinkBatch } from '@quantstream/engine';
import { csvHeader, csvLine, recordsOf, type What } from './records.js';

export interface FileSettings {
  readonly format: 'jsonl' | 'csv';
  readonly write: readonly What[];
}

/** Appends whole lines; a batch that fails half-way is cut off again. */
export class FileSink implements Sink {
  private readonly settings: FileSettings;
  private readonly path: string;
  private readonly schema: PipelineSchema;
  private file: FileHandle | undefined;
  private length = 0;

  constructor(settings: FileSettings, path: string, schema: PipelineSchema) {
    this.settings = settings;
    this.path = path;
    this.schema = schema;
  }

  async open(): Promise<void> {
    makeFolder(dirname(this.path));
    await refuseOthers(this.path);
    this.file = await open(this.path, 'a+');
    this.length = await wholeLines(this.file);
    await this.file.truncate(this.length);
    const { format, write } = this.settings;
    if (format === 'csv' && this.length === 0) await this.append(`${csvHeader(write[0]!, this.schema).join(',')}\n`);
  }

  async write(batch: SinkBatch): Promise<void> {
    const { format, write } = this.settings;
    let text = '';
    for (const what of write) {
      for (const record of recordsOf(batch, what)) {
        text += format === 'csv' ? csvLine(record, csvHeader(what, this.schema)) : json(record);
        text += '\n';
      }
    }
    if (text !== '') await this.append(text);
  }

  async close(): Promise<void> {
    const { file } = this;
    this.file = undefined;
    await file?.close();
  }

  private async append(text: string): Promise<void> {
    const bytes = Buffer.from(text);
    try {
      await this.file!.appendFile(bytes);
      this.length += bytes.length;
    } catch (error) {
      await this.file!.truncate(this.length);
      throw error;
    }
  }
}

/** Only of a file half a batch can be cut off again. @throws QS_SINK_FAILED for a folder, a pipe or a device */
async function refuseOthers(path: string): Promise<void> {
  const there = await stat(path).catch(() => undefined);
  if (!there || there.isFile()) return;
  const what = there.isDirectory() ? 'a folder' : 'a pipe or a device';
  throw new QuantStreamError('QS_SINK_FAILED', `file: ${path} is no file but ${what}; name a file, or use: console`);
}

/** Bytes up to the last end of line: a process that was killed may have left half a line. */
async function wholeLines(file: FileHandle): Promise<number> {
  const { size } = await file.stat();
  const block = Buffer.alloc(64 * 1024);
  for (let end = size; end > 0; end -= block.length) {
    const start = Math.max(0, end - block.length);
    const { bytesRead } = await file.read(block, 0, end - start, start);
    const last = block.subarray(0, bytesRead).lastIndexOf(10);
    if (last >= 0) return start + last + 1;
  }
  return 0;
}

const json = (record: object): string =>
  JSON.stringify(record, (_, value) => (typeof value === 'number' && !Number.isFinite(value) ? null : value));
