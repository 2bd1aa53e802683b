// What both halves of a channel need of a broker: a client, and patience.

import { type Admin, Kafka, type KafkaConfig, logLevel, type SASLOptions } from 'kafkajs';
import { type Clock, type DeadLetter, type Log, messageOf, QuantStreamError } from '../../api/index.js';
import { orAbort } from '../../ports/waiting.js';
import type { Beginning } from './records.js';
import { findTopic, groupOf, type KafkaSettings, type Topic } from './topic.js';

export interface KafkaParts {
  readonly pipeline: string;
  readonly settings: KafkaSettings;
  readonly clock: Clock;
  readonly log: Log;
  /** Whose the settings are, for complaints; default: the channel's. */
  readonly whose?: string;
  /** Makes the library's client; tests have a double. */
  readonly client?: (config: KafkaConfig) => Kafka;
}

/** What each half does besides: it says whose it is, waits for the other, and puts away what cannot be taken. */
export interface HalfParts extends KafkaParts {
  /** Who begins to write; whose beginnings are believed. */
  readonly ours: Beginning;
  /** Observations that may wait. */
  readonly buffer: number;
  /** Counts a record that is not taken. */
  readonly drop: (reason: string, detail: string) => void;
  /** Puts it away whole; resolves once it is safe. */
  readonly deadLetter: (letter: DeadLetter) => Promise<void>;
}

const FIRST_WAIT = 500;
const LONGEST_WAIT = 5_000;
/** How long it is waited for leaders where nobody else can end that, ms. */
const LEADERS = 60_000;
/** How often the same trouble is logged, ms. */
const LOG_EVERY = 10_000;

/** What both halves of the channel need of a broker: a client, the topic, and patience. */
export class KafkaConnection {
  /** Why the broker cannot be used just now. */
  trouble: string | undefined;
  readonly client: Kafka;
  /** The group of the detectors. */
  readonly group: string;
  readonly settings: KafkaSettings;
  readonly clock: Clock;
  readonly log: Log;
  /** Set before it is closed: what then goes wrong concerns nobody. */
  silent = false;
  private readonly whose: string;
  private logged = Number.NEGATIVE_INFINITY;
  /** Whether somebody is trying anyway, who will say more. */
  private patient = false;

  constructor({ pipeline, settings, clock, log, client, whose = 'the channel' }: KafkaParts, role: string) {
    this.group = groupOf(pipeline, settings);
    this.settings = settings;
    this.clock = clock;
    this.log = log;
    this.whose = whose;
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
    this.client = client?.(config) ?? new Kafka(config);
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
          throw new QuantStreamError('QS_CHANNEL', `${this.name} refuses the credentials of ${this.whose}: ${messageOf(error)}`);
        }
        const text = messageOf(error);
        this.note(/sasl|ssl|tls/i.test(text) ? `${text} (see tls and sasl of ${this.whose})` : text, `cannot ${what}`, wait);
        await this.clock.sleep(wait, signal).catch(() => signal.throwIfAborted());
      } finally {
        this.patient = false;
      }
    }
  }

  /** Where the partitions of a topic begin and end. One that has just been made, or whose leader was lost, has no leader for a moment. */
  offsets(admin: Admin, topic: string, signal: AbortSignal = AbortSignal.timeout(LEADERS)) {
    return this.patiently('be asked for offsets', signal, () => admin.fetchTopicOffsets(topic));
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

  /** Makes the topic unless it exists. */
  topic(admin: Admin): Promise<Topic> {
    return findTopic(admin, this.settings, this.name, this.log);
  }

  get name(): string {
    return this.settings.brokers.join(', ');
  }
}
