import { type Admin, Kafka, type KafkaConfig, logLevel, Partitioners, type SASLOptions } from 'kafkajs';
import { type Clock, type Log, messageOf, QuantStreamError } from '../../api/index.js';

/** `with:` of the channel, as the pipeline's schema has checked it. */
export interface KafkaSettings {
  readonly brokers: readonly string[];
  readonly topic: string;
  readonly partitions: number;
  readonly replication: number;
  /** How long records stay in a topic that is made here, ms. */
  readonly retention: number;
  readonly group?: string | undefined;
  readonly tls: boolean;
  readonly sasl?:
    | {
        readonly mechanism: 'plain' | 'scram-sha-256' | 'scram-sha-512';
        readonly username: string;
        readonly password: string;
      }
    | undefined;
}

export interface KafkaParts {
  readonly pipeline: string;
  readonly settings: KafkaSettings;
  readonly clock: Clock;
  readonly log: Log;
}

const FIRST_WAIT = 500;
const LONGEST_WAIT = 15_000;
/** How often the same trouble is logged, ms. */
const LOG_EVERY = 10_000;

/** What both halves of the channel need of a broker: a client, the topic, and patience. */
export class KafkaConnection {
  /** Why the broker cannot be used just now. */
  trouble: string | undefined;
  readonly client: Kafka;
  readonly settings: KafkaSettings;
  readonly clock: Clock;
  readonly log: Log;
  /** Set before it is closed: what then goes wrong concerns nobody. */
  silent = false;
  private logged = Number.NEGATIVE_INFINITY;
  /** Whether somebody is trying anyway, who will say more. */
  private patient = false;

  constructor({ pipeline, settings, clock, log }: KafkaParts, role: string) {
    this.settings = settings;
    this.clock = clock;
    this.log = log;
    const { sasl, tls, brokers } = settings;
    const config: KafkaConfig = {
      clientId: `quantstream-${pipeline}-${role}`,
      brokers: [...brokers],
      ssl: tls,
      connectionTimeout: 3_000,
      requestTimeout: 15_000,
      // A few quick attempts of the library's own; beyond them we wait, and say so.
      retry: { initialRetryTime: 100, maxRetryTime: 2_000, retries: 3 },
      logLevel: logLevel.WARN,
      // It logs what it retries as an error: that becomes our trouble, in our words.
      logCreator:
        () =>
        ({ namespace, log: entry }) => {
          const text = [entry.message, entry.error].filter(Boolean).join(': ');
          log.debug({ kafka: namespace }, text);
          if (entry.message.startsWith('Connection') && !this.patient) this.note(text);
        },
    };
    if (sasl) config.sasl = sasl as SASLOptions;
    this.client = new Kafka(config);
  }

  /** Does something that needs the broker until it succeeds. @throws the signal's reason if it aborts first */
  async patiently<T>(what: string, signal: AbortSignal, action: () => Promise<T>): Promise<T> {
    for (let wait = FIRST_WAIT; ; wait = Math.min(wait * 2, LONGEST_WAIT)) {
      signal.throwIfAborted();
      this.patient = true;
      try {
        const result = await orAbort(action(), signal);
        this.well();
        return result;
      } catch (error) {
        signal.throwIfAborted();
        if ((error as { code?: unknown }).code === 'QS_CHANNEL') throw error;
        if ((error as { type?: unknown }).type === 'SASL_AUTHENTICATION_FAILED' || /SASL/.test(String((error as Error).name))) {
          throw new QuantStreamError('QS_CHANNEL', `${this.name} refuses the credentials of the channel: ${messageOf(error)}`);
        }
        const text = messageOf(error);
        this.note(/sasl|ssl|tls/i.test(text) ? `${text} (see tls and sasl of the channel)` : text, `cannot ${what}`, wait);
        await this.clock.sleep(wait, signal).catch(() => signal.throwIfAborted());
      } finally {
        this.patient = false;
      }
    }
  }

  /** Takes down why the broker cannot be used, and says so once in a while. */
  note(why: string, what = 'does not answer', wait?: number): void {
    if (this.silent) return;
    this.trouble = `the broker ${this.name} ${what}: ${why}`;
    const now = this.clock.now();
    if (now - this.logged < LOG_EVERY) return;
    this.logged = now;
    this.log.warn(
      { channel: 'kafka' },
      `the broker ${this.name} ${what}: ${why}; trying again${wait === undefined ? '' : ` in ${wait} ms`}`,
    );
  }

  /** The broker does what it should. */
  well(): void {
    if (this.trouble === undefined) return;
    this.trouble = undefined;
    this.logged = Number.NEGATIVE_INFINITY;
    this.log.info({ channel: 'kafka' }, `the broker ${this.name} answers again`);
  }

  /** Makes the topic unless it exists. @returns how many partitions it has */
  async topic(admin: Admin): Promise<number> {
    const { topic, partitions, replication, retention } = this.settings;
    await admin.connect();
    const known = await admin.listTopics();
    if (!known.includes(topic)) {
      const made = await admin.createTopics({
        waitForLeaders: true,
        topics: [
          {
            topic,
            numPartitions: partitions,
            replicationFactor: replication,
            configEntries: [
              { name: 'cleanup.policy', value: 'delete' },
              { name: 'retention.ms', value: String(retention) },
            ],
          },
        ],
      });
      if (made)
        this.log.info({ topic }, `made the topic ${topic} with ${partitions} ${partitions === 1 ? 'partition' : 'partitions'}`);
    }
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] });
    const found = topics[0]?.partitions.length ?? 0;
    if (found === 0) throw new Error(`the topic ${topic} has no partitions yet`);
    if (found !== partitions) {
      throw new QuantStreamError(
        'QS_CHANNEL',
        `the topic ${topic} at ${this.name} has ${found} partitions, and the pipeline asks for ${partitions}: which partition a key is in ` +
          `depends on it; name another topic, or set channel.with.partitions to ${found} and start with --reset-state, as no key keeps its state`,
      );
    }
    return found;
  }

  get name(): string {
    return this.settings.brokers.join(', ');
  }
}

/** The partition of a key, as every Kafka client with the default partitioner has it (murmur2). */
export function partitionerOf(topic: string, partitions: number): (key: string) => number {
  const choose = Partitioners.DefaultPartitioner();
  const metadata = Array.from({ length: partitions }, (_, partitionId) => ({
    partitionId,
    leader: 0,
    partitionErrorCode: 0,
    replicas: [],
    isr: [],
  }));
  const known = new Map<string, number>();
  return (key) => {
    let partition = known.get(key);
    if (partition === undefined) {
      partition = choose({ topic, partitionMetadata: metadata, message: { key, value: null } });
      // Keys without number must not fill the memory.
      if (known.size > 100_000) known.clear();
      known.set(key, partition);
    }
    return partition;
  };
}

/** A promise that gives up when the signal aborts. */
export function orAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
