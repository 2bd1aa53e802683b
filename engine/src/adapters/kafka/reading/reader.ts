// The reading end of a topic: the partitions of a consumer group, each from where its checkpoint stands.

import { setMaxListeners } from 'node:events';
import type { Admin, Batch, EachBatchPayload, KafkaMessage } from 'kafkajs';
import { isNamed, messageOf, type SourceBatch } from '../../../api/index.js';
import {
  BatchQueue,
  type ChannelReader,
  type Delivered,
  type Partitions,
  roomOf,
  type Standing,
} from '../../../ports/channel.js';
import { type HalfParts, KafkaConnection } from '../connection.js';
import { letterOf } from '../letters.js';
import { readPlace } from '../seal.js';
import { tooMany } from '../topic.js';
import { Beats } from './beats.js';
import { mixedGroup } from './group.js';
import { DOUBTFUL, PartitionLog, type Refused } from './log.js';
import { Membership, SESSION_MS } from './membership.js';

const LOOK_EVERY = 5_000;
const LOCK_RETRY = 250;
/** A partition that takes longer to open is left out of fetches meanwhile, so that the others go on, ms. */
const OPENS_WITHIN = 200;
/** After a change of leader a broker may know less for a moment than it did: so often it is asked whether a log is shorter, ms apart. */
const SURE = { times: 3, every: 1_000 };

/** A partition that is ours: being opened, or open. */
interface Slot {
  readonly partition: number;
  opened: Promise<PartitionLog | undefined>;
  log: PartitionLog | undefined;
  /** Whether an end of the stream before its place is over. */
  closed: boolean;
  /** Whether it is left out of fetches. */
  paused: boolean;
  /** Whether another process has its state, as far as we know. */
  readonly forgotten: boolean;
}

type Queued = Delivered & { readonly size: number };

/**
 * Reads a topic as a member of a consumer group. The checkpoint is the truth: each partition goes on where its checkpoint stands, whatever
 * the group has committed; commits are for those who watch the group's lag. A partition that the group takes away is let go of with a
 * checkpoint, and its waiting batches are discarded; one that stays is not touched.
 */
export class KafkaReader implements ChannelReader {
  readonly own: readonly number[] = [];
  private readonly connection: KafkaConnection;
  private readonly parts: HalfParts;
  private readonly queue: BatchQueue<Queued>;
  private readonly slots = new Map<number, Slot>();
  /** What is done with the lane of a partition, one after the other. */
  private readonly doing = new Map<number, Promise<unknown>>();
  private readonly abort = new AbortController();
  private readonly admin: Admin;
  private readonly member: Membership;
  private partitions!: Partitions;
  private assigned: readonly number[] = [];
  private watch: NodeJS.Timeout | undefined;
  /** That the topic has more partitions than ours. */
  private grown: string | undefined;
  /** Why the group is not ours alone. */
  private mixed: string | undefined;
  /** Whether the stream has ended, and that end is not over yet. */
  private heardEnd = false;

  constructor(parts: HalfParts) {
    this.parts = parts;
    // Each partition may wait for something at the same time, and there may be many.
    setMaxListeners(0, this.abort.signal);
    this.connection = new KafkaConnection(parts, 'detect');
    this.queue = new BatchQueue(parts.buffer);
    this.admin = this.connection.client.admin();
    this.member = new Membership(
      this.connection,
      {
        joined: (assigned) => this.joined(assigned),
        take: (payload) => this.take(payload),
        failed: (error) => this.queue.end(error),
      },
      this.abort.signal,
    );
  }

  async start(partitions: Partitions, signal: AbortSignal): Promise<void> {
    this.partitions = partitions;
    const { more } = await this.connection.patiently('be reached', signal, () => this.connection.topic(this.admin));
    this.grew(more);
    await this.member.join(signal);
    this.watch = setInterval(() => void this.look(), LOOK_EVERY);
    this.watch.unref();
  }

  /** Somebody gave the topic more partitions than the pipeline has. */
  private grew(more: string | undefined): void {
    if (more !== undefined && this.grown === undefined) this.connection.log.warn({ channel: 'kafka' }, more);
    this.grown = more;
  }

