import type { WebSocket } from 'ws';
import type { Tape } from './tape.mjs';

export interface FakeSettings {
  readonly symbols?: readonly string[];
  readonly market?: 'spot' | 'usdm';
  /** Of all symbols together; 0: only what the test trades. */
  readonly tradesPerSecond?: number;
  readonly burst?: { readonly tradesPerSecond: number; readonly lengthMs: number; readonly everyMs: number };
  readonly clock?: { now(): number; sleep(ms: number): Promise<unknown> };
  /** Trades kept per symbol. */
  readonly keep?: number;
  readonly perMinute?: number;
  readonly tickMs?: number;
  readonly pingMs?: number;
  readonly pongMs?: number;
  readonly ageMs?: number;
  readonly seed?: number;
}

export interface Client {
  readonly socket: WebSocket;
  readonly combined: boolean;
  readonly streams: Set<string>;
  readonly since: number;
  alive: number;
  pinged: number;
  pocket: string | undefined;
  second: number;
  messages: number;
}

/** What can be made to go wrong; numbers all, so that the control endpoint can set them. */
export interface Faults {
  /** Shares of frames. */
  duplicate: number;
  lose: number;
  reorder: number;
  delayMs: number;
  silentUntil: number;
  muteUntil: number;
  refuseHandshakes: number;
  refuseStatus: number;
  /** Status of REST answers until a moment, or for a number of requests. */
  restStatus: number;
  restUntil: number;
  restCount: number;
  /** Seconds. */
  retryAfter: number;
  restDelayMs: number;
  corruptArchives: number;
  cutDownloads: number;
  /** How many of the latest trades REST does not know yet. */
  restLag: number;
}

export interface Urls {
  readonly websocket: string;
  readonly rest: string;
  readonly archive: string;
  readonly control: string;
}

export class FakeExchange {
  constructor(settings?: FakeSettings);
  readonly tapes: Map<string, Tape>;
  readonly clients: Set<Client>;
  readonly faults: Faults;
  readonly counts: Record<
    | 'trades'
    | 'frames'
    | 'connections'
    | 'requests'
    | 'overWeight'
    | 'banned'
    | 'tooManyMessages'
    | 'tooManyConnections'
    | 'aged'
    | 'notAlive'
    | 'mostWeight'
    | 'rangeRequests',
    number
  >;
  readonly asked: Record<string, number>;
  busy: number;
  rate: number;
  readonly urls: Urls;
  listen(port?: number): Promise<Urls>;
  close(): Promise<void>;
  trade(symbol?: string, time?: number): number;
  record(symbol: string, time: number): number;
  play(line: string): void;
  disconnect(): void;
  silence(ms: number): void;
  mute(ms: number): void;
  oversized(bytes?: number): void;
  say(text: string): void;
  shutdownNotice(): void;
}
