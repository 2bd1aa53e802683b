// A topic read whole by one reader, each partition from a place that the reader was given.

import { randomUUID } from 'node:crypto';
import type { Admin, EachBatchPayload, KafkaMessage } from 'kafkajs';
import { isNamed, messageOf, type OutsideHost, QuantStreamError } from '../../../api/index.js';
import type { KafkaConnection } from '../connection.js';
import { Membership } from '../reading/membership.js';
import { fingerprintOf, type Place } from '../seal.js';
import { type BrokerSettings, connectionTo, saidBy } from './brokers.js';
import { type Loaded, Partition } from './partition.js';

/** How often it is looked at what no fetch tells: the ends of partitions, and how many there are, ms. */
const LOOK_EVERY = 5_000;
/** After a change of leader a broker may know less for a moment than it did: so often it is asked whether a log is shorter, ms apart. */
const SURE = { times: 3, every: 1_000 };
/** Offsets are kept for those who watch the lag, in this name with the pipeline's; nobody is a member of it. */
const LAG_EVERY = 5_000;

export interface TopicReaderParts extends BrokerSettings {
  readonly topic: string;
  readonly host: OutsideHost;
  /** Where partitions begin of which no place is known. */
  readonly begin: 'earliest' | 'latest';
  /** The group in which offsets are told to who watches the lag. */
  readonly group?: string | undefined;
  /** The broker deleted records of a partition before they were read. */
  readonly deleted: (partition: number, count: number) => void;
}

/**
 * Reads all partitions of a topic alone. It is the only member of a group of its own, which has another name at each start, so that no rebalance
 * takes a partition away and no dead member is waited for; where reading goes on is said by the places that it is given, and never by the broker.
 */
export class TopicReader {
  private readonly parts: TopicReaderParts;
  private readonly connection: KafkaConnection;
  private readonly admin: Admin;
  private readonly abort = new AbortController();
  private readonly all = new Map<number, Partition>();
  private member: Membership | undefined;
  private watch: NodeJS.Timeout | undefined;
  private wake: (() => void) | undefined;
  private roused = false;
  private failure: { error: unknown } | undefined;
  private told = Number.NEGATIVE_INFINITY;
  /** The group that this reader is alone in. */
  private readonly groupId: string;

  constructor(parts: TopicReaderParts) {
    this.parts = parts;
    const { host, topic } = parts;
    this.groupId = `quantstream-${host.pipeline}-${topic}-${randomUUID()}`;
    this.connection = connectionTo(parts, topic, this.groupId, host);
    this.admin = this.connection.client.admin();
  }

  /**
   * Finds the partitions and begins to read.
   * @param places where to go on, by partition @throws QS_SOURCE_FAILED where the topic is not there or not the one that was read
   */
  async open(places: ReadonlyMap<number, Place>, signal: AbortSignal): Promise<void> {
    signal.addEventListener('abort', () => this.abort.abort(signal.reason), { once: true });
    const { topic, begin } = this.parts;
    try {
      const found = await this.connection.patiently('be reached', signal, async () => {
        await this.admin.connect();
        if (!(await this.admin.listTopics()).includes(topic)) throw new Error(`it has no topic ${topic}`);
        return this.admin.fetchTopicOffsets(topic);
      });
      for (const { partition, low, high } of found) {
        const first = { next: Number(begin === 'earliest' || places.size > 0 ? low : high) };
        this.add(partition, places.get(partition) ?? first, Number(low), Number(high));
      }
      for (const partition of places.keys())
        if (!this.all.has(partition)) throw this.replaced(partition, 'the topic has no such partition');
      for (const one of this.all.values()) if (one.high < one.next) await this.mustReach(one);
      await this.join(signal);
    } catch (error) {
      throw saidBy('QS_SOURCE_FAILED', error);
    }
    this.watch = setInterval(() => void this.look(), LOOK_EVERY);
    this.watch.unref();
  }

  private add(partition: number, place: Place, low: number, high: number): void {
    const one = new Partition(partition, place);
    one.high = high;
    one.recognised = one.before === undefined;
    this.all.set(partition, one);
    if (low > one.next) this.lost(one, low);
  }

  private lost(one: Partition, low: number): void {
    this.parts.deleted(one.partition, low - one.next);
    one.moveTo(low);
  }

  private async join(signal: AbortSignal): Promise<void> {
    const { topic } = this.parts;
    const events = {
      joined: (dealt: readonly number[]) => {
        for (const partition of dealt) if (this.all.has(partition)) this.seek(this.all.get(partition)!);
        this.parts.host.log.info({ topic, partitions: dealt.length }, `reads ${dealt.length} partitions of ${topic}`);
      },
      take: (payload: EachBatchPayload) => this.take(payload),
      failed: (error: unknown) => this.fail(error),
    };
    // Each partition may wait for its turn, and others must go on meanwhile.
    this.member = new Membership(this.connection, events, this.abort.signal, Math.max(4, this.all.size));
    await this.member.join(signal);
  }

  private seek(one: Partition): void {
    one.letGo();
    one.recognised = one.before === undefined;
    this.member?.seek(one.partition, one.from);
  }

  private fail(error: unknown): void {
    this.failure ??= { error: saidBy('QS_SOURCE_FAILED', error) };
    this.rouse();
  }