  private joined(dealt: readonly number[]): void {
    const { topic, partitions } = this.connection.settings;
    const assigned = dealt.filter((partition) => partition < partitions);
    this.assigned = assigned;
    for (const partition of dealt) if (partition >= partitions) this.member.pause(partition);
    for (const { partition } of [...this.slots.values()].filter((slot) => !assigned.includes(slot.partition))) {
      this.drop(partition);
      this.inTurn(partition, () => this.partitions.release(partition)).catch((error) => this.queue.end(error));
    }
    this.connection.log.info({ channel: 'kafka', assigned }, `reads ${assigned.length} of ${partitions} partitions of ${topic}`);
    for (const partition of assigned) {
      const slot = this.slots.get(partition);
      if (!slot || slot.forgotten) this.open(partition, slot?.paused);
      else if (slot.log) this.seek(slot.log);
    }
    void this.look();
  }

  /** Opens a partition at once, so that its lag is known and what is wrong with its state is told before data comes. */
  private open(partition: number, paused = false): void {
    const slot: Slot = { partition, opened: Promise.resolve(undefined), log: undefined, closed: false, paused, forgotten: false };
    this.slots.set(partition, slot);
    slot.opened = this.inTurn(partition, () => this.place(slot)).catch((error) => {
      this.queue.end(this.abort.signal.aborted ? undefined : error);
      return undefined;
    });
  }

  private drop(partition: number): void {
    const slot = this.slots.get(partition);
    this.slots.delete(partition);
    if (slot?.paused) this.member.resume(partition);
    this.queue.purge((item) => item.partition === partition);
  }

  /** What concerns a partition's lane happens in order: it is let go of before it is opened anew. */
  private inTurn<T>(partition: number, action: () => Promise<T>): Promise<T> {
    const done = (this.doing.get(partition) ?? Promise.resolve()).then(action);
    this.doing.set(
      partition,
      done.catch(() => {}),
    );
    return done;
  }

  private isOurs = (slot: Slot): boolean => this.slots.get(slot.partition) === slot;

  private async place(slot: Slot): Promise<PartitionLog | undefined> {
    const { partition } = slot;
    const standing = await this.resume(slot);
    if (standing === undefined) return undefined;
    const { cursor } = standing;
    slot.closed = standing.closed;
    const { low, high } = await this.offsets(partition);
    const { topic } = this.connection.settings;
    const place = cursor === null ? { next: low } : readPlace(cursor);
    const log = new PartitionLog({ partition, topic, ours: this.parts.ours }, place);
    log.high = high;
    if (cursor === null && low > 0)
      this.connection.log.warn(
        { partition },
        `begins at record ${low} of partition ${partition}: the broker has deleted what was before`,
      );
    if (high < log.next) await this.mustReach(log);
    if (low > log.next) this.deleted(log, low);
    if (!this.isOurs(slot)) return undefined;
    slot.log = log;
    this.seek(log);
    if (slot.paused) this.member.resume(partition);
    slot.paused = false;
    return log;
  }

  /** The state is locked until the detector that had the partition has let go of it. @returns `undefined` once it is ours no more */
  private async resume(slot: Slot): Promise<Standing | undefined> {
    const { partition } = slot;
    for (let tries = 0; this.isOurs(slot); tries++) {
      try {
        return await this.partitions.resume(partition);
      } catch (error) {
        const { code } = error as { code?: unknown };
        if (!(code === 'QS_STATE_LOCKED' || code === 'QS_STORE_AWAY') || this.abort.signal.aborted) throw error;
        if (tries === 0)
          this.connection.log.info({ partition }, `waits for the state of partition ${partition}: ${messageOf(error)}`);
        await this.connection.clock.sleep(LOCK_RETRY, this.abort.signal);
      }
    }
    return undefined;
  }

  /** The group would go on where it has committed; we go on where we stand, and look whether it is still the same log. */
  private seek(log: PartitionLog): void {
    log.again();
    this.member.seek(log.partition, log.from);
  }

  private async offsets(partition: number): Promise<{ low: number; high: number }> {
    const { topic } = this.connection.settings;
    const all = await this.connection.offsets(this.admin, topic, this.abort.signal);
    const found = all.find((one) => one.partition === partition);
    return { low: Number(found?.low ?? 0), high: Number(found?.high ?? 0) };
  }

