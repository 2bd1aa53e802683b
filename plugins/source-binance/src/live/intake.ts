/** What comes in live, as frames or rows: made into trades, or dropped by reason. */
import { type Histogram, messageOf, type SourceHost, sayAny } from '@quantstream/engine';
import type { Config } from '../config.js';
import { FrameParser } from '../wire/frames.js';
import { EARLIEST, MAX_AHEAD, makeTrade, type Trade } from '../wire/trade.js';
import type { Assembly, Lane } from './assembly.js';
import type { Lateness } from './watermark.js';

/** How often a farewell is logged, ms, however many there are. */
const TELL_FAREWELL = 10_000;
const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60];

/** Makes trades of frames and of rows, through one parser and the same checks, and counts what is none. */
export class Intake {
  private readonly host: SourceHost;
  private readonly assembly: Assembly;
  private readonly lateness: Lateness;
  private readonly wake: () => void;
  private readonly parser: FrameParser;
  private readonly latency: Histogram;
  private lastLane: Lane | undefined;
  /** Farewells that were not told yet, and when the last was. */
  private farewells = 0;
  private farewellAt = Number.NEGATIVE_INFINITY;
  /** What comes lay in a buffer while this process stood still: its delay is ours. */
  catchingUp = false;

  /** @param wake is called when there is something to hand over */
  constructor(
    { stream, market }: Pick<Config, 'stream' | 'market'>,
    host: SourceHost,
    assembly: Assembly,
    lateness: Lateness,
    wake: () => void,
  ) {
    this.host = host;
    this.assembly = assembly;
    this.lateness = lateness;
    this.wake = wake;
    this.parser = new FrameParser(stream, market);
    this.latency = host.metrics.histogram('source_latency_seconds', 'From event time to arrival, by two clocks', BUCKETS);
  }

  /**
   * One frame. The hot path: no allocation but what parsing and the trade itself need. Never throws: what fails is counted.
   * @param leave is called when the exchange says that it will end the connection
   */
  take(frame: string, leave: () => void): void {
    try {
      this.takeFrame(frame, leave);
    } catch (error) {
      this.host.drop('bad_frame', `frame: ${messageOf(error)}: ${sayAny(frame)}`);
    }
  }

  private takeFrame(frame: string, leave: () => void): void {
    const { parser, assembly } = this;
    const reason = parser.parse(frame);
    if (reason !== undefined) {
      this.refuse(reason, frame, leave);
      return;
    }
    const lane = this.lastLane?.symbol === parser.symbol ? this.lastLane : assembly.lanes.get(parser.symbol);
    if (!lane) {
      this.host.drop('other_event', `a frame of ${parser.symbol}, which was not asked for`);
      return;
    }
    this.lastLane = lane;
    const now = this.host.clock.now();
    const trade = this.toTrade(lane.key, now);
    if (!trade) return;
    if (assembly.offer(lane, trade, now) === 'passed') {
      this.latency.observe((now - trade.time) / 1_000);
      if (!this.catchingUp) this.lateness.seen(trade.time, now);
      this.wake();
    }
  }

  private toTrade(key: string, now: number): Trade | undefined {
    const { parser } = this;
    const { id, time, price, quantity, buyerIsMaker, trades, first } = parser;
    if (!(time >= EARLIEST && time <= now + MAX_AHEAD)) {
      this.host.drop('bad_time', `${key} ${id}: time ${time} ms`);
      return undefined;
    }
    return makeTrade(key, id, time, now, price, quantity, buyerIsMaker, trades, first);
  }

  /** A row of an answer, as a trade; `undefined` if it is none, which is counted. */
  fromRow(symbol: string, row: unknown): Trade | undefined {
    const reason = this.parser.parseRow(symbol, row);
    if (reason === undefined) return this.toTrade(this.assembly.lanes.get(symbol)!.key, this.host.clock.now());
    this.host.drop(reason, `${symbol}, fetched: ${this.parser.problem}`);
    return undefined;
  }

  /** What is no trade: an answer to a subscription, a farewell, or bad input. */
  private refuse(reason: string, frame: string, leave: () => void): void {
    const { parser, host, assembly } = this;
    if (reason === 'not_market') {
      const lane = assembly.lanes.get(parser.symbol);
      if (lane && Number.isSafeInteger(parser.id)) assembly.skip(lane, parser.id, host.clock.now());
    } else if (reason === 'other_event') {
      const said = JSON.parse(frame) as { e?: unknown; data?: { e?: unknown }; result?: unknown; id?: unknown };
      if ((said.data?.e ?? said.e) === 'serverShutdown') {
        this.tellFarewell();
        leave();
        return;
      }
      if (said.result === null && said.id !== undefined) return;
    }
    host.drop(reason, `frame: ${parser.problem}`);
  }

  private tellFarewell(): void {
    const { log, clock } = this.host;
    const now = clock.now();
    this.farewells++;
    if (now - this.farewellAt < TELL_FAREWELL) return;
    log.info({ count: this.farewells }, 'the exchange is about to end a connection: its successor is being opened');
    this.farewells = 0;
    this.farewellAt = now;
  }
}
