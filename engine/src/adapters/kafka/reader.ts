// The reading end of a topic: the partitions of a consumer group, each from where its checkpoint stands.

import type { Admin, Consumer, EachBatchPayload } from 'kafkajs';
import { type Missing, messageOf, type Observation } from '../../api/index.js';
import { BatchQueue, type ChannelReader, type Delivered, type Partitions, roomOf } from '../../ports/channel.js';
import { KafkaConnection, type KafkaParts, orAbort } from './connection.js';
import { type Control, decodeControl, decodeObservation } from './records.js';

export interface ReaderParts extends KafkaParts {
  /** Observations that may wait for the detectors. */
  readonly buffer: number;
  readonly drop: (reason: string, detail: string) => void;
}

/** A detector that was killed, or a broker that came back, costs its group this long. */
const SESSION_MS = 10_000;
const HEARTBEAT_MS = 3_000;
/** Observations without a control record behind them are handed over at this many: a batch is never larger. */
const LARGEST_BATCH = 65_536;
const LAG_EVERY = 5_000;
const LOCK_RETRY = 250;
const RESTART_PAUSE = 1_000;
/** What opening a partition ends in when the group took it away meanwhile. */
const TAKEN_AWAY = Symbol('taken away');
/** A group without trouble has shared its partitions out by then, ms. */
const JOIN_EXPECTED = 3_000;

/** Where the reading of one partition stands. */
interface Position {
  readonly partition: number;
  /** The offset of the next record to take. */
  next: number;
  /** Whether the broker was asked for exactly that one. */
  sought: boolean;
  /** Observations whose control record has not come yet. */
  pending: Observation[];
  missing: Missing[];
  ended: boolean;
  /** Behind the last record that the broker has. */
  high: number;
}

type Queued = Delivered & { readonly size: number };

/**
 * Reads a topic as a member of a consumer group. The checkpoint is the truth: each partition goes on where its checkpoint stands, whatever
 * the group has committed; commits are for those who watch the group's lag. A partition that the group takes away is let go of with a
 * checkpoint, and its waiting batches are discarded.
 */
export class KafkaReader implements ChannelReader {
  readonly own: readonly number[] = [];
  private readonly connection: KafkaConnection;
  private readonly parts: ReaderParts;
  private readonly queue: BatchQueue<Queued>;
  private readonly positions = new Map<number, Promise<Position>>();
  private readonly settled = new Map<number, Position>();
  private readonly releases = new Map<number, Promise<void>>();
  /** Partitions whose state another detector has taken, until the group deals its partitions anew. */
  private readonly forgotten = new Set<number>();
  private readonly abort = new AbortController();
  private readonly admin: Admin;
  private consumer: Consumer;
  private partitions!: Partitions;
  private assigned: readonly number[] = [];
  private watch: NodeJS.Timeout | undefined;
  private alive = false;
  /** Why there are no partitions yet. */
  private waits: string | undefined;
  private joining: NodeJS.Timeout | undefined;

  constructor(parts: ReaderParts) {
    this.parts = parts;
    this.connection = new KafkaConnection(parts, 'detect');
    this.queue = new BatchQueue(parts.buffer);
    this.admin = this.connection.client.admin();
    this.consumer = this.makeConsumer();
  }

  private makeConsumer(): Consumer {
    return this.connection.client.consumer({
      groupId: this.parts.settings.group ?? `quantstream-${this.parts.pipeline}`,
      sessionTimeout: SESSION_MS,
      heartbeatInterval: HEARTBEAT_MS,
      rebalanceTimeout: 60_000,
      maxWaitTimeInMs: 500,
      maxBytesPerPartition: 4 * 1024 * 1024,
      allowAutoTopicCreation: false,
      retry: { initialRetryTime: 100, maxRetryTime: 5_000, retries: 5, restartOnFailure: async () => true },
    });
  }

  async start(partitions: Partitions, signal: AbortSignal): Promise<void> {
    this.partitions = partitions;
    await this.connection.patiently('be reached', signal, () => this.connection.topic(this.admin));
    const { topic } = this.connection.settings;
    this.waits = `waits for partitions of ${topic}`;
    this.joining = setTimeout(() => {
      this.waits = `waits for partitions of ${topic}: the group waits for its other members, or for one that died up to ${SESSION_MS / 1_000} s ago`;
      this.parts.log.info({ channel: 'kafka' }, this.waits);
    }, JOIN_EXPECTED);
    await this.join(signal);
    this.watch = setInterval(() => void this.measure(), LAG_EVERY);
    this.watch.unref();
  }

