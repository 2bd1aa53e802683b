// The channel of a pipeline that runs in one process.

import { isNamed, messageOf, QuantStreamError, type Source, type SourceBatch } from '../api/index.js';
import { BatchQueue, type ChannelReader, type Delivered, type Partitions, roomOf } from '../ports/channel.js';
import type { Stages } from '../vitals/stages.js';

interface Queued {
  readonly batch: SourceBatch;
  readonly size: number;
}

/** The channel inside one process: the source is read ahead of the detectors, as far as there is room, as one partition. */
export class DirectReader implements ChannelReader {
  readonly own = [0];
  readonly behind = undefined;
  readonly trouble = undefined;
  private readonly source: Source;
  private readonly queue: BatchQueue<Queued>;
  private readonly stages: Stages;
  private readonly abort = new AbortController();
  private pumping: Promise<void> | undefined;

  /** @param capacity observations that may wait */
  constructor(source: Source, capacity: number, stages: Stages) {
    this.source = source;
    this.stages = stages;
    this.queue = new BatchQueue(capacity);
  }

  async start(partitions: Partitions, signal: AbortSignal): Promise<void> {
    const { cursor } = await partitions.resume(0);
    this.pumping = this.pump(cursor, AbortSignal.any([signal, this.abort.signal]));
  }

  private async pump(cursor: string | null, signal: AbortSignal): Promise<void> {
    try {
      for await (const batch of this.source.read(cursor, signal)) {
        if (signal.aborted) break;
        if (batch.observations.length > 0) this.stages.arrived(batch.observations[0]!, batch.watermark !== undefined);
        await this.queue.put({ batch, size: roomOf(batch) });
      }
      this.queue.end();
    } catch (error) {
      this.queue.end(sourceError(error));
    }
  }

  async receive(): Promise<Delivered | undefined> {
    const next = await this.queue.take();
    return next && { partition: 0, batch: next.batch };
  }

  stop(): void {
    this.queue.end();
  }

  async commit(_: number, cursor: string): Promise<void> {
    await this.source.commit?.(cursor);
  }

  async close(): Promise<void> {
    this.abort.abort(new Error('the pipeline has ended'));
    this.queue.end();
    await this.pumping;
    await this.source.close?.();
  }

  get waiting(): number {
    return this.queue.waiting;
  }
}

/** What a source threw: its own named error, or one that says that it gave up. */
export function sourceError(error: unknown): unknown {
  if (isNamed(error)) return error;
  return new QuantStreamError('QS_SOURCE_FAILED', `the source gave up: ${messageOf(error)}`, { cause: error });
}
