// One partition of a topic while it is read: what has come, what was taken, and what the place is recognised by.

import type { KafkaMessage } from 'kafkajs';
import { fingerprintOf, type Place } from '../seal.js';

/** A partition, with what has come of it and was not taken. */
export interface Loaded {
  readonly partition: number;
  /** Offset of the next record to take. */
  readonly next: number;
  /** Behind the last record that the broker is known to have. */
  readonly high: number;
  /** Whether the broker has more than was taken. */
  readonly behind: boolean;
  /** The record at hand; absent: none has come. */
  readonly message: KafkaMessage | undefined;
}

/** Records of one fetch. */
interface Chunk {
  readonly messages: readonly KafkaMessage[];
  readonly end: number;
}

/** So many fetches of a partition wait here; then it is left out of the next ones. */
const CHUNKS = 2;

/** One partition while it is read. */
export class Partition implements Loaded {
  readonly partition: number;
  next: number;
  high = 0;
  /** The record before `next`, as it was read or as it is known from before. */
  before: KafkaMessage | Place['before'];
  recognised = false;
  /** Behind the last record that has come. */
  fetched: number;
  /** Whether it is left out of fetches, as enough of it waits. */
  paused = false;
  private chunks: Chunk[] = [];
  private at = 0;

  constructor(partition: number, { next, before }: Place) {
    this.partition = partition;
    this.next = next;
    this.fetched = next;
    this.before = before;
  }

  get from(): number {
    return this.before === undefined ? this.next : this.next - 1;
  }
  get message(): KafkaMessage | undefined {
    return this.chunks[0]?.messages[this.at];
  }
  get behind(): boolean {
    return this.next < this.high;
  }
  /** Whether so much waits that no more need come for now. */
  get full(): boolean {
    return this.chunks.length >= CHUNKS;
  }

  /** Adds records. @param end behind the last offset of what was fetched: marks of transactions count */
  load(messages: readonly KafkaMessage[], end: number): void {
    this.chunks.push({ messages, end });
    this.fetched = Math.max(this.fetched, end);
    this.pass();
  }

  take(): void {
    const message = this.chunks[0]!.messages[this.at++]!;
    this.next = Number(message.offset) + 1;
    this.before = message;
    this.pass();
  }

  private pass(): void {
    for (let first = this.chunks[0]; first && this.at >= first.messages.length; first = this.chunks[0]) {
      this.chunks.shift();
      this.at = 0;
      if (first.end > this.next) this.moveTo(first.end);
    }
  }

  /** There are no records before `next`, or none any more: none that could be recognised again. */
  moveTo(next: number): void {
    this.next = next;
    this.fetched = Math.max(this.fetched, next);
    this.before = undefined;
    this.recognised = true;
  }

  /** What was not taken comes again. */
  letGo(): void {
    this.chunks = [];
    this.at = 0;
    this.fetched = this.next;
    this.paused = false;
  }

  place(): Place {
    const { next, before } = this;
    return { next, before: before && 'sum' in before ? before : before && fingerprintOf(before) };
  }
}
