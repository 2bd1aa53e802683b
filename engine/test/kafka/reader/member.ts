// A detector that judges nothing, and what it is given: for the laws of reading.

import { type Observation, QuantStreamError } from '../../../src/api/index.js';
import type { ChannelReader, Delivered, Partitions, Standing } from '../../../src/ports/channel.js';

export const KEYS = 12;
const START = 1_700_000_000_000;

const observations = (from: number, to: number): Observation[] =>
  Array.from({ length: to - from }, (_, i) => {
    const sequence = Math.floor((from + i) / KEYS) + 1;
    const time = START + (from + i) * 100;
    return { key: `key-${(from + i) % KEYS}`, type: 'reading', sequence, time, received: time, values: { level: i } };
  });
export const batches = (from: number, to: number, size: number) =>
  Array.from({ length: Math.ceil((to - from) / size) }, (_, i) =>
    observations(from + i * size, Math.min(to, from + (i + 1) * size)),
  );

/**
 * A detector without anything to judge: it keeps what it was given, and where each partition stands. A state is one member's at a time, as
 * stores have it: who was thrown out of the group goes on until it hears of that, and nobody else begins before.
 */
export class Member implements Partitions {
  readonly calls: string[] = [];
  readonly given: Delivered[] = [];
  readonly held = new Set<number>();
  failure: unknown;
  /** It takes so many batches, and no more for now. */
  most = Number.POSITIVE_INFINITY;
  private readonly states: Map<number, string>;
  private readonly locks: Map<number, Member>;
  private readonly stop = new AbortController();
  private readonly reader: ChannelReader;
  private running: Promise<void> | undefined;

  /** @param states where the partitions stand, for all members @param locks who has which */
  constructor(reader: ChannelReader, states: Map<number, string>, locks: Map<number, Member>) {
    this.reader = reader;
    this.states = states;
    this.locks = locks;
  }

  async resume(partition: number): Promise<Standing> {
    if ((this.locks.get(partition) ?? this) !== this) throw new QuantStreamError('QS_STATE_LOCKED', 'another member has it');
    this.locks.set(partition, this);
    this.calls.push(`resume ${partition}`);
    this.held.add(partition);
    return { cursor: this.states.get(partition) ?? null, closed: true };
  }
  async release(partition: number): Promise<void> {
    this.calls.push(`release ${partition}`);
    this.letGo(partition);
  }
  private letGo(partition: number): void {
    this.held.delete(partition);
    if (this.locks.get(partition) === this) this.locks.delete(partition);
  }

  start(): this {
    this.running = this.run().catch((error) => {
      this.failure = error;
    });
    return this;
  }
  private async run(): Promise<void> {
    await this.reader.start(this, this.stop.signal);
    for (;;) {
      while (this.given.length >= this.most) await new Promise((resolve) => setTimeout(resolve, 20));
      const next = await this.reader.receive();
      if (!next) return;
      // As the runner does: what was taken away meanwhile is somebody else's.
      if (!this.held.has(next.partition)) continue;
      this.given.push(next);
      this.states.set(next.partition, next.batch.cursor!);
      await this.reader.commit(next.partition, next.batch.cursor!);
    }
  }

  /** Another process has taken the state of a partition, and goes on from there. */
  lose(partition: number, cursor: string): void {
    this.reader.forget!(partition);
    this.letGo(partition);
    this.states.set(partition, cursor);
  }
  get trouble(): string | undefined {
    return this.reader.trouble;
  }
  async end(): Promise<void> {
    this.most = Number.POSITIVE_INFINITY;
    this.reader.stop();
    await this.running;
    await this.reader.close();
    for (const partition of [...this.held]) this.letGo(partition);
  }
}

export const ids = (members: readonly Pick<Member, 'given'>[]) =>
  members.flatMap(({ given }) =>
    given.flatMap(({ batch }) => batch.observations.map(({ key, sequence }) => `${key}/${sequence}`)),
  );
export const lost = (members: readonly Member[]) =>
  members.flatMap(({ given }) => given.flatMap(({ batch }) => (batch.missing ?? []).map(({ count = 1 }) => count)));
export const expected = (to: number) => observations(0, to).map(({ key, sequence }) => `${key}/${sequence}`);
