/** One share of the streams on a connection of its own, renewed before the exchange ends it. */
import type { Agent } from 'node:http';
import { type Clock, type Log, sayDuration } from '@quantstream/engine';
import type { Limits } from '../config.js';
import type { Random } from '../simulator/random.js';
import { Connection } from './connection.js';
import { Backoff, type Budget } from './rest/limiter.js';

export interface ShardSettings {
  readonly base: string;
  readonly streams: readonly string[];
  readonly agent: Agent;
  readonly clock: Clock;
  readonly log: Log;
  readonly limits: Limits;
  readonly budget: Budget;
  readonly random: Random;
}

export interface ShardEvents {
  text(frame: string): void;
  tooLarge(): void;
  /** Frames flow again, after a break or for the first time. */
  online(): void;
  /** Frames do not flow. */
  offline(): void;
  /** Why no connection stands; `undefined`: one does. */
  trouble(why: string | undefined): void;
  /** @param attempts 1 for the first connection of a shard */
  connected(attempts: number): void;
}

const FIRST_PAUSE = 500;
/** An exchange that refuses an address is not to be hurried, ms. */
const REFUSED_PAUSE = 60_000;
/** A successor takes over when it has sent something for so long, or nothing at all for the longer time, ms. */
const OVERLAP = 3_000;
const QUIET_OVERLAP = 15_000;
/** A connection on which something came within this time lives, ms. */
const QUIET = 900;
/** A connection that stands for so long has succeeded, ms. */
const PROVED = 10_000;

/**
 * Keeps one connection for some streams alive. Before the exchange ends it (after 24 h, or when it says `serverShutdown`), a
 * successor is opened and both are read until the successor has proved itself: the repeats are dropped by id.
 */
export class Shard {
  private readonly settings: ShardSettings;
  private readonly events: ShardEvents;
  private readonly backoff: Backoff;
  private current: Connection | undefined;
  private successor: Connection | undefined;
  private retryAt = Number.NEGATIVE_INFINITY;
  private replaceAt = Number.POSITIVE_INFINITY;
  private isOnline = false;
  private connections = 0;

  constructor(settings: ShardSettings, events: ShardEvents) {
    this.settings = settings;
    this.events = events;
    this.backoff = new Backoff(FIRST_PAUSE, settings.limits.retry, () => settings.random.uniform());
  }

  get handshakes(): number {
    return Number(this.current?.isOpen === false) + Number(this.successor?.isOpen === false);
  }

  get open(): number {
    return Number(this.current?.isOpen === true) + Number(this.successor?.isOpen === true);
  }

  /** To be called every few dozen milliseconds. */
  tick(now: number): void {
    this.current?.watch(now);
    this.successor?.watch(now);
    if (!this.current) {
      if (now >= this.retryAt && this.settings.budget.take(now)) this.current = this.connect();
      return;
    }
    if (!this.current.isOpen) return;
    // One that opens and ends at once is no success.
    if (this.backoff.attempts > 0 && this.current.readyFor(now) > PROVED) this.backoff.reset();
    if (now >= this.replaceAt && !this.successor) {
      if (now >= this.retryAt && this.settings.budget.take(now)) this.successor = this.connect();
    } else if (this.successor) {
      const ready = this.successor.readyFor(now);
      if (ready >= (this.successor.frames > 0 ? OVERLAP : QUIET_OVERLAP)) this.replace(now);
    }
  }

  /** This process stood still for so long, ms. */
  stoodStill(ms: number, now: number): void {
    this.current?.stoodStill(ms, now);
    this.successor?.stoodStill(ms, now);
  }

  /** Whether frames that were sent while this process stood still may not have been read yet. */
  isBehind(now: number): boolean {
    return this.current?.isBehind(now) === true || this.successor?.isBehind(now) === true;
  }

  /** A symbol is silent: a connection on which nothing else comes either is asked for a sign of life. */
  doubt(now: number): void {
    if (this.current && this.current.silentFor(now) > QUIET) this.current.sound(now);
  }

  /** The exchange is about to end the connection: a successor is due now. */
  leave(now: number): void {
    this.replaceAt = Math.min(this.replaceAt, now);
  }

  close(): void {
    this.current?.close();
    this.successor?.close();
  }

  private connect(): Connection {
    const { base, streams, agent, clock, limits } = this.settings;
    return new Connection(
      {
        base,
        streams,
        agent,
        clock,
        silenceMs: limits.silence,
        answerMs: limits.answer,
        frameBytes: limits.frameBytes,
      },
      {
        opened: (connection) => this.opened(connection),
        text: this.events.text,
        closed: (connection, why, blocked) => this.closed(connection, why, blocked),
        tooLarge: () => this.events.tooLarge(),
      },
    );
  }

  private opened(connection: Connection): void {
    this.events.connected(++this.connections);
    if (connection !== this.current) return;
    this.schedule(connection);
    this.setOnline(true);
    this.events.trouble(undefined);
  }

  /** A little earlier or later each time: shards and machines that began together should not reconnect together. */
  private schedule(connection: Connection): void {
    const { limits, random } = this.settings;
    this.replaceAt = connection.openedAt + limits.connectionAge * (0.95 + 0.05 * random.uniform());
  }

  private replace(now: number): void {
    this.current!.close();
    this.current = this.successor!;
    this.successor = undefined;
    this.schedule(this.current);
    this.settings.log.debug({ streams: this.settings.streams.length, at: now }, 'a connection was replaced by its successor');
  }

  private closed(connection: Connection, why: string, blocked: boolean): void {
    const { clock, log, base, limits } = this.settings;
    const now = clock.now();
    const pause = blocked ? Math.max(REFUSED_PAUSE, limits.retry) : this.backoff.next();
    if (blocked) this.backoff.attempts++;
    this.retryAt = now + pause;
    const wasOpen = connection === this.current && this.isOnline;
    if (wasOpen || this.backoff.worthTelling) {
      const what = wasOpen ? `lost the connection to ${base}` : `cannot reach ${base}`;
      log.warn({ attempts: this.backoff.attempts }, `${what} (${why}); trying again in ${sayDuration(pause)}`);
    }
    if (connection === this.successor) {
      this.successor = undefined;
      return;
    }
    if (connection !== this.current) return;
    this.current = undefined;
    if (this.successor) {
      this.current = this.successor;
      this.successor = undefined;
      if (this.current.isOpen) this.schedule(this.current);
    }
    this.setOnline(false);
    if (!this.current?.isOpen) this.events.trouble(`no connection to ${base} (${why})`);
    // A successor that was reading already goes on; whether it has everything is to be looked up.
    if (this.current?.isOpen) this.setOnline(true);
  }

  private setOnline(online: boolean): void {
    if (online === this.isOnline) return;
    this.isOnline = online;
    if (online) this.events.online();
    else this.events.offline();
  }
}
