// Tells ground stations what was found, in MAVLink.

import { createSocket, type Socket } from 'node:dgram';
import {
  type Counter,
  type Episode,
  messageOf,
  SAID,
  type Severity,
  type Sink,
  type SinkBatch,
  type SinkHost,
  type Verdict,
} from '@quantstream/engine';
import { type Address, addressOf, type Settings, systemOf } from './config.js';
import { Encoder } from './encode.js';

const RANK: Readonly<Record<Severity, number>> = { info: 0, warning: 1, critical: 2 };
const HEARTBEAT_EVERY = 1_000;
/** A vehicle that was not heard for so long is not spoken for, s: under its system id that would look like a sign of life. */
const SILENT = 1.5;
/** How many episodes are remembered, so that each is said once. */
const REMEMBERED = 10_000;
const LOG_EVERY = 60_000;

/**
 * Tells a ground station, as an on-board computer of the vehicle would. A datagram has no receipt: what is sent while nobody listens is gone, and
 * the stream never waits for it. It listens to nothing that comes back.
 */
export class MavlinkSink implements Sink {
  private readonly settings: Settings;
  private readonly host: SinkHost;
  private readonly address: Address;
  private readonly counter: Counter;
  private readonly encoders = new Map<number, Encoder>();
  /** Systems whose vehicle was heard lately, and when that was said, ms of the clock. */
  private readonly alive = new Map<number, number>();
  private readonly said = new Set<string>();
  /** By key and name: when a value was last sent, event time. */
  private readonly sent = new Map<string, number>();
  private socket: Socket | undefined;
  private timer: NodeJS.Timeout | undefined;
  private logged = Number.NEGATIVE_INFINITY;

  constructor(settings: Settings, host: SinkHost) {
    this.settings = settings;
    this.host = host;
    this.address = addressOf(settings.connect)!;
    this.counter = host.metrics.counter(
      'mavlink_sink_messages_total',
      'What was to be said to ground stations, by what came of it',
      ['sink', 'message', 'result'],
    );
  }

  async open(): Promise<void> {
    if (this.socket) return;
    const socket = createSocket(this.address.host.includes(':') ? 'udp6' : 'udp4');
    // An answer of "nobody listens here" comes as an error of the socket.
    socket.on('error', (error) => this.failed(error));
    this.socket = socket;
    if (!this.settings.heartbeat) return;
    this.timer = setInterval(() => {
      const now = this.host.clock.now();
      for (const [system, encoder] of this.encoders) {
        if (now - (this.alive.get(system) ?? Number.NEGATIVE_INFINITY) < SILENT * 1_000)
          void this.send(encoder.heartbeat(), 'HEARTBEAT');
      }
    }, HEARTBEAT_EVERY);
    this.timer.unref();
  }

  async write({ verdicts, episodes }: SinkBatch): Promise<void> {
    for (const verdict of verdicts) this.tellValues(verdict);
    const sending = episodes.flatMap((episode) => this.tellEpisode(episode));
    await Promise.all(sending);
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    const { socket } = this;
    this.socket = undefined;
    if (socket) await new Promise<void>((resolve) => socket.close(() => resolve()));
  }

  private encoderOf(key: string): Encoder {
    const system = systemOf(key, this.settings.systems);
    let encoder = this.encoders.get(system);
    if (!encoder) {
      encoder = new Encoder(system, this.settings.component);
      this.encoders.set(system, encoder);
    }
    return encoder;
  }

  private tellValues({ key, time, values, score }: Verdict): void {
    const now = this.host.clock.now();
    if (now - time > this.settings.maxAge || values.link_age! > SILENT) return;
    this.alive.set(systemOf(key, this.settings.systems), now);
    // The vehicle's own clock, where the rows have it.
    const boot = values.boot_time! >= 0 ? values.boot_time! * 1_000 : time;
    for (const [name, column] of Object.entries(this.settings.values)) {
      const value = column === 'score' ? score : values[column]!;
      const id = `${key}\n${name}`;
      if (!Number.isFinite(value) || time - (this.sent.get(id) ?? Number.NEGATIVE_INFINITY) < this.settings.valuesEvery) continue;
      this.sent.set(id, time);
      void this.send(this.encoderOf(key).namedValue(name, value, boot), 'NAMED_VALUE_FLOAT');
    }
  }

  /**
   * Every topic of an episode is said once, and again when it has come back; one without topics (a learned model's) with its reason. What the
   * autopilot has said itself the ground station has heard from it.
   */
  private tellEpisode(episode: Episode): Promise<void>[] {
    const { on } = this.settings;
    const { id, key, status, start, end, severity, reason } = episode;
    const topics = episode.topics.filter((topic) => !topic.said);
    if (topics.length === 0 && episode.topics.length > 0 && episode.model === SAID) return [];
    const opening: Episode['topics'] = topics.length > 0 ? topics : [{ name: '', severity, reason, time: start }];
    const said = on.includes('opened')
      ? opening.flatMap((topic) =>
          this.tell(key, idOf(id, topic), topic.since ?? topic.time, topic.severity, topic.severity, topic.reason),
        )
      : [];
    if (status === 'open' || !on.includes('closed')) return said;
    return [...said, ...this.tell(key, `${id}\nclosed`, end, severity, 'info', `over: ${reason}`)];
  }

  /** Says a text once. @param weight how bad it was @param severity as what it is said */
  private tell(key: string, id: string, time: number, weight: Severity, severity: Severity, text: string): Promise<void>[] {
    if (RANK[weight] < RANK[this.settings.severity] || this.said.has(id)) return [];
    if (this.said.size >= REMEMBERED) this.said.clear();
    this.said.add(id);
    const skipped = this.host.clock.now() - time > this.settings.maxAge ? 'old' : this.host.muted(key) ? 'muted' : undefined;
    if (skipped !== undefined) {
      this.count('STATUSTEXT', skipped);
      return [];
    }
    return this.encoderOf(key)
      .statusText(text, severity)
      .map((frame) => this.send(frame, 'STATUSTEXT'));
  }

  private send(frame: Buffer, message: string): Promise<void> {
    const { socket } = this;
    if (!socket) return Promise.resolve();
    return new Promise((resolve) => {
      socket.send(frame, this.address.port, this.address.host, (error) => {
        if (error) this.failed(error);
        this.count(message, error ? 'failed' : 'sent');
        resolve();
      });
    });
  }

  private count(message: string, result: string): void {
    this.counter.add(1, { sink: this.host.part, message, result });
  }

  private failed(error: Error): void {
    const now = this.host.clock.now();
    if (now - this.logged < LOG_EVERY) return;
    this.logged = now;
    this.host.log.warn(
      {},
      `${this.settings.connect} cannot be told: ${messageOf(error)}; what happens meanwhile is not said there`,
    );
  }
}

/** Tells what was said of an episode apart, also of a topic that has come back. */
const idOf = (id: string, { name, again }: Episode['topics'][number]): string => `${id}\n${name}${again ? `\n${again}` : ''}`;
