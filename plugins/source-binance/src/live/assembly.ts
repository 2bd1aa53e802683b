import type { Missing } from '@quantstream/engine';
import type { Trade } from '../wire/trade.js';
import { Silence } from './silence.js';
import { type Offer, Track } from './track.js';

/** One symbol on its way from the exchange to the engine. */
export class Lane {
  readonly symbol: string;
  readonly key: string;
  readonly track: Track;
  /** The connection is down. */
  offline = true;
  /** The connection was down: whether something was missed is not known yet. */
  unsure = false;
  /** It is unsure because it was silent for longer than usual, on a connection that stands. */
  quiet = false;
  /** The exchange had trades that the stream did not tell of: it is known up to the last of them, and no further. */
  mute = false;
  readonly silence = new Silence();
  /** Up to the first moment at which nothing was missing: history is being fetched, not repaired. */
  initial = true;
  /** Where to begin, ms since the epoch, while `track.seeking`. */
  seekFrom = Number.NaN;
  /** Last id that was handed over before this run; `NaN`: none. */
  resumedAt = Number.NaN;
  /** Event time up to which everything has passed. */
  passed = Number.NEGATIVE_INFINITY;
  /** Since when something is missing or may be, ms; `NaN`: nothing is. */
  troubledSince = Number.NaN;
  /** Watermark when the trouble began: what came before has passed. */
  floor = Number.NEGATIVE_INFINITY;
  /** Repair: under way, not before, and how often it failed. */
  busy = false;
  retryAt = Number.NEGATIVE_INFINITY;
  failures = 0;
  /** When something was last fetched, or the trouble began. */
  progressAt = Number.NEGATIVE_INFINITY;

  constructor(symbol: string, key: string, pass: (lane: Lane, trade: Trade) => void) {
    this.symbol = symbol;
    this.key = key;
    this.track = new Track((trade) => pass(this, trade));
  }

  /** Everything up to this event time is here. */
  get frontier(): number {
    return Math.max(this.passed, this.floor);
  }
}

interface Waiting {
  readonly time: number;
  readonly trade: Trade;
}

/**
 * Brings all symbols together: in order of ids within each, and, while one of them waits for what it missed, in order of event time
 * across all, because event time is one for the whole pipeline and what comes behind it is late. Bounded: what does not fit is shed
 * and has to be fetched again. Knows no sockets; time is told.
 */
export class Assembly {
  readonly lanes = new Map<string, Lane>();
  readonly troubled = new Set<Lane>();
  /** Trades that were let go for want of room. */
  shedCount = 0;
  /** How far event time was told to have come. */
  told = Number.NEGATIVE_INFINITY;
  private ready: Trade[] = [];
  private head = 0;
  private waiting: Waiting[] = [];
  private sorted = true;
  private heldCount = 0;
  /** Stretches that are lost, by the trade behind them. */
  private readonly lost = new Map<Trade, Missing>();
  private lostNow: Missing[] = [];
  private readonly capacity: number;
  private readonly holdMs: number;

  constructor(capacity: number, holdMs: number) {
    this.capacity = capacity;
    this.holdMs = holdMs;
  }

  add(symbol: string, key: string): Lane {
    const lane = new Lane(symbol, key, (from, trade) => this.passed(from, trade));
    this.lanes.set(symbol, lane);
    return lane;
  }

  /** Trades that wait, wherever. */
  get size(): number {
    return this.ready.length - this.head + this.waiting.length + this.heldCount;
  }

  get room(): number {
    return this.capacity - this.size;
  }

  get readyCount(): number {
    return this.ready.length - this.head;
  }

  get hasLost(): boolean {
    return this.lostNow.length > 0;
  }

  /** Takes a trade in, from a frame. @returns `shed` where there is no room */
  offer(lane: Lane, trade: Trade, now: number): Offer | 'shed' {
    const { track, silence } = lane;
    if (this.size >= this.capacity && !(trade.sequence < track.next)) {
      track.shed(trade.sequence);
      this.shedCount++;
      silence.heard(now);
      this.review(lane, now);
      return 'shed';
    }
    const result = this.put(lane, trade, now);
    if (result !== 'passed') {
      silence.heard(now);
      return result;
    }
    silence.traded(now);
    // What follows the last one says that nothing was missed.
    lane.mute = false;
    if (lane.quiet) this.settleDoubt(lane, now);
    return result;
  }

  /** A symbol is silent for longer than usual: time waits for it until the exchange says whether it was traded. */
  doubt(lane: Lane, now: number): void {
    lane.quiet = true;
    lane.unsure = true;
    lane.retryAt = now;
    this.change(lane, now, () => {
      lane.track.catching = true;
    });
  }

  /** It is known that nothing more was missed, or is believed. */
  settleDoubt(lane: Lane, now: number): void {
    lane.quiet = false;
    this.change(lane, now, () => {
      lane.track.catching = false;
      lane.unsure = false;
    });
  }

  /** This process stood still for so long, ms: nobody else was silent, slow or patient. */
  stoodStill(ms: number): void {
    for (const lane of this.lanes.values()) {
      lane.silence.shift(ms);
      lane.troubledSince += ms;
      lane.progressAt += ms;
    }
  }

  /** Takes a trade in that was fetched: there was room when it was asked for. */
  put(lane: Lane, trade: Trade, now: number): Offer {
    const before = lane.track.held.size;
    const result = lane.track.offer(trade);
    this.heldCount += lane.track.held.size - before;
    if (result === 'passed' && lane.unsure) lane.unsure = false;
    if (result === 'held' || !Number.isNaN(lane.troubledSince)) this.review(lane, now);
    return result;
  }

