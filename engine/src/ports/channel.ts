// Between the half that ingests and the half that detects.

import type { SourceBatch } from '../api/index.js';

/** A batch, and the partition of the stream that it belongs to. Its cursor is the partition's. */
export interface Delivered {
  readonly partition: number;
  readonly batch: SourceBatch;
}

/** Where the checkpoint of a partition stands. */
export interface Standing {
  /** `null`: at the beginning. */
  readonly cursor: string | null;
  /** Whether what was open at the end of the stream is closed: that end is over, and what is waited for comes behind it. */
  readonly closed: boolean;
}

/** What the detectors do when partitions come and go. */
export interface Partitions {
  /** A partition is ours from now on. */
  resume(partition: number): Promise<Standing>;
  /** A partition is no longer ours: its state is saved and let go of. */
  release(partition: number): Promise<void>;
}

/** Where the detectors get their batches: from a source in this process, or from a broker. */
export interface ChannelReader {
  /** Partitions that are ours from the start. */
  readonly own: readonly number[];
  /** Begins to read, each partition from where `resume` says. @throws the signal's reason if it aborts first */
  start(partitions: Partitions, signal: AbortSignal): Promise<void>;
  /** The next batch, or `undefined` once the stream has ended, or after `stop`. */
  receive(): Promise<Delivered | undefined>;
  /**
   * What waits behind the batch that was received last, of its partition, as far as there is room for so many observations. Absent where
   * batches are as large as they were made: in a topic they are as small as its partitions and the times at which they came make them.
   */
  more?(partition: number, room: number): readonly SourceBatch[];
  /** Partitions of which more is there than was received so far, or that are still to be opened. Absent where there is only one. */
  catchingUp?(): readonly number[];
  /** Ends `receive`. */
  stop(): void;
  /** After a checkpoint that holds `cursor`. Advisory: never throws for want of a connection. */
  commit(partition: number, cursor: string): Promise<void>;
  /**
   * The state of a partition is another process's now: nothing of it is delivered any more until it is given to us anew, and `resume` is
   * asked again. Absent where that cannot be.
   */
  forget?(partition: number): void;
  close(): Promise<void>;
  /** How many observations wait in this process. */
  readonly waiting: number;
  /** How many records wait in the broker; `undefined` without one. */
  readonly behind: number | undefined;
  /** Why nothing can be read just now. */
  readonly trouble: string | undefined;
}

/** Where a source's batches go on their way to detectors in other processes. */
export interface ChannelWriter {
  /** @throws the signal's reason if it aborts first */
  open(signal: AbortSignal): Promise<void>;
  /** Resolves when there is room for more. */
  send(batch: SourceBatch): Promise<void>;
  /** Resolves when everything sent so far is safe in the broker. @throws the signal's reason if it aborts first */
  flush(signal: AbortSignal): Promise<void>;
  /** The stream has ended: says so to every partition. */
  end(): Promise<void>;
  close(): Promise<void>;
  /** The cursor of the last batch that is safe in the broker; `undefined` before the first. */
  readonly safe: string | null | undefined;
  readonly waiting: number;
  readonly trouble: string | undefined;
}

/** What a batch takes of a queue's room: one that only tells the time counts as well, or they would pile up without bound. */
export const roomOf = (batch: SourceBatch): number => Math.max(1, batch.observations.length);

/** A queue of batches, bounded by observations, so that who takes them out holds who puts them in. */
export class BatchQueue<Item extends { readonly size: number }> {
  private queue: Item[] = [];
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

  /** Whether `put` would have to wait. */
  full(size: number): boolean {
    return this.queue.length > 0 && this.waiting + size > this.capacity && !this.ended;
  }

  /** Resolves when something was taken out, or the end has come. */
  room(): Promise<void> {
    return new Promise((resolve) => {
      const before = this.wakeSender;
      this.wakeSender = () => {
        before?.();
        resolve();
      };
    });
  }

  async put(item: Item): Promise<void> {
    while (this.full(item.size)) await this.room();
    if (this.ended) return;
    this.queue.push(item);
    this.waiting += item.size;
    this.wakeReceiver?.();
  }

  /** No more will be put in; `error` is thrown to the receiver after what was. */
  end(error?: unknown): void {
    if (error !== undefined) this.failure ??= { error };
    this.ended = true;
    this.wakeReceiver?.();
    this.wake();
  }

  /** Takes out what is not wanted any more. */
  purge(unwanted: (item: Item) => boolean): void {
    this.queue = this.queue.filter((item) => !unwanted(item));
    this.waiting = this.queue.reduce((sum, { size }) => sum + size, 0);
    this.wake();
  }

  /** The next one, or `undefined` at the end. */
  async take(): Promise<Item | undefined> {
    while (this.queue.length === 0 && !this.ended) {
      await new Promise<void>((resolve) => {
        this.wakeReceiver = resolve;
      });
    }
    const item = this.takeNow();
    if (item) return item;
    if (this.failure) throw this.failure.error;
    return undefined;
  }

  /** The next one, if one is here. */
  takeNow(): Item | undefined {
    const item = this.queue.shift();
    if (item) {
      this.waiting -= item.size;
      this.wake();
    }
    return item;
  }

  /** Whether something of this kind waits. */
  holds(wanted: (item: Item) => boolean): boolean {
    return this.queue.some(wanted);
  }

  /** Takes out what is wanted, in order, until one does not fit. */
  takeMore(wanted: (item: Item) => boolean, room: number): Item[] {
    const taken: Item[] = [];
    let left = this.queue.length === 0 ? 0 : room;
    const kept = this.queue.filter((item) => {
      if (left <= 0 || !wanted(item)) return true;
      left -= item.size;
      if (left < 0) return true;
      this.waiting -= item.size;
      taken.push(item);
      return false;
    });
    if (taken.length === 0) return taken;
    this.queue = kept;
    this.wake();
    return taken;
  }

  private wake(): void {
    const wake = this.wakeSender;
    this.wakeSender = undefined;
    wake?.();
  }
}
