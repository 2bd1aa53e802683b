// The simulated exchange as a source.

import { setImmediate as turn } from 'node:timers/promises';
import type { Observation, Source, SourceBatch, SourceHost } from '@quantstream/engine';
import { Earliest, readPosition } from '@quantstream/engine/recordings';
import { type Config, keyOf } from '../config.js';
import { FrameParser } from '../wire/frames.js';
import { makeTrade } from '../wire/trade.js';
import { LabelsFile, labelOf } from './labels.js';
import { Market, type MarketState } from './market.js';

/** What a cursor of the simulator holds, as JSON: all that it remembers. */
interface Cursor {
  readonly kind: 'simulator';
  /** When simulated time began, and how far the wall clock runs ahead of it once it is paced, ms. */
  readonly start: number;
  readonly ahead: number;
  readonly labelBytes: number;
  readonly done: boolean;
  readonly markets: Readonly<Record<string, MarketState>>;
}

/** Paced, it reports this often at least, ms. */
const REPORT = 50;

function readCursor(text: string, symbols: readonly string[]): Cursor {
  const fits = ({ kind, markets }: Cursor) => kind === 'simulator' && symbols.every((symbol) => markets[symbol]);
  return readPosition(text, 'binance', 'a simulator of these symbols', fits);
}

/** A simulated exchange in this process. Its frames go through the parser that reads recorded ones. */
export class SimulatedSource implements Source {
  private readonly config: Config;
  private readonly host: SourceHost;
  private readonly symbols: readonly string[];
  private readonly keys: Map<string, string>;
  private readonly parser: FrameParser;
  private readonly frames: string[] = [];
  private labels: LabelsFile | undefined;
  private markets: Market[] = [];
  private start = 0;
  private ahead = 0;

  constructor(config: Config, host: SourceHost) {
    this.config = config;
    this.host = host;
    this.symbols = config.symbols.length > 0 ? [...new Set(config.symbols)] : ['BTCUSDT'];
    this.keys = new Map(this.symbols.map((symbol) => [symbol, keyOf(symbol, config.market)]));
    this.parser = new FrameParser(config.stream);
  }

  async *read(from: string | null, signal: AbortSignal): AsyncGenerator<SourceBatch> {
    const { simulator, batch } = this.config;
    const cursor = from === null ? undefined : readCursor(from, this.symbols);
    if (cursor?.done) return;
    const order = this.open(cursor);
    const end = simulator.duration === undefined ? Number.POSITIVE_INFINITY : this.start + simulator.duration;
    try {
      for (;;) {
        const now = this.host.clock.now();
        const until = simulator.realTime ? Math.min(end, now - this.ahead) : end;
        const observations: Observation[] = [];
        while (observations.length < batch && order.first.time < until) this.step(order, observations, now);
        await this.labels!.flush();
        const done = order.first.time >= end && until >= end;
        const reached = Math.min(order.first.time, until);
        if (Number.isFinite(end)) this.host.progress(Math.min(reached, end) - this.start, end - this.start, 'ms');
        // The next trade is stamped with the millisecond in which it falls.
        yield { observations, cursor: this.cursor(done), watermark: Math.floor(reached) };
        if (done || signal.aborted) return;
        // Rushing never waits for anything: this lets the rest of the process, and an abort, have its turn.
        if (observations.length >= batch) await turn();
        else await this.host.clock.sleep(REPORT, signal).catch(() => {});
        if (signal.aborted) return;
      }
    } finally {
      await this.close();
    }
  }

  private open(cursor: Cursor | undefined): Earliest<Market> {
    const { simulator, stream, market } = this.config;
    const now = this.host.clock.now();
    const begin = simulator.start === 'now' ? now - simulator.history : Date.parse(simulator.start);
    this.start = cursor?.start ?? Math.floor(begin);
    this.ahead = cursor?.ahead ?? now - simulator.history - this.start;
    const labels = new LabelsFile(
      simulator.labels === undefined ? undefined : this.host.resolvePath(simulator.labels),
      cursor?.labelBytes ?? 0,
    );
    this.labels = labels;
    this.markets = this.symbols.map((symbol) => {
      const settings = {
        symbol,
        seed: simulator.seed,
        start: this.start,
        stream,
        market,
        tradesPerSecond: simulator.tradesPerSecond,
        anomaliesPerDay: simulator.anomaliesPerDay,
        variant: simulator.variant,
        begin: (name: string, anomaly: Parameters<typeof labelOf>[1]) =>
          labels.add(labelOf(this.keys.get(name)!, anomaly, this.start)),
      };
      return new Market(settings, cursor?.markets[symbol]);
    });
    return new Earliest(this.markets);
  }

  /** One order of the symbol whose turn it is, through text and parser. */
  private step(order: Earliest<Market>, observations: Observation[], received: number): void {
    const { frames, parser } = this;
    frames.length = 0;
    order.first.step(frames);
    order.settle();
    for (let i = 0; i < frames.length; i++) {
      const reason = parser.parse(frames[i]!);
      if (reason !== undefined) {
        this.host.drop(reason, `simulated frame: ${parser.problem}`);
        continue;
      }
      observations.push(
        makeTrade(
          this.keys.get(parser.symbol)!,
          parser.id,
          parser.time,
          received,
          parser.price,
          parser.quantity,
          parser.buyerIsMaker,
          parser.trades,
        ),
      );
    }
  }

  private cursor(done: boolean): string {
    const { symbols } = this;
    const cursor: Cursor = {
      kind: 'simulator',
      start: this.start,
      ahead: this.ahead,
      labelBytes: this.labels!.bytes,
      done,
      markets: Object.fromEntries(this.markets.map((market, i) => [symbols[i]!, market.save()])),
    };
    return JSON.stringify(cursor);
  }

  async close(): Promise<void> {
    await this.labels?.close();
  }
}