  private async take({ batch, isStale, resolveOffset }: EachBatchPayload): Promise<void> {
    const one = this.all.get(batch.partition);
    if (!one || isStale()) return;
    this.connection.well();
    one.high = Math.max(one.high, Number(batch.highWatermark));
    try {
      const asked = Number((batch as { fetchedOffset?: unknown }).fetchedOffset);
      if (asked > one.fetched) {
        const { low } = await this.offsets(one.partition);
        if (isStale()) return;
        // Nothing was deleted: it is an answer to what was asked before.
        if (low <= one.fetched || one.message) return this.seek(one);
        this.lost(one, low);
      }
      if (!one.recognised) this.recognise(one, batch.messages);
      const { fetched } = one;
      const fresh = batch.messages.filter(({ offset }) => Number(offset) >= fetched);
      one.load(fresh, Number(batch.lastOffset()) + 1);
      resolveOffset(String(one.fetched - 1));
      if (one.full) {
        one.paused = true;
        this.member?.pause(one.partition);
      }
      this.rouse();
    } catch (error) {
      if (!isNamed(error)) throw error;
      this.fail(error);
    }
  }

  /** Whether the record before the place is the one that was read. Compaction may have taken it. @throws QS_SOURCE_FAILED */
  private recognise(one: Partition, messages: readonly KafkaMessage[]): void {
    const { before } = one;
    one.recognised = true;
    const found = messages.find(({ offset }) => Number(offset) === one.next - 1);
    if (!found || before === undefined) return;
    const known = 'sum' in before ? before : fingerprintOf(before);
    const { time, sum } = fingerprintOf(found);
    if (known.time !== time || known.sum !== sum)
      throw this.replaced(one.partition, `record ${one.next - 1} is not the one that was read`);
  }

  private replaced(partition: number, why: string): QuantStreamError {
    const { topic } = this.parts;
    return new QuantStreamError(
      'QS_SOURCE_FAILED',
      `partition ${partition} of the topic ${topic} is not the log that the state was made with: ${why}. It was deleted and made anew, ` +
        'restored from an older copy, or cut off. Bring that log back, or start with --reset-state: that judges what the topic holds now, ' +
        'with everything learned so far forgotten',
    );
  }

  private async offsets(partition: number): Promise<{ low: number; high: number }> {
    const all = await this.connection.offsets(this.admin, this.parts.topic, this.abort.signal);
    const found = all.find((one) => one.partition === partition);
    return { low: Number(found?.low ?? 0), high: Number(found?.high ?? 0) };
  }

  /** @throws QS_SOURCE_FAILED when a log certainly ends before the place where it is read */
  private async mustReach(one: Partition): Promise<void> {
    for (let times = 0; ; times++) {
      const { high } = await this.offsets(one.partition);
      if (high >= one.next) return;
      if (times === SURE.times)
        throw this.replaced(one.partition, `it ends before record ${high}, and was read up to record ${one.next}`);
      await this.connection.clock.sleep(SURE.every, this.abort.signal);
    }
  }

  private async look(): Promise<void> {
    try {
      for (const { partition, low, high } of await this.admin.fetchTopicOffsets(this.parts.topic)) {
        const one = this.all.get(partition);
        if (!one) {
          this.grew(partition, Number(low), Number(high));
          continue;
        }
        if (Number(high) < one.next) await this.mustReach(one);
        one.high = Math.max(one.high, Number(high));
      }
    } catch (error) {
      if (this.abort.signal.aborted) return;
      if (isNamed(error)) this.fail(error);
      else this.connection.log.debug({ topic: this.parts.topic }, messageOf(error));
    }
  }

  /** Somebody gave the topic another partition: it is read from its beginning. */
  private grew(partition: number, low: number, high: number): void {
    const { topic, host } = this.parts;
    host.log.warn({ topic, partition }, `the topic ${topic} has another partition, ${partition}: it is read as well`);
    this.add(partition, { next: low }, low, high);
    void this.member?.again();
  }

  /** All partitions, as they stand just now. */
  get partitions(): readonly Loaded[] {
    this.check();
    return [...this.all.values()];
  }

  /** @throws what reading failed with */
  private check(): void {
    if (this.failure) throw this.failure.error;
  }

  /** The record at hand of a partition was taken. */
  taken(partition: number): void {
    const one = this.all.get(partition)!;
    one.take();
    if (!one.paused || one.full) return;
    one.paused = false;
    this.member?.resume(partition);
  }

  /** Where every partition stands. */
  places(): Map<number, Place> {
    return new Map([...this.all].map(([partition, one]) => [partition, one.place()]));
  }

  /** Until something has come, or `ms` have gone by. */
  async wait(ms: number): Promise<void> {
    this.check();
    if (!this.roused)
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, ms);
        this.wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    this.wake = undefined;
    this.roused = false;
    this.check();
  }

  rouse(): void {
    this.roused = true;
    this.wake?.();
  }

  /** Records that the broker has and nobody has taken. */
  get lag(): number {
    let lag = 0;
    for (const { high, next } of this.all.values()) lag += Math.max(0, high - next);
    return lag;
  }

  /** Tells offsets to who watches the lag, once in a while. Nothing depends on them. */
  async tell(places: ReadonlyMap<number, Place>): Promise<void> {
    const { topic, host, group } = this.parts;
    const now = host.clock.now();
    if (now - this.told < LAG_EVERY) return;
    this.told = now;
    const partitions = [...places].map(([partition, { next }]) => ({ partition, offset: String(next) }));
    const groupId = group ?? `quantstream-${host.pipeline}-${topic}`;
    await this.admin.setOffsets({ groupId, topic, partitions }).catch((error) => {
      host.log.debug({ topic, group: groupId }, `offsets could not be told: ${messageOf(error)}`);
    });
  }

  /** Why nothing comes. */
  get trouble(): string | undefined {
    return this.connection.trouble ?? this.member?.trouble;
  }

  async close(): Promise<void> {
    this.abort.abort(new Error('the topic is read no more'));
    this.connection.silent = true;
    clearInterval(this.watch);
    this.rouse();
    await this.member?.close();
    await this.admin.deleteGroups([this.groupId]).catch(() => {});
    await this.admin.disconnect().catch(() => {});
  }
}
