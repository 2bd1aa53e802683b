// A member of a consumer group: joins, is told its partitions, comes back after whatever ends it.

import type { Consumer, EachBatchPayload } from 'kafkajs';
import { messageOf } from '../../../api/index.js';
import { orAbort } from '../../../ports/waiting.js';
import type { KafkaConnection } from '../connection.js';

/** A detector that was killed, or a broker that came back, costs its group this long. */
export const SESSION_MS = 10_000;
export const HEARTBEAT_MS = 3_000;
const RESTART_PAUSE = 1_000;
/** A group without trouble has shared its partitions out by then, ms. */
const JOIN_EXPECTED = 3_000;

export interface MembershipEvents {
  /** The group has dealt its partitions: these are ours. */
  joined(partitions: readonly number[]): void;
  take(payload: EachBatchPayload): Promise<void>;
  /** It cannot go on. */
  failed(error: unknown): void;
}

/** One member of the group that reads a topic, whichever consumer of the library it is just now. */
export class Membership {
  readonly group: string;
  /** Why there are no partitions yet. */
  waits: string | undefined;
  /** Topics that the group has given to us and that are none of ours. */
  mixed: string | undefined;
  private readonly connection: KafkaConnection;
  private readonly events: MembershipEvents;
  private readonly signal: AbortSignal;
  private consumer: Consumer;
  private alive = false;
  private joining: NodeJS.Timeout | undefined;
  private readonly concurrently: number;

  /** @param signal aborts when the channel is closed @param concurrently so many partitions are worked on at once */
  constructor(connection: KafkaConnection, events: MembershipEvents, signal: AbortSignal, concurrently = 4) {
    this.connection = connection;
    this.events = events;
    this.signal = signal;
    this.concurrently = concurrently;
    this.group = connection.group;
    this.consumer = this.make();
  }

  private get topic(): string {
    return this.connection.settings.topic;
  }

  /** A consumer with its listeners: each hears its own consumer only, and once, however often that connects. */
  private make(): Consumer {
    const consumer = this.connection.client.consumer({
      groupId: this.group,
      sessionTimeout: SESSION_MS,
      heartbeatInterval: HEARTBEAT_MS,
      rebalanceTimeout: 60_000,
      maxWaitTimeInMs: 500,
      // Of small records this becomes thirty times as much memory at once. A single record may be larger.
      maxBytesPerPartition: 512 * 1024,
      maxBytes: 2 * 1024 * 1024,
      allowAutoTopicCreation: false,
      retry: { initialRetryTime: 100, maxRetryTime: 5_000, retries: 5, restartOnFailure: async () => true },
    });
    const { GROUP_JOIN, FETCH, CRASH, RECEIVED_UNSUBSCRIBED_TOPICS } = consumer.events;
    const listen = <Event>(listener: (event: Event) => void) => {
      return (event: Event) => {
        if (consumer === this.consumer && !this.signal.aborted) listener(event);
      };
    };
    consumer.on(
      GROUP_JOIN,
      listen(({ payload }) => this.joined(payload.memberAssignment[this.topic] ?? [])),
    );
    consumer.on(
      RECEIVED_UNSUBSCRIBED_TOPICS,
      listen(({ payload }) => {
        this.mixed = payload.topicsNotSubscribed.join(', ');
      }),
    );
    consumer.on(
      FETCH,
      listen(() => this.connection.well()),
    );
    consumer.on(
      CRASH,
      listen(({ payload }) => {
        this.connection.note(messageOf(payload.error), 'cannot be read from');
        // What the library takes for final is not: a broker that is away comes back.
        if (!payload.restart) void this.again();
      }),
    );
    return consumer;
  }

  async join(signal: AbortSignal): Promise<void> {
    const { topic } = this;
    this.waits = `waits for partitions of ${topic}`;
    clearTimeout(this.joining);
    this.joining = setTimeout(() => {
      this.waits = `waits for partitions of ${topic}: the group ${this.group} waits for its other members, or for one that died up to ${SESSION_MS / 1_000} s ago`;
      this.connection.log.info({ channel: 'kafka' }, this.waits);
    }, JOIN_EXPECTED);
    await this.connection.patiently('be read from', signal, async () => {
      const { consumer } = this;
      await consumer.connect();
      // From here on it may crash, also while it joins.
      this.alive = true;
      await consumer.subscribe({ topic, fromBeginning: true });
      await consumer.run({
        autoCommit: false,
        eachBatchAutoResolve: false,
        partitionsConsumedConcurrently: this.concurrently,
        eachBatch: (payload) => this.events.take(payload),
      });
    });
  }

  private joined(partitions: readonly number[]): void {
    this.waits = undefined;
    clearTimeout(this.joining);
    this.events.joined(partitions);
  }

  /** Leaves the group and joins it anew, as another member. */
  async again(): Promise<void> {
    if (!this.alive || this.signal.aborted) return;
    this.alive = false;
    const before = this.consumer;
    this.consumer = this.make();
    await before.disconnect().catch(() => {});
    await this.connection.clock.sleep(RESTART_PAUSE, this.signal).catch(() => {});
    await this.join(this.signal).catch((error) => {
      if (!this.signal.aborted) this.events.failed(error);
    });
  }

  /** The next fetch of a partition begins there. */
  seek(partition: number, offset: number): void {
    this.whileRunning(() => this.consumer.seek({ topic: this.topic, partition, offset: String(offset) }));
  }
  /** Fetches nothing of a partition for now, so that others go on. */
  pause(partition: number): void {
    this.whileRunning(() => this.consumer.pause([{ topic: this.topic, partitions: [partition] }]));
  }
  resume(partition: number): void {
    this.whileRunning(() => this.consumer.resume([{ topic: this.topic, partitions: [partition] }]));
  }

  /** Between two consumers there is nothing to be told: once the next has joined, it is told everything anew. */
  private whileRunning(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.connection.log.debug({ channel: 'kafka' }, messageOf(error));
    }
  }

  /** Why it reads nothing, or not what it should. */
  get trouble(): string | undefined {
    if (this.mixed === undefined) return this.waits;
    return `the group ${this.group} deals the partitions of other topics as well (${this.mixed}): give each pipeline a group of its own (channel.with.group)`;
  }

  async commit(partition: number, offset: number): Promise<void> {
    const { topic } = this;
    await orAbort(this.consumer.commitOffsets([{ topic, partition, offset: String(offset) }]), AbortSignal.timeout(2_000));
  }

  async close(): Promise<void> {
    clearTimeout(this.joining);
    this.alive = false;
    await this.consumer.disconnect().catch(() => {});
  }
}
