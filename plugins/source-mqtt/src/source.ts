// Topics as a source: a session that the broker keeps, handed over in batches, acknowledged when it is safe.

import { NOT_OBSERVED, printable, type Source, type SourceBatch, type SourceHost } from '@quantstream/engine';
import type { Draft } from '@quantstream/engine/recordings';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { generate, type IPublishPacket } from 'mqtt-packet';
import { addressOf } from './address.js';
import { certificateAt } from './certificate.js';
import type { Settings } from './config.js';
import { Messages } from './messages.js';
import { givenOf, nameOf, type Taken, TakenMessages } from './taken.js';

/** How far time has come is told so often, ms. */
const TELL = 50;
/** Of a pause between two looks so much counts as quiet: who stood still heard nobody, ms. */
const MOST_QUIET = 1_000;
/** Messages without a promise (QoS 0) that may wait here. */
const WAITING = 100_000;
const AGAIN = 1_000;
/** So long a broker may take to end a connection, ms. */
const FAREWELL = 1_000;
/** Why a broker ends a connection whose name somebody else has taken (MQTT 5, section 3.14.2.1). */
const TAKEN_OVER = 142;
/** The longest session that can be asked for, s (MQTT 5, section 3.1.2.11.2). */
const LONGEST = 0xff_ff_ff_fe;
/** Do not send retained messages at subscribing; send them where the subscription is new. */
const [NEVER, WHERE_NEW] = [2, 1] as const;

export class MqttSource implements Source {
  private readonly settings: Settings;
  private readonly host: SourceHost;
  private readonly messages: Messages;
  private readonly taken: TakenMessages;
  private readonly waiting: { readonly draft: Draft; readonly taken: Taken | undefined }[] = [];
  private client: MqttClient | undefined;
  private connection = 0;
  /** Whether there was a session that the broker should have kept. */
  private hadSession = false;
  private lost = false;
  private wake: (() => void) | undefined;
  private live = false;
  /** Whether there is a connection that has what was asked for. */
  private listens = false;
  private told = Number.NEGATIVE_INFINITY;
  private quietFor = 0;
  private looked: number;

  constructor(settings: Settings, host: SourceHost) {
    this.settings = settings;
    this.host = host;
    this.messages = new Messages(settings, (reason, detail, count) => host.drop(reason, detail, count));
    // It is told in order, and a broker that keeps to what it is asked for has no more out: what it did not hear is among these.
    this.taken = new TakenMessages(settings.inflight);
    this.looked = host.clock.now();
  }

  async *read(from: string | null, signal: AbortSignal): AsyncGenerator<SourceBatch> {
    const { taken, waiting, settings } = this;
    if (from !== null) {
      taken.restore(from);
      this.hadSession = true;
    }
    const stop = () => this.wake?.();
    signal.addEventListener('abort', stop);
    try {
      await this.connect();
      while (!signal.aborted) {
        if (waiting.length === 0) await this.pause();
        if (signal.aborted) return;
        const some = waiting.splice(0, settings.batch);
        const missing = some.length > 0 && this.lost ? [this.gapBefore(some[0]!.draft.time)] : [];
        for (const { draft, taken: message } of some) {
          draft.sequence = ++taken.given;
          if (draft.time > taken.latest) taken.latest = draft.time;
          if (message) message.given = taken.given;
          if (message && settings.ack === 'receipt' && !message.acknowledged) this.acknowledge(message);
        }
        const observations = some.map(({ draft }) => draft);
        const watermark = this.come(some.length > 0);
        if (some.length > 0 || Number.isFinite(watermark))
          yield { observations, cursor: this.cursor(), ...(missing.length > 0 && { missing }), watermark };
      }
    } finally {
      signal.removeEventListener('abort', stop);
      await this.close();
    }
  }

  async commit(cursor: string): Promise<void> {
    for (const taken of this.taken.upTo(givenOf(cursor))) this.acknowledge(taken);
  }

  async close(): Promise<void> {
    const { client } = this;
    this.client = undefined;
    if (client === undefined) return;
    // The broker reads what it was told before it reads the farewell; a connection that is cut loses what is on its way.
    const { connected, stream } = client;
    const enough = setTimeout(() => stream.destroy(), FAREWELL);
    await client.endAsync(!connected).catch(() => {});
    clearTimeout(enough);
  }

  private async connect(): Promise<void> {
    const { settings, host } = this;
    const { url, session, inflight, maxMessage, protocol, ca, qos } = settings;
    const five = protocol === '5';
    const { address, login } = addressOf(url);
    const options: IClientOptions = {
      ...login,
      clientId: settings.clientId ?? `quantstream-${host.pipeline}`,
      protocolVersion: five ? 5 : 4,
      clean: qos === 0,
      resubscribe: false,
      reconnectPeriod: AGAIN,
      reconnectOnConnackError: true,
      connectTimeout: 10_000,
      keepalive: 30,
      ...(ca !== undefined && { ca: certificateAt(host.resolvePath(ca)) }),
      ...(five && {
        properties: {
          receiveMaximum: inflight,
          maximumPacketSize: maxMessage,
          ...(qos === 1 && { sessionExpiryInterval: Math.min(LONGEST, Math.ceil(session / 1_000)) }),
        },
      }),
    };
    const { host: place } = new URL(url);
    host.trouble(`the broker ${place} has not answered yet`);
    const client = mqtt.connect(address, options);
    this.client = client;
    /** Why the latest attempt failed. */
    let failed: string | undefined;
    client.handleMessage = (packet, done) =>
      done(this.client === client && this.take(packet as IPublishPacket) ? undefined : new Error('acknowledged later'));
    client.on('connect', ({ sessionPresent }) => {
      this.connection++;
      failed = undefined;
      if (!sessionPresent) this.taken.release();
      if (!sessionPresent && this.hadSession) this.loseSession();
      this.subscribe(client, place);
    });
    client.on('error', (error: Error & { code?: unknown }) => {
      const why = typeof error.code === 'number' || typeof error.code === 'string' ? ` (${error.code})` : '';
      failed = `the broker ${place} cannot be read${why}: ${printable(error.message).slice(0, 200)}`;
      host.trouble(failed);
    });
    client.on('disconnect', ({ reasonCode }) => {
      if (reasonCode === TAKEN_OVER)
        host.log.warn({}, `mqtt: somebody else connects to ${place} as ${options.clientId}; give one of them another clientId`);
    });
    client.on('close', () => {
      this.listens = false;
      if (this.client === client) host.trouble(failed ?? `there is no connection to the broker ${place}; it is tried again`);
    });
  }