  /** An id that is no trade. */
  skip(lane: Lane, id: number, now: number): void {
    this.change(lane, now, () => lane.track.skip(id));
  }

  /** Changes a track by other means than an offer, and looks at the consequences. */
  change(lane: Lane, now: number, action: () => void): void {
    const before = lane.track.held.size;
    action();
    this.heldCount += lane.track.held.size - before;
    this.review(lane, now);
  }

  /** Gives up what is out up to `to`, and says so in front of what follows. @returns how many */
  abandon(lane: Lane, to: number, now: number, reason: string): number {
    const { track } = lane;
    const from = lane.frontier;
    const next = this.following(track, to);
    const until = next ? next.time : now;
    const count = to - track.next + 1;
    this.lose(next, { key: lane.key, from: Number.isFinite(from) ? Math.min(from, until) : until, to: until, reason, count });
    this.change(lane, now, () => track.abandon(to));
    return count;
  }

  /** Says that a stretch is lost, in front of `before` if that is given. */
  lose(before: Trade | undefined, missing: Missing): void {
    if (before) this.lost.set(before, missing);
    else this.lostNow.push(missing);
  }

  private following(track: Track, to: number): Trade | undefined {
    for (let id = to + 1; track.held.has(id); id++) {
      const trade = track.held.get(id);
      if (trade) return trade;
    }
    return undefined;
  }

  /** Looks whether something is missing in a lane, or may be. */
  review(lane: Lane, now: number): void {
    const trouble = lane.offline || lane.unsure || lane.track.seeking || lane.track.gap() !== undefined;
    if (trouble === this.troubled.has(lane)) return;
    if (trouble) {
      lane.troubledSince = now;
      lane.progressAt = now;
      lane.floor = this.told;
      this.troubled.add(lane);
      return;
    }
    lane.troubledSince = Number.NaN;
    lane.initial = false;
    lane.failures = 0;
    this.troubled.delete(lane);
    if (this.troubled.size === 0) this.release(Number.POSITIVE_INFINITY);
  }

  private passed(lane: Lane, trade: Trade): void {
    if (trade.time > lane.passed) lane.passed = trade.time;
    if (this.troubled.size === 0 && this.waiting.length === 0) {
      this.ready.push(trade);
      return;
    }
    // A symbol keeps the order of its ids, whatever its stamps say.
    this.waiting.push({ time: lane.passed, trade });
    this.sorted = false;
  }

  /** Whether the others still wait for a troubled lane. */
  private holds(lane: Lane, now: number): boolean {
    return lane.initial || now - lane.troubledSince <= this.holdMs;
  }

  /** Hands on what no troubled symbol can come before any more. */
  settle(now: number): void {
    if (this.waiting.length === 0) return;
    let limit = Number.POSITIVE_INFINITY;
    for (const lane of this.troubled) {
      if (this.holds(lane, now)) limit = Math.min(limit, lane.frontier);
    }
    this.release(limit);
  }

  private release(limit: number): void {
    const { waiting, ready } = this;
    if (waiting.length === 0) return;
    this.sort();
    let count = 0;
    while (count < waiting.length && waiting[count]!.time <= limit) ready.push(waiting[count++]!.trade);
    if (count > 0) this.waiting = waiting.slice(count);
  }

  private sort(): void {
    if (!this.sorted) this.waiting.sort((a, b) => a.time - b.time);
    this.sorted = true;
  }

  /**
   * How far event time has come, given how far it would have come were nothing missing. It stands while all symbols are troubled, however
   * long; one that is troubled for long among others that are not no longer holds it, as it no longer holds those. A symbol that is silent
   * is followed for as long as it usually is; beyond that it has to say something, or the exchange for it.
   */
  watermark(candidate: number, now: number): number {
    let mark = candidate;
    const alone = this.troubled.size === this.lanes.size;
    for (const lane of this.lanes.values()) {
      if (!this.troubled.has(lane)) {
        const known = lane.mute ? lane.passed : candidate - lane.silence.excess(now);
        if (known < mark) mark = known;
      } else if (alone || this.holds(lane, now)) mark = Math.min(mark, lane.frontier);
    }
    // What waits in line was not told yet; it is about to be.
    if (this.readyCount > 0) mark = Math.min(mark, this.ready[this.head]!.time);
    if (this.waiting.length > 0) {
      this.sort();
      mark = Math.min(mark, this.waiting[0]!.time);
    }
    if (mark > this.told) this.told = mark;
    return this.told;
  }

  /** Up to `most` trades, in order, with what was lost in front of them. A stretch that is lost begins a batch of its own. */
  take(most: number): { trades: Trade[]; missing: Missing[] } {
    const missing = this.lostNow;
    this.lostNow = [];
    const { ready } = this;
    let end = Math.min(ready.length, this.head + most);
    if (this.lost.size > 0) {
      for (let i = this.head; i < end; i++) {
        const stretch = this.lost.get(ready[i]!);
        if (!stretch) continue;
        if (i > this.head) {
          end = i;
          break;
        }
        missing.push(stretch);
        this.lost.delete(ready[i]!);
      }
    }
    const trades = this.head === 0 && end === ready.length ? ready : ready.slice(this.head, end);
    if (end === ready.length) {
      this.ready = [];
      this.head = 0;
    } else {
      this.head = end;
      // What was taken must not be kept alive for long.
      if (end > 8_192) {
        this.ready = ready.slice(end);
        this.head = 0;
      }
    }
    return { trades, missing };
  }
}
