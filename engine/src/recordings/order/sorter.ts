/** Sorts any number of observations by time in bounded memory: runs that are sorted each, spilled to a file, and merged. */
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messageOf, type Observation, QuantStreamError } from '../../api/index.js';
import { Earliest } from '../merge.js';
import { packed, sizeOf, unpacked } from './packed-rows.js';

/** Rows that are sorted at once, at most, and what they may weigh, bytes. */
const RUN_ROWS = 200_000;
const RUN_BYTES = 64 * 1024 * 1024;
/** Of each run so many rows are in memory while runs are merged, at most. */
const BLOCK_ROWS = 256;
const BLOCK_BYTES = 256 * 1024;

export interface SorterLimits {
  readonly runRows?: number;
  readonly blockRows?: number;
}

/**
 * By time, of equal times by sequence, then in the order in which they were added. What does not fit into one run is written to a file in
 * the system's temporary folder (`TMPDIR`), which `close` deletes. Memory: one run of 200,000 rows while they are added; while they are
 * merged 256 rows of each run.
 */
export class Sorter {
  private readonly runRows: number;
  private readonly blockRows: number;
  private rows: Observation[] = [];
  private bytes = 0;
  private readonly runs: Run[] = [];
  private folder: string | undefined;
  private file: FileHandle | undefined;
  private end = 0;

  constructor({ runRows = RUN_ROWS, blockRows = BLOCK_ROWS }: SorterLimits = {}) {
    this.runRows = runRows;
    this.blockRows = blockRows;
  }

  /** @throws QS_DATA_FOLDER where a run cannot be spilled */
  async add(row: Observation): Promise<void> {
    if (this.rows.length >= this.runRows || this.bytes >= RUN_BYTES) await this.spill();
    this.rows.push(row);
    this.bytes += sizeOf(row);
  }

  /** All of them, in pieces of `size`. Once. */
  async *sorted(size: number): AsyncGenerator<Observation[]> {
    this.rows.sort(compare);
    if (this.runs.length === 0) {
      for (let at = 0; at < this.rows.length; at += size) yield this.rows.slice(at, at + size);
      return;
    }
    await this.spill();
    for (const run of this.runs) await run.load();
    const order = new Earliest(this.runs);
    let out: Observation[] = [];
    while (order.size > 0) {
      const run = order.first;
      out.push(run.take());
      if (run.empty) await run.load();
      if (run.over) order.remove();
      else if (!order.leads()) order.settle();
      if (out.length >= size) {
        yield out;
        out = [];
      }
    }
    if (out.length > 0) yield out;
  }

  /** Writes the rows at hand as a run. */
  private async spill(): Promise<void> {
    const { rows } = this;
    this.rows = [];
    this.bytes = 0;
    rows.sort(compare);
    try {
      this.folder ??= await mkdtemp(join(tmpdir(), 'quantstream-sort-'));
      this.file ??= await open(join(this.folder, 'runs'), 'w+');
      const blocks: Block[] = [];
      for (let at = 0; at < rows.length; ) {
        let to = at;
        for (let bytes = 0; to < rows.length && to - at < this.blockRows && bytes < BLOCK_BYTES; to++) bytes += sizeOf(rows[to]!);
        const block = packed(rows.slice(at, to));
        await this.file.write(block, 0, block.length, this.end);
        blocks.push({ at: this.end, length: block.length });
        this.end += block.length;
        at = to;
      }
      this.runs.push(new Run(this.file, blocks));
    } catch (cause) {
      const where = this.folder ?? tmpdir();
      throw new QuantStreamError(
        'QS_DATA_FOLDER',
        `rows that are sorted cannot be kept in ${where}: ${messageOf(cause)}; TMPDIR names another folder with more room`,
        { cause },
      );
    }
  }

  /** Deletes what was spilled. Twice is fine. */
  async close(): Promise<void> {
    const { file, folder } = this;
    this.file = undefined;
    this.folder = undefined;
    this.rows = [];
    await file?.close();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

interface Block {
  readonly at: number;
  readonly length: number;
}

/** A sorted run in the file, read a block at a time. */
class Run {
  private readonly file: FileHandle;
  private readonly blocks: readonly Block[];
  private next = 0;
  private rows: Observation[] = [];
  private first = 0;

  constructor(file: FileHandle, blocks: readonly Block[]) {
    this.file = file;
    this.blocks = blocks;
  }

  get time(): number {
    return this.rows[this.first]!.time;
  }

  get tie(): number {
    return this.rows[this.first]!.sequence;
  }

  /** Whether the next block has to be loaded. */
  get empty(): boolean {
    return this.first >= this.rows.length;
  }

  get over(): boolean {
    return this.empty && this.next >= this.blocks.length;
  }

  take(): Observation {
    return this.rows[this.first++]!;
  }

  async load(): Promise<void> {
    const block = this.blocks[this.next];
    if (!block) return;
    this.next++;
    const { buffer } = await this.file.read(Buffer.allocUnsafe(block.length), 0, block.length, block.at);
    this.rows = unpacked(buffer);
    this.first = 0;
  }
}

function compare(a: Observation, b: Observation): number {
  return a.time - b.time || a.sequence - b.sequence;
}
