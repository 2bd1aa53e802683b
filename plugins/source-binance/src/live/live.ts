import { setImmediate as turn } from 'node:timers/promises';
import {
  type Gauge,
  type Source,
  type SourceBatch,
  type SourceHost,
  Standstill,
  type Stood,
  sayDuration,
} from '@quantstream/engine';
import { type Config, keyOf } from '../config.js';
import { Random } from '../simulator/random.js';
import { Assembly, type Lane } from './assembly.js';
import { type LiveCursor, Positions } from './cursor.js';
import { Intake } from './intake.js';
import { Repair } from './repair.js';
import { Facts } from './rest/facts.js';
import { History, weightsOf } from './rest/history.js';
import { Budget, WeightLimiter } from './rest/limiter.js';
import { agentFor, endpointsOf } from './rest/network.js';
import { Rest } from './rest/rest.js';
import { Shard } from './shard.js';
import { Lateness } from './watermark.js';

/** What code may pass; a test that squeezes time makes the steps longer. */
export interface LiveSettings {
  /** How often connections, gaps and the watermark are looked after, ms. */
  readonly tickMs?: number;
  /** How often the exchange's clock is asked, ms. */
  readonly clockMs?: number;
}

/** Half of what a live source must keep: it says how far time has come at least every 100 ms. */
const TICK = 50;
const ASK_CLOCK = 600_000;
const MINUTE = 60_000;
/** Turns of the event loop in which sockets are read before time is told, however much comes: a busy market is not to wait for a moment of rest. */
const MOST_TURNS = { usual: 20, behind: 1_000 };
/** The exchange allows 300 attempts to connect in 5 minutes from one address; others may live behind it. */
const ATTEMPTS = 200;

/**
 * The live exchange. Frames arrive on websockets, are put into the order of their ids, and what is missing is fetched over REST:
 * `Shard` keeps connections, `Assembly` orders, `Repair` fetches, `Lateness` says how far time has come. This class moves between them.
 */
export class LiveSource implements Source {
  private readonly config: Config;
  private readonly host: SourceHost;
  private readonly tickMs: number;
  private readonly clockMs: number;
  private readonly intake: Intake;
  private readonly assembly: Assembly;
  private readonly limiter: WeightLimiter;
  private readonly rest: Rest;
  private readonly history: History;
  private readonly lateness = new Lateness();
  private readonly ended = new AbortController();
  private readonly gauges: Readonly<Record<'connections' | 'weight' | 'waiting', Gauge>>;
  /** Why a shard has no connection. */
  private readonly troubles = new Map<Shard, string>();
  private shards: Shard[] = [];
  private readonly standstill: Standstill;
  /** Frames so far. */
  private arrivals = 0;
  private repair: Repair | undefined;
  private positions: Positions;
  private failure: unknown;
  private wakeReader = () => {};
  private shedTold = 0;
  private shedToldAt = Number.NEGATIVE_INFINITY;

  constructor(config: Config, host: SourceHost, { tickMs = TICK, clockMs = ASK_CLOCK }: LiveSettings = {}) {
    this.config = config;
    this.host = host;
    this.tickMs = tickMs;
    this.clockMs = clockMs;
    // It counts in ticks of the usual length.
    const now = () => (host.clock.now() / tickMs) * TICK;
    this.standstill = new Standstill({ now, sleep: (ms, signal) => host.clock.sleep(ms, signal) });
    this.assembly = new Assembly(config.limits.buffer, config.limits.hold);
    // Until the exchange says its own limit, half of what it said when this was written.
    this.limiter = new WeightLimiter(weightsOf(config.market).perMinute / 2, config.limits.reserve);
    this.rest = new Rest({
      endpoints: endpointsOf(config),
      proxy: config.proxy,
      apiKey: config.apiKey,
      clock: host.clock,
      log: host.log,
      limiter: this.limiter,
      answerMs: config.limits.answer,
    });
    this.history = new History(this.rest, config.market, config.stream);
    this.intake = new Intake(config, host, this.assembly, this.lateness, () => this.wakeReader());
    this.positions = new Positions(config.market, config.stream);
    const { metrics } = host;
    this.gauges = {
      connections: metrics.gauge('source_connections', 'Connections that are open'),
      weight: metrics.gauge('source_request_weight', 'Request weight used in this minute'),
      waiting: metrics.gauge('source_waiting', 'Observations that wait in the source'),
    };
  }

  /** Requests and handshakes that wait for an answer. */
  get pending(): number {
    return this.rest.underWay + this.shards.reduce((sum, shard) => sum + shard.handshakes, 0);
  }

