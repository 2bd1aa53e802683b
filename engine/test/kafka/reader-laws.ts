// What every reading end of a broker promises, over the port: whichever client library is behind it.

import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { type Observation, QuantStreamError } from '../../src/api/index.js';
import type { ChannelReader, Delivered, Partitions, Standing } from '../../src/ports/channel.js';
import { until } from './support.js';

/** A broker, and readers of its topics. */
export interface Broker {
  /** A reader that is not started. @param buffer observations that may wait in it */
  reader(topic: string, group: string, partitions: number, buffer: number): ChannelReader;
  /** Writes observations as an ingesting half does, a batch each; makes the topic if need be. */
  write(topic: string, partitions: number, batches: readonly (readonly Observation[])[]): Promise<void>;
  /** Kills the broker and starts it again, with what it had stored. */
  bounce(): Promise<void>;
  /** Deletes a topic and makes another of the same name. */
  recreate(topic: string, partitions: number): Promise<void>;
  /** Deletes the records of a partition before an offset. */
  deleteBefore(topic: string, partition: number, offset: number): Promise<void>;
  /** Commits the group's offsets, as a member of it. */
  commit(topic: string, group: string, offsets: readonly number[]): Promise<void>;
  /** Where each partition ends. */
  ends(topic: string): Promise<number[]>;
}

/** How long a group may take to deal its partitions anew, where nobody in it has died, ms. */
const DEALT_WITHIN = 10_000;
const KEYS = 12;
const START = 1_700_000_000_000;

const observations = (from: number, to: number): Observation[] =>
  Array.from({ length: to - from }, (_, i) => {
    const sequence = Math.floor((from + i) / KEYS) + 1;
    const time = START + (from + i) * 100;
    return { key: `key-${(from + i) % KEYS}`, type: 'reading', sequence, time, received: time, values: { level: i } };
  });
const batches = (from: number, to: number, size: number) =>
  Array.from({ length: Math.ceil((to - from) / size) }, (_, i) =>
    observations(from + i * size, Math.min(to, from + (i + 1) * size)),
  );

/**
 * A detector without anything to judge: it keeps what it was given, and where each partition stands. A state is one member's at a time, as
 * stores have it: who was thrown out of the group goes on until it hears of that, and nobody else begins before.
 */
class Member implements Partitions {
  readonly calls: string[] = [];
  readonly given: Delivered[] = [];
  readonly held = new Set<number>();
  failure: unknown;
  /** Whether it takes what there is. */
  takes = true;
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
      while (!this.takes) await new Promise((resolve) => setTimeout(resolve, 20));
      const next = await this.reader.receive();
      if (!next) return;
      // As the runner does: what was taken away meanwhile is somebody else's.
      if (!this.held.has(next.partition)) continue;
      this.given.push(next);
      this.states.set(next.partition, next.batch.cursor!);
      await this.reader.commit(next.partition, next.batch.cursor!);
    }
  }

  get trouble(): string | undefined {
    return this.reader.trouble;
  }
  async end(): Promise<void> {
    this.takes = true;
    this.reader.stop();
    await this.running;
    await this.reader.close();
    for (const partition of [...this.held]) this.letGo(partition);
  }
}

const ids = (members: readonly Member[]) =>
  members.flatMap(({ given }) =>
    given.flatMap(({ batch }) => batch.observations.map(({ key, sequence }) => `${key}/${sequence}`)),
  );
const lost = (members: readonly Member[]) =>
  members.flatMap(({ given }) => given.flatMap(({ batch }) => (batch.missing ?? []).map(({ count = 1 }) => count)));
const expected = (to: number) => observations(0, to).map(({ key, sequence }) => `${key}/${sequence}`);

