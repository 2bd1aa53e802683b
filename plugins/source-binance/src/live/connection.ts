import type { Agent } from 'node:http';
import { type Clock, messageOf, sayAny, sayDuration } from '@quantstream/engine';
import { WebSocket } from 'ws';
import { causeOf, refusal, throughOf } from './rest/network.js';

/** What a connection tells whoever opened it. */
export interface ConnectionEvents {
  opened(connection: Connection): void;
  text(frame: string): void;
  /** Once, whether it ever opened or not. @param blocked the exchange refuses this address: no use in hurrying */
  closed(connection: Connection, why: string, blocked: boolean): void;
  tooLarge(): void;
}

export interface ConnectionSettings {
  readonly base: string;
  readonly streams: readonly string[];
  readonly agent: Agent;
  readonly clock: Clock;
  readonly silenceMs: number;
  readonly answerMs: number;
  readonly frameBytes: number;
}

/** Streams that go into the address; more of them are subscribed to by message, so that the address stays short. */
const IN_ADDRESS = 100;
/** The exchange takes five messages a second, pongs and all. */
const BETWEEN_MESSAGES = 400;

/** One websocket connection. It is told the time by `watch`; what it finds is told through its events. Pings are answered by the library. */
export class Connection {
  readonly openedAt: number;
  isOpen = false;
  /** Text frames so far. */
  frames = 0;
  private readonly settings: ConnectionSettings;
  private readonly events: ConnectionEvents;
  private readonly socket: WebSocket;
  private heard: number;
  private handshakeSince: number;
  /** The ping whose answer is waited for, and since when: what was sent before that answer has been read by then. */
  private sounding = 0;
  private soundedAt = Number.NaN;
  private asked = Number.NaN;
  private ended = false;
  private unsubscribed: string[];
  private nextMessageAt = 0;
  private messages = 0;
  private openSince = Number.NaN;

  constructor(settings: ConnectionSettings, events: ConnectionEvents) {
    this.settings = settings;
    this.events = events;
    this.openedAt = settings.clock.now();
    this.heard = this.openedAt;
    this.handshakeSince = this.openedAt;
    this.unsubscribed = settings.streams.slice(IN_ADDRESS);
    const names = settings.streams.slice(0, IN_ADDRESS).map(encodeURIComponent).join('/').replaceAll('%40', '@');
    this.socket = new WebSocket(`${settings.base}/stream?streams=${names}`, {
      agent: settings.agent,
      maxPayload: settings.frameBytes,
      perMessageDeflate: false,
    });
    this.listen();
  }

  /** Open, and nothing left to subscribe to, for so many ms. */
  readyFor(now: number): number {
    return this.isOpen && this.unsubscribed.length === 0 ? now - this.openSince : Number.NaN;
  }

  private listen(): void {
    const { socket } = this;
    const heard = () => {
      this.heard = this.settings.clock.now();
      this.asked = Number.NaN;
    };
    /** What throws while a socket is read would end the process: it ends the connection instead, and the next one is tried. */
    const safely =
      <Given extends unknown[]>(handle: (...given: Given) => void) =>
      (...given: Given) => {
        try {
          handle(...given);
        } catch (error) {
          this.drop(`what came could not be handled: ${messageOf(error)}`);
        }
      };
    const opened = safely(() => {
      heard();
      this.isOpen = true;
      this.openSince = this.heard;
      this.events.opened(this);
    });
    const received = safely((data: Buffer) => {
      heard();
      this.frames++;
      this.events.text(data.toString());
    });
    socket.on('open', opened);
    socket.on('message', received);
    socket.on('ping', heard);
    socket.on('pong', (data: Buffer) => {
      heard();
      if (data.toString() === String(this.sounding)) this.soundedAt = Number.NaN;
    });
    socket.on('unexpected-response', (_, response) => {
      const status = response.statusCode ?? 0;
      const hint = refusal(status);
      response.resume();
      this.end(`the handshake was answered ${status}${hint ? `: ${hint}` : ''}`, hint !== undefined);
      socket.terminate();
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'WS_ERR_UNSUPPORTED_MESSAGE_LENGTH') {
        this.events.tooLarge();
        this.end(`a frame was larger than ${this.settings.frameBytes} bytes`, false);
      } else this.end(`${causeOf(error)}${throughOf(this.settings.agent)}`, false);
      // What was refused closes by itself; what never opened may linger.
      socket.terminate();
    });
    socket.on('close', (code, reason) =>
      this.end(`closed with ${code}${reason.length > 0 ? ` ${sayAny(reason.toString())}` : ''}`, false),
    );
  }

  /** To be called now and then: asks for a sign of life, and ends what gives none. */
  watch(now: number): void {
    const { silenceMs, answerMs } = this.settings;
    if (this.ended) return;
    if (!this.isOpen) {
      if (now - this.handshakeSince > answerMs) this.drop(`no handshake within ${sayDuration(answerMs)}`);
      return;
    }
    if (this.unsubscribed.length > 0 && now >= this.nextMessageAt) this.subscribe(now);
    if (now - this.heard <= silenceMs) return;
    if (Number.isNaN(this.asked)) {
      this.asked = now;
      this.socket.ping();
    } else if (now - this.asked > answerMs) this.drop(`silent for ${sayDuration(now - this.heard)}`);
  }

  /** Asks for a sign of life now. Until it has come, what was sent before may still be on its way. */
  sound(now: number): void {
    if (!this.isOpen) return;
    this.soundedAt = now;
    if (Number.isNaN(this.asked)) this.asked = now;
    this.socket.ping(String(++this.sounding));
  }

  /** Whether what was sent before `sound` may still be on its way. An exchange that leaves pings unanswered is not waited for. */
  isBehind(now: number): boolean {
    return this.isOpen && now - this.soundedAt <= this.settings.answerMs;
  }

  /** Nothing was heard for so long, ms. */
  silentFor(now: number): number {
    return now - this.heard;
  }

  /** This process stood still for so long, ms: the other side was not silent. */
  stoodStill(ms: number, now: number): void {
    this.heard += ms;
    this.asked += ms;
    this.handshakeSince += ms;
    this.sound(now);
  }

  private subscribe(now: number): void {
    const params = this.unsubscribed.splice(0, IN_ADDRESS);
    this.socket.send(JSON.stringify({ method: 'SUBSCRIBE', params, id: ++this.messages }));
    this.nextMessageAt = now + BETWEEN_MESSAGES;
    if (this.unsubscribed.length === 0) this.openSince = now;
  }

  private drop(why: string): void {
    this.end(why, false);
    this.socket.terminate();
  }

  private end(why: string, blocked: boolean): void {
    if (this.ended) return;
    this.ended = true;
    this.isOpen = false;
    this.events.closed(this, why, blocked);
  }

  /** Ends it without telling anybody. */
  close(): void {
    this.ended = true;
    this.isOpen = false;
    this.socket.close();
    this.socket.terminate();
  }
}
