// A client of kafkajs that does what a test says, when it says so: for what no broker does on demand.

import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs';

type Listener = (event: { payload: unknown }) => void;

const EVENTS = {
  GROUP_JOIN: 'consumer.group_join',
  FETCH: 'consumer.fetch',
  CRASH: 'consumer.crash',
  RECEIVED_UNSUBSCRIBED_TOPICS: 'consumer.received_unsubscribed_topics',
};

/** One consumer, as the library makes it. */
export class FakeConsumer {
  readonly events = EVENTS;
  readonly listeners = new Map<string, Listener[]>();
  readonly calls: string[] = [];
  /** How often connecting fails before it succeeds. */
  failures = 0;
  private eachBatch: ((payload: EachBatchPayload) => Promise<void>) | undefined;
  private readonly sought = new Set<number>();

  on(name: string, listener: Listener): void {
    this.listeners.set(name, [...(this.listeners.get(name) ?? []), listener]);
  }
  emit(name: keyof typeof EVENTS, payload: unknown): void {
    for (const listener of this.listeners.get(EVENTS[name]) ?? []) listener({ payload });
  }
  async connect(): Promise<void> {
    this.calls.push('connect');
    if (this.failures-- > 0) throw new Error('connection refused');
  }
  async subscribe(): Promise<void> {}
  async run({ eachBatch }: { eachBatch: (payload: EachBatchPayload) => Promise<void> }): Promise<void> {
    this.eachBatch = eachBatch;
  }
  async disconnect(): Promise<void> {
    this.calls.push('disconnect');
  }
  async commitOffsets(): Promise<void> {}
  seek({ partition, offset }: { partition: number; offset: string }): void {
    this.calls.push(`seek ${partition} ${offset}`);
    this.sought.add(partition);
  }
  pause([{ partitions }]: [{ partitions: number[] }]): void {
    this.calls.push(`pause ${partitions.join()}`);
  }
  resume([{ partitions }]: [{ partitions: number[] }]): void {
    this.calls.push(`resume ${partitions.join()}`);
  }

  /** The group gives partitions. */
  join(...partitions: number[]): void {
    this.emit('GROUP_JOIN', { memberAssignment: { t: partitions } });
  }

  /**
   * What a fetch of one partition brought. @param asked the offset that was asked for
   * @param heartbeat what comes of a heartbeat meanwhile
   * @returns once the batch was worked on: offsets that were resolved
   */
  async fetched(
    partition: number,
    asked: number,
    records: readonly { offset: number; key: string | null; value: string }[],
    heartbeat: () => Promise<void> = async () => {},
  ): Promise<number[]> {
    const resolved: number[] = [];
    this.sought.delete(partition);
    const messages = records.map(({ offset, key, value }) => ({
      offset: String(offset),
      key: key === null ? null : Buffer.from(key),
      value: Buffer.from(value),
      timestamp: '1700000000000',
      attributes: 0,
      headers: {},
    }));
    const batch = { topic: 't', partition, highWatermark: '100', messages, fetchedOffset: String(asked) };
    await this.eachBatch!({
      batch,
      heartbeat,
      isRunning: () => true,
      isStale: () => this.sought.has(partition),
      resolveOffset: (offset: string) => void resolved.push(Number(offset)),
    } as unknown as EachBatchPayload);
    return resolved;
  }
}

/** The library. */
export class FakeKafka {
  readonly consumers: FakeConsumer[] = [];
  /** What the broker has of each partition. */
  offsets = [
    { partition: 0, low: '0', high: '100' },
    { partition: 1, low: '0', high: '100' },
  ];
  /** How often the next consumer fails to connect. */
  failures = 0;

  consumer(): Consumer {
    const made = new FakeConsumer();
    made.failures = this.failures;
    this.consumers.push(made);
    return made as unknown as Consumer;
  }
  get latest(): FakeConsumer {
    return this.consumers.at(-1)!;
  }
  admin() {
    return {
      connect: async () => {},
      disconnect: async () => {},
      listTopics: async () => ['t'],
      fetchTopicMetadata: async () => ({ topics: [{ partitions: this.offsets }] }),
      describeConfigs: async () => ({ resources: [] }),
      describeGroups: async () => ({ groups: [] }),
      fetchTopicOffsets: async () => this.offsets.map((one) => ({ ...one, offset: one.high })),
    };
  }
  /** As a reader takes it. */
  get client(): Kafka {
    return this as unknown as Kafka;
  }
}
