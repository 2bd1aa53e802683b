/** Closes gaps in the stream with what the exchange still has of them. */
import { type Clock, type Log, messageOf, sayDuration } from '@quantstream/engine';
import type { Limits } from '../config.js';
import type { Trade } from '../wire/trade.js';
import type { Assembly, Lane } from './assembly.js';
import { type History, PAGE } from './rest/history.js';
import { RestError } from './rest/rest.js';

export interface RepairSettings {
  readonly assembly: Assembly;
  readonly history: History;
  readonly limits: Limits;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
  /** Ids that the exchange leaves out are no trades, rather than lost. */
  readonly sparse: boolean;
  /** Makes a trade of a row, or counts it as bad. */
  toTrade(symbol: string, row: unknown): Trade | undefined;
  repaired(count: number): void;
  /** A symbol is silent for longer than usual. */
  doubted(lane: Lane, now: number): void;
  /** Something has changed. */
  wake(): void;
}

/** Requests under way at once, one a symbol. */
const AT_ONCE = 4;
const FIRST_PAUSE = 250;
const LONGEST_PAUSE = 30_000;
/** An exchange that refuses an address is not to be hurried, ms. */
const REFUSED_PAUSE = 60_000;
/** An exchange that does not say whether a symbol was traded is not asked again for so long, ms. */
const UNANSWERED_PAUSE = 600_000;
/** Share of the request weight beyond which nobody asks about mere silences. */
const SPARE = 0.5;
/** That a stream is mute is told so often, ms. */
const TELL_MUTE = 60_000;

/** Fetches what is missing, the symbol that is furthest behind first. Gives up after bounded tries, and says so. */
export class Repair {
  private readonly settings: RepairSettings;
  private underWay = 0;
  private unansweredUntil = Number.NEGATIVE_INFINITY;
  private muteToldAt = Number.NEGATIVE_INFINITY;

  constructor(settings: RepairSettings) {
    this.settings = settings;
  }

  /** To be called every few dozen milliseconds: begins what is due. */
  tick(now: number): void {
    const { assembly } = this.settings;
    this.doubt(now);
    if (assembly.troubled.size > 0) this.expire(now);
    while (this.underWay < AT_ONCE && assembly.troubled.size > 0) {
      const lane = this.next(now);
      if (!lane) return;
      lane.busy = true;
      this.underWay++;
      void this.attend(lane).finally(() => {
        lane.busy = false;
        this.underWay--;
        this.settings.wake();
      });
    }
  }

  /** Symbols that are silent for longer than they usually are: a stream may be silent while they are traded. */
  private doubt(now: number): void {
    const { assembly, history, doubted } = this.settings;
    const mayAsk = now >= this.unansweredUntil && history.rest.usedShare <= SPARE;
    for (const lane of assembly.lanes.values()) {
      if (!lane.silence.isDoubtful(now) || assembly.troubled.has(lane)) continue;
      if (mayAsk) {
        assembly.doubt(lane, now);
        doubted(lane, now);
      } else lane.silence.believed(now);
    }
  }

  /** Gives up what could not be had for too long: a ban may last for days, and detection must not. */
  private expire(now: number): void {
    const { assembly, limits, log } = this.settings;
    for (const lane of assembly.troubled) {
      if (lane.offline || now - lane.progressAt <= limits.giveUp) continue;
      // Where there is no room, it is the engine that is waited for.
      if (assembly.room < PAGE) continue;
      const gap = lane.track.gap();
      lane.progressAt = now;
      if (lane.track.seeking) {
        assembly.lose(undefined, { key: lane.key, from: lane.seekFrom, to: now, reason: 'not fetched in time' });
        assembly.change(lane, now, () => this.beginWithFrames(lane));
      } else if (gap && gap.to !== Number.POSITIVE_INFINITY) this.giveUp(lane, gap.to, 'not fetched in time');
      else if (lane.quiet) this.unanswered(lane, now);
      else continue;
      log.warn({ key: lane.key }, `what is missing of ${lane.key} could not be fetched within giveUp and is given up`);
    }
  }