  async *read(from: string | null, signal: AbortSignal): AsyncGenerator<SourceBatch> {
    const { clock } = this.host;
    const stop = AbortSignal.any([signal, this.ended.signal]);
    const wake = () => this.wakeReader();
    this.standstill.look();
    stop.addEventListener('abort', wake, { once: true });
    this.open(from === null ? undefined : this.positions.resume(from), stop);
    const facts = this.facts();
    const helpers = [this.tend(stop).catch((error) => this.fail(error)), facts.verify(stop), facts.askClock(stop)];
    let yielded = Number.NEGATIVE_INFINITY;
    try {
      while (!stop.aborted) {
        if (this.failure !== undefined) throw this.failure;
        await this.readAll();
        // Nobody wakes a reader any more that has been closed meanwhile.
        if (stop.aborted) break;
        const now = clock.now();
        this.assembly.settle(now);
        const { trades, missing } = this.assembly.take(this.config.batch);
        if (trades.length > 0 || missing.length > 0 || now - yielded >= this.tickMs) {
          yielded = now;
          const watermark = this.watermark(now);
          let lost = missing;
          let left = trades.length;
          for (const part of this.positions.parts(trades)) {
            lost.push(...part.missing);
            left -= part.trades.length;
            yield {
              observations: part.trades,
              ...(lost.length > 0 ? { missing: lost } : {}),
              cursor: this.positions.cursor,
              // Time has come so far behind the last of them.
              ...(watermark === undefined || left > 0 ? {} : { watermark }),
            };
            lost = [];
          }
          continue;
        }
        await new Promise<void>((resolve) => {
          this.wakeReader = resolve;
        });
      }
    } finally {
      stop.removeEventListener('abort', wake);
      await this.close();
      await Promise.allSettled(helpers);
    }
  }

  async close(): Promise<void> {
    this.ended.abort(new Error('closed'));
    for (const shard of this.shards) shard.close();
    this.shards = [];
    this.rest.close();
  }

  private facts(): Facts {
    const { config, host, history, limiter, lateness, clockMs } = this;
    return new Facts({ config, host, history, limiter, lateness, clockMs, fail: (error) => this.fail(error) });
  }

  /** Ends the reading with an error. */
  private fail(error: unknown): void {
    this.failure = error;
    this.wakeReader();
  }

  /** Whatever the sockets hold is read before anybody says how far time has come. */
  private async readAll(): Promise<void> {
    this.look();
    const most = this.intake.catchingUp ? MOST_TURNS.behind : MOST_TURNS.usual;
    for (let turns = 0; turns < most; turns++) {
      const before = this.arrivals;
      await turn();
      if (this.arrivals === before) break;
    }
    this.look();
  }

  /** To be asked before time is believed: whether this process has just stood still. */
  private look(): void {
    const stood = this.standstill.look();
    if (stood) this.stoodStill(stood);
  }

  /** Frames were sent meanwhile, and nobody else was silent or slow. Time stands until what lay in between is read. */
  private stoodStill({ from, to }: Stood): void {
    const ms = ((to - from) / TICK) * this.tickMs;
    this.intake.catchingUp = true;
    this.assembly.stoodStill(ms);
    for (const shard of this.shards) shard.stoodStill(ms, this.host.clock.now());
  }

  private watermark(now: number): number | undefined {
    const behind = this.intake.catchingUp && this.shards.some((shard) => shard.isBehind(now));
    this.intake.catchingUp = behind;
    const mark = this.assembly.watermark(behind ? Number.NEGATIVE_INFINITY : now - this.lateness.allowance, now);
    return mark === Number.NEGATIVE_INFINITY ? undefined : Math.floor(mark);
  }

  private open(cursor: LiveCursor | undefined, signal: AbortSignal): void {
    const { config, host, assembly } = this;
    const { limits, market, stream } = config;
    const symbols = [...new Set(config.symbols)];
    const now = host.clock.now();
    const shardOf = new Map<Lane, Shard>();
    for (const symbol of symbols) this.place(assembly.add(symbol, keyOf(symbol, market)), cursor, now);
    this.repair = new Repair({
      assembly,
      history: this.history,
      limits,
      clock: host.clock,
      log: host.log,
      signal,
      sparse: market === 'usdm' && stream === 'trade',
      toTrade: (symbol, row) => this.intake.fromRow(symbol, row),
      repaired: (count) => host.repaired(count),
      doubted: (lane, at) => shardOf.get(lane)?.doubt(at),
      wake: () => this.wakeReader(),
    });
    const { websocket } = endpointsOf(config);
    const agent = agentFor(websocket, config.proxy, false);
    const budget = new Budget(ATTEMPTS, 5 * MINUTE);
    for (let i = 0; i < symbols.length; i += limits.streamsPerConnection) {
      const mine = symbols.slice(i, i + limits.streamsPerConnection);
      const lanes = mine.map((symbol) => assembly.lanes.get(symbol)!);
      const random = new Random(`${host.pipeline}/${i}/${now}`);
      const streams = mine.map((symbol) => `${symbol.toLowerCase()}@${stream}`);
      const settings = { base: websocket, streams, agent, clock: host.clock, log: host.log, limits, budget, random };
      const shard: Shard = new Shard(
        settings,
        this.eventsOf(lanes, () => shard),
      );
      this.shards.push(shard);
      for (const lane of lanes) shardOf.set(lane, shard);
    }
    if (market === 'usdm' && stream === 'trade' && config.apiKey === undefined) {
      host.log.warn(
        {},
        'without an apiKey, single trades of USD-M that are lost on the way cannot be fetched again; aggTrade needs none',
      );
    }
    host.log.info(
      { symbols: symbols.length },
      `listening to ${stream} of ${symbols.length === 1 ? symbols[0] : `${symbols.length} symbols`} at ${websocket}`,
    );
  }