  private async join(signal: AbortSignal): Promise<void> {
    const { topic } = this.connection.settings;
    await this.connection.patiently('be read from', signal, async () => {
      const { consumer } = this;
      const { GROUP_JOIN, FETCH, CRASH } = consumer.events;
      consumer.on(GROUP_JOIN, ({ payload }) => this.joined(payload.memberAssignment[topic] ?? []));
      consumer.on(FETCH, () => this.connection.well());
      consumer.on(CRASH, ({ payload }) => {
        this.connection.note(messageOf(payload.error), 'cannot be read from');
        // What the library takes for final is not: a broker that is away comes back.
        if (!payload.restart) void this.again();
      });
      await consumer.connect();
      // From here on it may crash, also while it joins.
      this.alive = true;
      await consumer.subscribe({ topic, fromBeginning: true });
      await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: 4,
        eachBatch: (payload) => this.take(payload),
      });
    });
  }

  /** Begins anew with another consumer. */
  private async again(): Promise<void> {
    if (!this.alive || this.abort.signal.aborted) return;
    this.alive = false;
    await this.consumer.disconnect().catch(() => {});
    await this.parts.clock.sleep(RESTART_PAUSE, this.abort.signal).catch(() => {});
    this.consumer = this.makeConsumer();
    await this.join(this.abort.signal).catch((error) => this.queue.end(this.abort.signal.aborted ? undefined : error));
  }

  private joined(assigned: readonly number[]): void {
    this.assigned = assigned;
    if (this.forgotten.size > 0) this.consumer.resume(this.named(this.forgotten));
    this.forgotten.clear();
    this.waits = undefined;
    clearTimeout(this.joining);
    const revoked = [...this.positions.keys()].filter((partition) => !assigned.includes(partition));
    for (const partition of revoked) {
      this.positions.delete(partition);
      this.settled.delete(partition);
      this.queue.purge((item) => item.partition === partition);
      const before = this.releases.get(partition) ?? Promise.resolve();
      this.releases.set(
        partition,
        before.then(() => this.partitions.release(partition)).catch((error) => this.queue.end(error)),
      );
    }
    for (const position of this.settled.values()) this.seek(position);
    const { log } = this.parts;
    const all = this.connection.settings.partitions;
    log.info(
      { channel: 'kafka', assigned },
      `reads ${assigned.length} of ${all} partitions of ${this.connection.settings.topic}`,
    );
    // Partitions are opened at once, so that their lag is known and what is wrong with their state is told before data comes.
    for (const partition of assigned)
      void this.position(partition).catch((error) => {
        if (error !== TAKEN_AWAY) this.queue.end(this.abort.signal.aborted ? undefined : error);
      });
  }

  /** Nothing more is taken of a partition, until the group deals its partitions anew. */
  forget(partition: number): void {
    this.forgotten.add(partition);
    this.positions.delete(partition);
    this.settled.delete(partition);
    this.queue.purge((item) => item.partition === partition);
    try {
      this.consumer.pause(this.named([partition]));
    } catch {
      // It is just being started anew.
    }
  }

  private named(partitions: Iterable<number>) {
    return [{ topic: this.connection.settings.topic, partitions: [...partitions] }];
  }

  private position(partition: number): Promise<Position> {
    let position = this.positions.get(partition);
    if (!position) {
      position = this.open(partition);
      this.positions.set(partition, position);
    }
    return position;
  }

  private async open(partition: number): Promise<Position> {
    await this.releases.get(partition);
    const cursor = await this.resume(partition);
    const { low, high } = await this.offsets(partition);
    if (!this.assigned.includes(partition)) {
      await this.partitions.release(partition);
      throw TAKEN_AWAY;
    }
    const next = cursor === null ? low : Number(cursor);
    const position = { partition, next, sought: false, pending: [], missing: [], ended: false, high };
    if (cursor === null && low > 0)
      this.parts.log.warn(
        { partition },
        `begins at record ${low} of partition ${partition}: the broker has deleted what was before`,
      );
    this.settled.set(partition, position);
    this.seek(position);
    return position;
  }

  /** On one machine the state is locked until the detector that had the partition has let go of it. */
  private async resume(partition: number): Promise<string | null> {
    for (let tries = 0; ; tries++) {
      try {
        return await this.partitions.resume(partition);
      } catch (error) {
        const { code } = error as { code?: unknown };
        const later = code === 'QS_STATE_LOCKED' || code === 'QS_STORE_AWAY';
        if (!later || this.abort.signal.aborted) throw error;
        if (!this.assigned.includes(partition)) throw TAKEN_AWAY;
        if (tries === 0) this.parts.log.info({ partition }, `waits for the state of partition ${partition}: ${messageOf(error)}`);
        await this.parts.clock.sleep(LOCK_RETRY, this.abort.signal);
      }
    }
  }

  /** The group would go on where it has committed; we go on where we stand. */
  private seek(position: Position): void {
    const { topic } = this.connection.settings;
    try {
      this.consumer.seek({ topic, partition: position.partition, offset: String(position.next) });
      position.sought = true;
    } catch {
      // It is just being started anew: once it has joined, every partition is sought.
      position.sought = false;
    }
  }

  private async offsets(partition: number): Promise<{ low: number; high: number }> {
    const { topic } = this.connection.settings;
    const all = await this.connection.patiently('be asked for offsets', this.abort.signal, () =>
      this.admin.fetchTopicOffsets(topic),
    );
    const found = all.find((one) => one.partition === partition);
    return { low: Number(found?.low ?? 0), high: Number(found?.high ?? 0) };
  }

  private async measure(): Promise<void> {
    try {
      for (const { partition, high } of await this.admin.fetchTopicOffsets(this.connection.settings.topic)) {
        const position = this.settled.get(partition);
        if (position) position.high = Math.max(position.high, Number(high));
      }
    } catch {
      // The consumer notices that the broker is away, and says so.
    }
  }

  private async take(payload: EachBatchPayload): Promise<void> {
    const { batch, heartbeat, isRunning, isStale } = payload;
    const beating = setInterval(() => void heartbeat().catch(() => {}), HEARTBEAT_MS);
    try {
      if (this.forgotten.has(batch.partition)) return;
      const position = await this.position(batch.partition).catch((error) => {
        if (error === TAKEN_AWAY) return undefined;
        throw error;
      });
      if (!position) return;
      this.connection.well();
      position.high = Math.max(position.high, Number(batch.highWatermark));
      if (batch.messages.length === 0 || !this.inPlace(payload, position)) return;
      for (const { key, value, offset } of batch.messages) {
        if (Number(offset) < position.next) continue;
        if (!isRunning() || isStale() || this.settled.get(batch.partition) !== position) return;
        await this.read(position, key, value, Number(offset));
        payload.resolveOffset(offset);
      }
    } finally {
      clearInterval(beating);
    }
  }

  /** Whether a batch of the broker holds the record that comes next; else it is asked for. */
  private inPlace({ batch }: EachBatchPayload, position: Position): boolean {
    const first = Number(batch.messages[0]!.offset);
    const last = Number(batch.messages.at(-1)!.offset);
    if (first <= position.next && position.next <= last) {
      position.sought = true;
      return true;
    }
    if (first > position.next && position.sought) {
      // It was asked for and cannot be had: deleted before it was read.
      const lost = first - position.next;
      const from = position.pending.at(-1)?.time ?? Number(batch.messages[0]!.timestamp);
      const to = Math.max(from, Number(batch.messages[0]!.timestamp));
      const reason = `the broker deleted ${lost} records before they were read`;
      this.parts.log.error({ partition: position.partition }, `${reason}; give the topic a longer retention`);
      position.missing.push({ key: '*', from, to, reason, count: lost });
      position.next = first;
      return true;
    }
    this.seek(position);
    return false;
  }

  private async read(position: Position, key: Buffer | null, value: Buffer | null, offset: number): Promise<void> {
    try {
      if (key === null || key.length === 0) await this.control(position, decodeControl(value), offset);
      else {
        position.ended = false;
        position.pending.push(decodeObservation(key.toString(), value));
        if (position.pending.length >= LARGEST_BATCH) await this.control(position, {}, offset);
      }
    } catch (error) {
      if (this.abort.signal.aborted) throw error;
      this.parts.drop('bad_record', `${this.connection.settings.topic}/${position.partition}@${offset}: ${messageOf(error)}`);
    }
    position.next = offset + 1;
  }

  private async control(position: Position, { watermark, missing, end }: Control, offset: number): Promise<void> {
    if (missing) position.missing.push(...missing);
    if (end) position.ended = true;
    // What is missing waits for the observations that it came with.
    else if (missing) return;
    const { pending, partition } = position;
    const batch = {
      observations: pending,
      ...(position.missing.length > 0 ? { missing: position.missing } : {}),
      cursor: String(offset + 1),
      ...(watermark === undefined ? {} : { watermark }),
    };
    position.pending = [];
    position.missing = [];
    await this.queue.put({ partition, batch, size: roomOf(batch) });
    if (end && this.assigned.every((one) => this.settled.get(one)?.ended)) this.queue.end();
  }

  async receive(): Promise<Delivered | undefined> {
    return this.queue.take();
  }

  stop(): void {
    this.connection.silent = true;
    this.queue.end();
  }

  async commit(partition: number, cursor: string): Promise<void> {
    const { topic } = this.connection.settings;
    if (!this.assigned.includes(partition)) return;
    try {
      const done = this.consumer.commitOffsets([{ topic, partition, offset: cursor }]);
      await orAbort(done, AbortSignal.timeout(2_000));
    } catch (error) {
      this.parts.log.debug({ partition }, `the group's offset could not be committed: ${messageOf(error)}`);
    }
  }

  async close(): Promise<void> {
    this.abort.abort(new Error('the channel is closed'));
    clearInterval(this.watch);
    clearTimeout(this.joining);
    this.connection.silent = true;
    this.queue.end();
    this.alive = false;
    await this.consumer.disconnect().catch(() => {});
    await this.admin.disconnect().catch(() => {});
  }

  get waiting(): number {
    return this.queue.waiting;
  }
  get behind(): number | undefined {
    if (this.settled.size === 0) return undefined;
    let records = this.queue.waiting;
    for (const { high, next, pending } of this.settled.values()) records += Math.max(0, high - next) + pending.length;
    return records;
  }
  get trouble(): string | undefined {
    return this.connection.trouble ?? this.waits;
  }
}