  private next(now: number): Lane | undefined {
    const { assembly, limits } = this.settings;
    let best: Lane | undefined;
    for (const lane of assembly.troubled) {
      if (lane.busy || lane.offline || now < lane.retryAt) continue;
      const patient = !lane.initial && !lane.quiet && now - lane.troubledSince < limits.reorder;
      if (patient && assembly.room > PAGE) continue;
      // A symbol that nobody traded since the connection is back: only the exchange knows whether something was missed.
      if (lane.unsure && !lane.track.catching && !lane.track.seeking && !lane.track.gap()) lane.track.catching = true;
      if (!best || lane.frontier < best.frontier) best = lane;
    }
    // What is fetched must have room; history is fetched no faster than it is taken.
    return best && (assembly.room >= PAGE * (this.underWay + 1) || best.track.seeking) ? best : undefined;
  }

  private async attend(lane: Lane): Promise<void> {
    try {
      if (lane.track.seeking) await this.seek(lane);
      else await this.fill(lane);
    } catch (error) {
      if (this.settings.signal.aborted) return;
      this.failed(lane, error);
    }
  }

  private async seek(lane: Lane): Promise<void> {
    const { history, assembly, clock, signal } = this.settings;
    const id = await history.idAt(lane.symbol, lane.seekFrom, signal);
    const { track } = lane;
    // It took too long, and the track has begun without it.
    if (!track.seeking) return;
    assembly.change(lane, clock.now(), () => {
      track.catching = id !== undefined;
      lane.unsure = false;
      if (id !== undefined) this.skipTo(lane, id);
      else this.beginWithFrames(lane);
    });
  }

  /** Nothing is known of the past: the first frame that was held is the beginning. */
  private beginWithFrames({ track }: Lane): void {
    track.seeking = false;
    const first = Math.min(...track.held.keys());
    if (Number.isFinite(first)) track.begin(first);
  }

  /** Begins at an id; what lies between it and what was handed over before this run is lost. */
  private skipTo(lane: Lane, id: number): void {
    const { assembly } = this.settings;
    const count = id - lane.resumedAt - 1;
    if (count > 0) {
      const from = lane.passed;
      const reason = 'longer ago than catchUp';
      assembly.lose(undefined, { key: lane.key, from, to: Math.max(from, lane.seekFrom), reason, count });
    }
    lane.track.begin(count < 0 ? lane.resumedAt + 1 : id);
  }

  private async fill(lane: Lane): Promise<void> {
    const { assembly, history, clock, signal } = this.settings;
    const { track } = lane;
    const gap = track.gap();
    if (!gap) {
      assembly.change(lane, clock.now(), () => {
        lane.unsure = false;
      });
      return;
    }
    const wanted = gap.to - gap.from + 1;
    const asked = clock.now();
    const rows = await history.page(lane.symbol, gap.from, wanted, signal);
    const now = clock.now();
    const before = track.next;
    let highest = -1;
    let filled = 0;
    for (const row of rows) {
      const trade = this.settings.toTrade(lane.symbol, row);
      if (!trade) continue;
      if (trade.sequence > highest) highest = trade.sequence;
      if (trade.sequence >= gap.from && assembly.put(lane, trade, now) !== 'repeat' && trade.sequence <= gap.to) filled++;
    }
    if (filled > 0 && !lane.initial) this.settings.repaired(filled);
    if (rows.length < PAGE && gap.to === Number.POSITIVE_INFINITY) {
      // That was all there is.
      if (lane.quiet) this.answered(lane, asked, filled, now);
      assembly.settleDoubt(lane, now);
    }
    if (track.next > before || filled > 0) {
      lane.failures = 0;
      lane.retryAt = now;
      lane.progressAt = now;
    }
    this.settle(lane, gap.from, Math.min(gap.to, highest), now);
  }