/** Tests of each law. */
export function readerLaws(broker: () => Broker): void {
  const setting = (partitions: number, buffer = 100_000) => {
    const topic = randomUUID();
    const states = new Map<number, string>();
    const locks = new Map<number, Member>();
    const member = () => new Member(broker().reader(topic, topic, partitions, buffer), states, locks);
    return { topic, states, member };
  };

  it('gives every record once and in order within its partition', async () => {
    const { topic, member } = setting(3);
    await broker().write(topic, 3, batches(0, 600, 50));
    const one = member().start();
    await until(() => ids([one]).length >= 600, 'everything');
    await one.end();
    expect(ids([one]).sort()).toEqual(expected(600).sort());
    for (let key = 0; key < KEYS; key++) {
      const own = ids([one]).filter((id) => id.startsWith(`key-${key}/`));
      expect(own).toEqual(expected(600).filter((id) => id.startsWith(`key-${key}/`)));
    }
  });

  it('begins where its state stands and nowhere else, whatever the group has committed', async () => {
    const { topic, states, member } = setting(2);
    await broker().write(topic, 2, batches(0, 400, 20));
    const first = member().start();
    await until(() => ids([first]).length >= 400, 'everything');
    await first.end();
    // A third of each partition is judged again.
    const back = new Map(
      [0, 1].map((partition) => {
        const own = first.given.filter((one) => one.partition === partition);
        return [partition, own[Math.floor(own.length / 3)]!.batch.cursor!];
      }),
    );
    const [ends] = [await broker().ends(topic)];
    for (const offsets of [ends, ends.map((end) => end - 5), ends.map(() => 0)]) {
      for (const [partition, cursor] of back) states.set(partition, cursor);
      await broker().commit(topic, topic, offsets);
      const again = member().start();
      const last = () =>
        [0, 1].every(
          (partition) => states.get(partition) === first.given.findLast((one) => one.partition === partition)!.batch.cursor,
        );
      await until(last, 'the end');
      await again.end();
      for (const partition of [0, 1]) {
        const own = first.given.filter((one) => one.partition === partition);
        const rest = own.slice(own.findIndex(({ batch }) => batch.cursor === back.get(partition)) + 1);
        expect(again.given.filter((one) => one.partition === partition)).toEqual(rest);
      }
      expect(lost([again])).toEqual([]);
    }
  });

  it('counts what was deleted before it was read, once, and nothing else', async () => {
    const { topic, states, member } = setting(1);
    await broker().write(topic, 1, batches(0, 200, 20));
    const first = member().start();
    await until(() => ids([first]).length >= 200, 'everything');
    await first.end();
    const stood = first.given[2]!.batch.cursor!;
    states.set(0, stood);
    const next = Number(stood.split(' ')[0]);
    await broker().deleteBefore(topic, 0, next + 30);
    const second = member().start();
    await until(() => ids([second]).length > 0 && states.get(0) === first.given.at(-1)!.batch.cursor, 'the rest');
    await second.end();
    expect(lost([second])).toEqual([30]);
    const third = member().start();
    await broker().write(topic, 1, batches(200, 240, 20));
    await until(() => ids([third]).length >= 40, 'what came after');
    await third.end();
    expect(lost([third])).toEqual([]);
  });

  it('does not touch a partition that stays when the group deals its partitions anew', async () => {
    const { topic, member } = setting(4);
    await broker().write(topic, 4, batches(0, 400, 20));
    const first = member().start();
    await until(() => ids([first]).length >= 400, 'everything');
    const second = member().start();
    await until(() => second.held.size === 2 && first.held.size === 2, 'both to have a half');
    await broker().write(topic, 4, batches(400, 800, 20));
    await until(() => ids([first, second]).length >= 800, 'the rest');
    for (const partition of first.held)
      expect(first.calls.filter((call) => call.endsWith(` ${partition}`))).toEqual([`resume ${partition}`]);
    await second.end();
    await until(() => first.held.size === 4, 'everything to come back');
    await broker().write(topic, 4, batches(800, 900, 20));
    await until(() => ids([first, second]).length >= 900, 'what came after');
    await first.end();
    expect(ids([first, second]).sort()).toEqual(expected(900).sort());
    expect(lost([first, second])).toEqual([]);
  }, 60_000);

  it('lets its group deal the partitions anew at once, however long its own batches wait, and goes on where it stood', async () => {
    const { topic, member } = setting(2, 10);
    await broker().write(topic, 2, batches(0, 2_000, 10));
    const first = member().start();
    await until(() => ids([first]).length > 20, 'a beginning');
    first.takes = false;
    // Longer than the session of a member.
    await new Promise((resolve) => setTimeout(resolve, 12_000));
    const joined = Date.now();
    const second = member().start();
    await until(() => second.held.size === 1, 'the second to get its part');
    expect(Date.now() - joined).toBeLessThan(DEALT_WITHIN);
    first.takes = true;
    await until(() => ids([first, second]).length >= 2_000, 'everything');
    await Promise.all([first.end(), second.end()]);
    expect(ids([first, second]).sort()).toEqual(expected(2_000).sort());
    expect(lost([first, second])).toEqual([]);
  }, 60_000);

  it('goes on after the broker was killed and came back, without a repeat and without a hole', async () => {
    const { topic, member } = setting(2, 200);
    await broker().write(topic, 2, batches(0, 1_000, 10));
    const one = member().start();
    await until(() => ids([one]).length > 100, 'a beginning');
    await broker().bounce();
    await broker().write(topic, 2, batches(1_000, 2_000, 10));
    await until(() => ids([one]).length >= 2_000, 'what came after');
    await one.end();
    expect(ids([one]).sort()).toEqual(expected(2_000).sort());
    expect(lost([one])).toEqual([]);
    expect(one.failure).toBeUndefined();
  }, 120_000);

  it('says that a topic is another than the one it has read, and gives nothing of it', async () => {
    const { topic, states, member } = setting(2);
    await broker().write(topic, 2, batches(0, 400, 20));
    const first = member().start();
    await until(() => ids([first]).length >= 400, 'everything');
    await first.end();
    const before = new Map(states);
    await broker().recreate(topic, 2);
    await broker().write(topic, 2, batches(0, 800, 20));
    const second = member().start();
    await until(() => second.failure !== undefined, 'the word');
    await second.end();
    expect(second.failure).toMatchObject({ code: 'QS_CHANNEL_REPLACED' });
    expect(ids([second])).toEqual([]);
    expect(new Map(states)).toEqual(before);
  });
}