  /** @throws QS_CHANNEL_REPLACED when a log certainly ends before the place where it is read */
  private async mustReach(log: PartitionLog): Promise<void> {
    for (let times = 0; ; times++) {
      const { high } = await this.offsets(log.partition);
      if (high >= log.next) return;
      if (times === SURE.times) throw log.replaced(`it ends before record ${high}, and was read up to record ${log.next}`);
      await this.connection.clock.sleep(SURE.every, this.abort.signal);
    }
  }

  private deleted(log: PartitionLog, low: number): void {
    const count = log.skipTo(low);
    this.connection.log.error(
      { partition: log.partition },
      `the broker deleted ${count} records before they were read; give the topic a longer retention`,
    );
  }

  /** Looks once in a while at what no fetch tells: how far behind we are, whether a log became shorter, and the group. */
  private async look(): Promise<void> {
    const { topic, partitions } = this.connection.settings;
    try {
      const found = await this.admin.fetchTopicOffsets(topic);
      this.grew(found.length > partitions ? tooMany(this.connection.settings, found.length) : undefined);
      for (const { partition, high } of found) {
        const log = this.slots.get(partition)?.log;
        if (!log) continue;
        if (Number(high) < log.next) await this.mustReach(log);
        log.high = Math.max(log.high, Number(high));
      }
      this.mixed = await mixedGroup(this.admin, this.member.group, topic, partitions);
      if (this.mixed === undefined) this.member.mixed = undefined;
    } catch (error) {
      if (this.abort.signal.aborted) return;
      if (isNamed(error)) this.queue.end(error);
      // Else the consumer notices that the broker is away, and says so.
      else this.connection.log.debug({ channel: 'kafka' }, messageOf(error));
    }
  }

  private async take(payload: EachBatchPayload): Promise<void> {
    const { partition } = payload.batch;
    const slot = this.slots.get(partition);
    if (!slot) return;
    const beats = new Beats(payload);
    try {
      const log = slot.log ?? (await Promise.race([slot.opened, beats.failed, this.aMoment()]));
      if (log) await this.read(payload, slot, log, beats);
      else if (this.isOurs(slot) && !slot.log) {
        slot.paused = true;
        this.member.pause(partition);
      }
    } catch (error) {
      if (!isNamed(error)) throw error;
      this.queue.end(error);
    } finally {
      beats.stop();
    }
  }

  private aMoment(): Promise<void> {
    return this.connection.clock.sleep(OPENS_WITHIN, this.abort.signal).catch(() => {});
  }

  private async read(payload: EachBatchPayload, slot: Slot, log: PartitionLog, beats: Beats): Promise<void> {
    const { batch, isRunning, isStale, resolveOffset } = payload;
    this.connection.well();
    log.high = Math.max(log.high, Number(batch.highWatermark));
    // A place that was asked for since will have an answer of its own.
    if (batch.messages.length === 0 || isStale() || !(await this.answers(batch, log))) return;
    const goesOn = async () => isRunning() && !isStale() && (await this.handOver(slot, log, beats));
    if (!(await goesOn())) return;
    for (const message of batch.messages) {
      const offset = Number(message.offset);
      if (offset === log.next - 1) this.recognise(slot, log, message);
      if (offset >= log.next) {
        try {
          const refused = log.read(message);
          if (refused) await this.refuse(log, message, refused);
          // Until something is waited for, nothing changes.
          if ((refused || log.ready) && !(await goesOn())) return;
        } catch (error) {
          if (error !== DOUBTFUL) throw error;
          this.seek(log);
          return;
        }
      }
      resolveOffset(message.offset);
    }
    await this.handOver(slot, log, beats);
    this.endIfAllHave();
  }

  /** Whoever had it before may have read the end of the stream, and been stopped before what was open was closed. */
  private recognise(slot: Slot, log: PartitionLog, message: KafkaMessage): void {
    log.recognise(message);
    if (log.ended && !slot.closed) this.heardEnd = true;
  }

  /** Hands over what is ready, once there is room. @returns whether the partition is still ours */
  private async handOver(slot: Slot, log: PartitionLog, beats: Beats): Promise<boolean> {
    if (!log.ready) return this.isOurs(slot);
    const size = roomOf(log.ready);
    while (this.queue.full(size)) await Promise.race([this.queue.room(), beats.failed]);
    if (!this.isOurs(slot)) return false;
    await this.queue.put({ partition: log.partition, batch: log.takeReady(), size });
    if (log.ended) this.heardEnd = true;
    return true;
  }