  /** The exchange has said whether a silent symbol was traded. */
  private answered(lane: Lane, asked: number, filled: number, now: number): void {
    lane.mute = filled > 0;
    if (!lane.mute) {
      lane.silence.proved(asked);
      return;
    }
    lane.silence.heard(asked);
    if (now - this.muteToldAt < TELL_MUTE) return;
    this.muteToldAt = now;
    this.settings.log.warn(
      { key: lane.key, count: filled },
      `${lane.key} was traded while its stream was silent: time waits for it, and what the stream does not tell is fetched`,
    );
  }

  /** Nobody says whether a silent symbol was traded: it is taken for silent, and no other is asked about for a while. */
  private unanswered(lane: Lane, now: number): void {
    this.unansweredUntil = now + UNANSWERED_PAUSE;
    lane.failures = 0;
    lane.silence.believed(now);
    this.settings.assembly.settleDoubt(lane, now);
  }

  /** What the exchange leaves out although it has what follows. */
  private settle(lane: Lane, from: number, to: number, now: number): void {
    const { assembly, sparse, limits } = this.settings;
    const { track } = lane;
    const gap = track.gap();
    if (!gap) return;
    if (gap.from > from && gap.from > to) return;
    if (gap.from <= to) {
      const end = Math.min(gap.to, to);
      if (sparse) {
        assembly.change(lane, now, () => track.abandon(end));
        return;
      }
      // It may just be slow: asked twice more before it is believed.
      if (++lane.failures > Math.min(2, limits.tries)) this.giveUp(lane, end, 'the exchange does not have it');
    } else if (++lane.failures >= limits.tries && gap.to !== Number.POSITIVE_INFINITY) {
      this.giveUp(lane, gap.to, 'the exchange does not have it');
    }
    lane.retryAt = now + this.pause(lane);
  }

  private failed(lane: Lane, error: unknown): void {
    const { clock, limits, log, history } = this.settings;
    const now = clock.now();
    const rest = error instanceof RestError ? error : undefined;
    // The limiter knows for how long; the next attempt waits there.
    if (rest?.mustWait) return;
    const blocked = rest?.status === 451 || rest?.status === 403;
    lane.failures += blocked ? Math.ceil(limits.tries / 3) : rest?.final ? limits.tries : 1;
    const refused = blocked || rest?.final;
    if (lane.quiet && !lane.track.held.size && (refused || lane.failures >= limits.tries)) {
      const pause = sayDuration(UNANSWERED_PAUSE);
      const what = `whether ${lane.key} was traded while it was silent is not known; nobody is asked for ${pause}`;
      log.warn({ key: lane.key }, `${messageOf(error)}; ${what}`);
      this.unanswered(lane, now);
      return;
    }
    if (lane.failures < limits.tries) {
      lane.retryAt = now + (blocked ? REFUSED_PAUSE : this.pause(lane));
      if (lane.failures === 1) log.warn({ key: lane.key }, `${messageOf(error)}; trying again`);
      return;
    }
    const { track } = lane;
    const gap = track.gap();
    const why = rest ? `not fetched: ${rest.status || history.rest.host} ${rest.code ?? ''}`.trim() : 'not fetched';
    log.warn({ key: lane.key }, `${messageOf(error)}; gives up fetching what is missing of ${lane.key}`);
    if (track.seeking) {
      this.settings.assembly.lose(undefined, { key: lane.key, from: lane.seekFrom, to: now, reason: why });
      this.settings.assembly.change(lane, now, () => this.beginWithFrames(lane));
    } else if (gap && gap.to !== Number.POSITIVE_INFINITY) this.giveUp(lane, gap.to, why);
    else this.settings.assembly.settleDoubt(lane, now);
  }

  private giveUp(lane: Lane, to: number, reason: string): void {
    const { assembly, clock } = this.settings;
    lane.failures = 0;
    assembly.abandon(lane, to, clock.now(), reason);
  }

  private pause(lane: Lane): number {
    return Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** Math.max(0, lane.failures - 1));
  }
}