  /** Each time anew: a session that is kept keeps subscriptions, and what was asked for may have changed. */
  private subscribe(client: MqttClient, place: string): void {
    const { topics, numbers, qos, retained, protocol } = this.settings;
    const rh = retained ? WHERE_NEW : NEVER;
    const wanted = [...topics, ...Object.keys(numbers)];
    client.subscribe(
      Object.fromEntries(wanted.map((topic) => [topic, protocol === '5' ? { qos, rh } : { qos }])),
      (error, granted) => {
        if (this.client !== client) return;
        const refused = (granted ?? []).filter((one) => one.qos >= 128).map(({ topic }) => printable(topic));
        if (error || refused.length > 0)
          return this.host.trouble(
            `the broker ${place} refuses ${refused.length > 0 ? refused.join(', ') : 'the topics'}; look at its access list`,
          );
        this.hadSession = qos === 1;
        this.listens = true;
        this.host.trouble(undefined);
      },
    );
  }

  /** @returns whether the broker may forget it at once */
  private take(packet: IPublishPacket): boolean {
    const { settings, host, taken } = this;
    const { topic, messageId, qos, dup, retain } = packet;
    const payload = Buffer.from(packet.payload as Buffer);
    if (retain && !settings.retained) return true;
    const promised = qos === 1 && messageId !== undefined;
    const name = promised ? nameOf(messageId, topic, payload) : '';
    const before = promised && dup ? taken.find(name) : undefined;
    if (promised && !dup) taken.begin(this.connection);
    if (before) {
      before.connection = this.connection;
      // Behind the latest checkpoint, which may be that of a life before this one.
      if (before.given > 0 && before.given <= taken.committed) before.acknowledged = true;
      return before.acknowledged;
    }
    if (!promised && this.waiting.length >= WAITING) {
      host.drop('overflow', `${printable(topic)}: more came than can be judged`);
      return true;
    }
    const now = host.clock.now();
    const draft = this.messages.observe(topic, payload, now);
    if (draft === undefined || !this.admits(draft, topic, now)) return true;
    // Where too much waits here already, the broker hears of it when it is handed over, and so sends no more meanwhile.
    const later = promised && (settings.ack === 'checkpoint' || this.waiting.length >= settings.inflight);
    const message: Taken | undefined = promised
      ? { name, id: messageId, connection: this.connection, given: 0, acknowledged: !later }
      : undefined;
    if (message) taken.add(message);
    this.waiting.push({ draft, taken: message });
    this.wake?.();
    return !later;
  }

  private acknowledge(taken: Taken): void {
    const { client, settings } = this;
    // Over another connection than the one that it came over nothing can be said of it; it comes again.
    if (!client?.connected || taken.connection !== this.connection) return;
    client.stream.write(
      generate({ cmd: 'puback', messageId: taken.id, reasonCode: 0 }, { protocolVersion: settings.protocol === '5' ? 5 : 4 }),
    );
    taken.acknowledged = true;
  }

  private admits({ time }: Draft, topic: string, now: number): boolean {
    if (time <= now + this.host.time.maxAhead) return true;
    this.host.drop('ahead', `${printable(topic)}: ${new Date(time).toISOString()} is ahead of our clock`);
    return false;
  }

  private loseSession(): void {
    this.lost = true;
    this.host.log.warn({}, 'mqtt: the broker has forgotten the session; what was sent meanwhile is not known');
  }

  /** What may have been sent while the broker had no session of ours ended with what comes next. */
  private gapBefore(time: number) {
    this.lost = false;
    const { latest } = this.taken;
    return { key: '*', from: Number.isFinite(latest) ? Math.min(latest, time) : time, to: time, reason: NOT_OBSERVED, count: 0 };
  }

  /** How far time has come: nothing before it is expected any more, beyond what is late. */
  private come(heard: boolean): number {
    const { host, settings, taken } = this;
    const now = host.clock.now();
    this.quietFor = heard ? 0 : this.quietFor + Math.min(Math.max(now - this.looked, 0), MOST_QUIET);
    this.looked = now;
    if (heard) this.live = now - taken.latest <= settings.quiet;
    const alone = this.live ? Math.max(0, this.quietFor - settings.quiet) : 0;
    const { lateness, maxAhead } = host.time;
    // What has the time at which it comes here comes now or later, as long as anything can come.
    const come = settings.time === undefined && this.listens ? now : taken.latest + alone;
    this.told = Math.max(this.told, come - Math.min(lateness, maxAhead));
    return this.told;
  }

  private cursor(): string | null {
    return this.settings.qos === 1 ? this.taken.cursor() : null;
  }

  private async pause(): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, TELL);
      this.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.wake = undefined;
  }
}