  private endIfAllHave(): void {
    const logs = this.assigned.map((partition) => this.slots.get(partition)?.log);
    if (this.heardEnd && logs.every((log) => log?.ended && log.next >= log.high)) this.queue.end();
  }

  /**
   * Whether a batch of the broker holds what comes next; else it is asked for. A batch may be an answer to what was asked before, so a gap
   * is believed only when the broker says that it begins behind what we want.
   */
  private async answers(batch: Batch, log: PartitionLog): Promise<boolean> {
    const first = Number(batch.messages[0]!.offset);
    const last = Number(batch.messages.at(-1)!.offset);
    if (first <= log.next && last >= log.from) return true;
    const { low, high } = await this.offsets(log.partition);
    if (high < log.next) await this.mustReach(log);
    if (low > log.next) {
      this.deleted(log, low);
      if (first <= low && last >= low) return true;
    } else if (first > log.next && askedFor(batch) === log.from) {
      // It was asked for exactly this, and nothing was deleted: there are no records between.
      log.passTo(first);
      return true;
    }
    this.seek(log);
    return false;
  }

  private async refuse(log: PartitionLog, message: KafkaMessage, { reason, why }: Refused): Promise<void> {
    const { topic } = this.connection.settings;
    const place = `${topic}/${log.partition}@${message.offset}`;
    this.parts.drop(reason, `${place}: ${why}`);
    await this.parts.deadLetter({ code: reason, reason: why, ...letterOf(topic, log.partition, message) });
  }

  /**
   * The state of a partition is another process's now: nothing of it is delivered any more until it is given to us anew. If the group does
   * not do so by itself, it is asked to.
   */
  forget(partition: number): void {
    this.drop(partition);
    this.member.pause(partition);
    const slot: Slot = {
      partition,
      opened: Promise.resolve(undefined),
      log: undefined,
      closed: false,
      paused: true,
      forgotten: true,
    };
    this.slots.set(partition, slot);
    void this.dealAnew(slot).catch(() => {});
  }

  private async dealAnew(slot: Slot): Promise<void> {
    await this.connection.clock.sleep(SESSION_MS, this.abort.signal);
    if (this.isOurs(slot)) await this.member.again();
  }

  async receive(): Promise<Delivered | undefined> {
    return this.queue.take();
  }

  more(partition: number, room: number): SourceBatch[] {
    return this.queue.takeMore((item) => item.partition === partition, room).map(({ batch }) => batch);
  }

  catchingUp(): readonly number[] {
    const more = ({ partition, log, forgotten }: Slot) =>
      !forgotten &&
      (!log || log.high > log.next || log.ready !== undefined || this.queue.holds((item) => item.partition === partition));
    return [...this.slots.values()].filter(more).map(({ partition }) => partition);
  }

  stop(): void {
    this.connection.silent = true;
    this.queue.end();
  }

  async commit(partition: number, cursor: string): Promise<void> {
    if (!this.assigned.includes(partition)) return;
    try {
      await this.member.commit(partition, readPlace(cursor).next);
    } catch (error) {
      this.connection.log.debug({ partition }, `the group's offset could not be committed: ${messageOf(error)}`);
    }
  }

  async close(): Promise<void> {
    this.abort.abort(new Error('the channel is closed'));
    clearInterval(this.watch);
    this.connection.silent = true;
    this.queue.end();
    await this.member.close();
    await this.admin.disconnect().catch(() => {});
  }

  get waiting(): number {
    return this.queue.waiting;
  }
  get behind(): number | undefined {
    const logs = [...this.slots.values()].flatMap(({ log }) => log ?? []);
    if (logs.length === 0) return undefined;
    return logs.reduce((sum, { high, next, waiting }) => sum + Math.max(0, high - next) + waiting, this.queue.waiting);
  }
  get trouble(): string | undefined {
    const { trouble } = this.connection;
    return trouble ?? this.mixed ?? this.member.trouble ?? this.grown;
  }
}

/** What a fetch asked for: the library keeps it with each batch and does not tell its types. */
const askedFor = (batch: Batch): number => Number((batch as { fetchedOffset?: unknown }).fetchedOffset);
