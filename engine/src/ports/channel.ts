import type { SourceBatch } from '../api/index.js';

/** What carries batches from the source to the detectors. */
export interface Channel {
  /** Resolves when there is room for more. */
  send(batch: SourceBatch): Promise<void>;
  /** No more will be sent; `error` is thrown to the receiver after what was sent. */
  end(error?: unknown): void;
  /** The next batch, or `undefined` at the end. */
  receive(): Promise<SourceBatch | undefined>;
  /** How many observations wait in it. */
  readonly waiting: number;
}

/** The channel inside one process: a queue bounded by observations, so that a slow sink holds the source. */
export class ProcessChannel implements Channel {
  private readonly queue: SourceBatch[] = [];
  private readonly capacity: number;
  private ended = false;
  private failure: { error: unknown } | undefined;
  private wakeReceiver: (() => void) | undefined;
  private wakeSender: (() => void) | undefined;
  waiting = 0;

  /** @param capacity observations; a batch larger than it still passes, alone */
  constructor(capacity: number) {
    this.capacity = capacity;
  }

  async send(batch: SourceBatch): Promise<void> {
    while (this.queue.length > 0 && this.waiting + batch.observations.length > this.capacity && !this.ended) {
      await new Promise<void>((resolve) => {
        this.wakeSender = resolve;
      });
    }
    if (this.ended) return;
    this.queue.push(batch);
    this.waiting += batch.observations.length;
    this.wakeReceiver?.();
  }

  end(error?: unknown): void {
    if (error !== undefined) this.failure ??= { error };
    this.ended = true;
    this.wakeReceiver?.();
    this.wakeSender?.();
  }

  async receive(): Promise<SourceBatch | undefined> {
    while (this.queue.length === 0 && !this.ended) {
      await new Promise<void>((resolve) => {
        this.wakeReceiver = resolve;
      });
    }
    const batch = this.queue.shift();
    if (batch) {
      this.waiting -= batch.observations.length;
      this.wakeSender?.();
      return batch;
    }
    if (this.failure) throw this.failure.error;
    return undefined;
  }
}