  /** Where a symbol begins: behind its cursor, `backfill` ago, or with the first frame. */
  private place(lane: Lane, cursor: LiveCursor | undefined, now: number): void {
    const { backfill, catchUp } = this.config;
    const { track } = lane;
    const known = cursor?.keys[lane.key];
    this.assembly.review(lane, now);
    if (cursor && !known) {
      lane.seekFrom = Math.max(cursor.since, now - catchUp);
      track.seeking = true;
      return;
    }
    if (known) {
      const [id, time] = known;
      lane.passed = time;
      lane.resumedAt = id;
      if (now - time <= catchUp) {
        track.next = id + 1;
        track.catching = true;
        return;
      }
      const span = sayDuration(now - time);
      this.host.log.warn(
        { key: lane.key },
        `${lane.key} stopped ${span} ago, longer than catchUp: what lies further back is missing`,
      );
      lane.seekFrom = now - catchUp;
      track.seeking = true;
    } else if (backfill > 0) {
      lane.seekFrom = now - backfill;
      track.seeking = true;
    }
  }

  private eventsOf(lanes: readonly Lane[], shard: () => Shard) {
    const { host, assembly } = this;
    const leave = () => shard().leave(host.clock.now());
    const reconnects = host.metrics.counter('source_reconnects_total', 'Connections after the first ones');
    return {
      text: (frame: string) => {
        this.look();
        this.arrivals++;
        this.intake.take(frame, leave);
      },
      tooLarge: () => host.drop('frame_too_large', `a frame of more than ${this.config.limits.frameBytes} bytes`),
      trouble: (why: string | undefined) => {
        if (why === undefined) this.troubles.delete(shard());
        else this.troubles.set(shard(), why);
        host.trouble(this.troubles.values().next().value);
      },
      connected: (attempts: number) => {
        if (attempts > 1) reconnects.add();
      },
      online: () => {
        const now = host.clock.now();
        for (const lane of lanes) this.online(lane, now);
        this.wakeReader();
      },
      offline: () => {
        const now = host.clock.now();
        for (const lane of lanes) {
          lane.offline = true;
          assembly.review(lane, now);
        }
      },
    };
  }

  /** Frames flow again: what was missed meanwhile is not known until the next frame, or the exchange, says so. */
  private online(lane: Lane, now: number): void {
    this.positions.began(now - this.config.backfill);
    lane.offline = false;
    lane.silence.heard(now);
    lane.progressAt = now;
    if (!lane.initial) {
      lane.unsure = true;
      // A symbol that nobody ever traded while we listened has no id to go on from, but a time.
      if (Number.isNaN(lane.track.next)) {
        lane.seekFrom = lane.troubledSince;
        lane.track.seeking = true;
      }
    }
    this.assembly.review(lane, now);
    if (!Number.isNaN(lane.troubledSince)) lane.retryAt = now + (lane.initial ? 0 : this.config.limits.reorder);
  }

  /** Looks after everything that depends on time, until the source is closed. */
  private async tend(signal: AbortSignal): Promise<void> {
    const { clock } = this.host;
    while (!signal.aborted) {
      await this.readAll();
      const now = clock.now();
      for (const shard of this.shards) shard.tick(now);
      this.repair?.tick(now);
      this.gauges.connections.set(this.shards.reduce((sum, shard) => sum + shard.open, 0));
      this.gauges.weight.set(this.limiter.used);
      this.gauges.waiting.set(this.assembly.size);
      this.tellShed(now);
      this.wakeReader();
      await clock.sleep(this.tickMs, signal).catch(() => {});
    }
  }

  /** An engine that does not keep up is worth a line, now and then. */
  private tellShed(now: number): void {
    const shed = this.assembly.shedCount;
    if (shed === this.shedTold || now - this.shedToldAt < MINUTE) return;
    this.shedToldAt = now;
    this.host.log.warn(
      { count: shed - this.shedTold },
      `the buffer of ${this.config.limits.buffer} is full: ${shed - this.shedTold} trades were let go and will be fetched again`,
    );
    this.shedTold = shed;
  }
}
