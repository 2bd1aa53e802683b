import { readPosition } from '@quantstream/engine/recordings';
import type { Config } from '../config.js';
import { type Part, SingleTrades, type Tails } from '../wire/singles.js';
import type { Trade } from '../wire/trade.js';

/** What a cursor of the live source holds, as JSON. */
export interface LiveCursor {
  readonly kind: 'live';
  readonly market: Config['market'];
  readonly stream: Config['stream'];
  /** When the source began to listen, ms since the epoch: from there on, keys that have no entry yet are looked up. */
  readonly since: number;
  /** By key: id and event time (ms) of the last trade that was handed over. */
  readonly keys: Readonly<Record<string, readonly [id: number, time: number]>>;
  /** By key: how far the ids of single trades have come, where trades are aggregated. */
  readonly singles?: Tails;
}

/** Remembers how far each key has come. */
export class Positions {
  private readonly market: Config['market'];
  private readonly stream: Config['stream'];
  private readonly keys = new Map<string, [number, number]>();
  private since = Number.NaN;
  private text: string | undefined;
  private singles = new SingleTrades();

  constructor(market: Config['market'], stream: Config['stream']) {
    this.market = market;
    this.stream = stream;
  }

  /** The source listens, or reads the past from here on. */
  began(time: number): void {
    if (Number.isNaN(this.since)) this.since = time;
  }

  /** Trades that are handed over, cut where single trades are lost. The cursor holds behind the part that was given last. */
  *parts(trades: Trade[]): Generator<Part> {
    for (const part of this.singles.parts(trades)) {
      this.passed(part.trades);
      yield part;
    }
  }

  private passed(trades: readonly Trade[]): void {
    if (trades.length === 0) return;
    this.text = undefined;
    let key = '';
    let position: [number, number] | undefined;
    for (const trade of trades) {
      if (trade.key !== key || !position) {
        key = trade.key;
        position = this.keys.get(key);
        if (!position) {
          position = [0, 0];
          this.keys.set(key, position);
        }
      }
      position[0] = trade.sequence;
      position[1] = trade.time;
    }
  }

  /** `null` while nothing was handed over: there is nothing to go on from. */
  get cursor(): string | null {
    if (this.keys.size === 0) return null;
    const { market, stream, since, keys } = this;
    this.text ??= JSON.stringify({
      kind: 'live',
      market,
      stream,
      since: Math.floor(since),
      keys: Object.fromEntries(keys),
      singles: this.singles.state(),
    });
    return this.text;
  }

  /** @throws QS_SOURCE_FAILED if it is not the cursor of such a source */
  resume(text: string): LiveCursor {
    const { market, stream } = this;
    const fits = (saved: Partial<LiveCursor>) =>
      saved.kind === 'live' && saved.market === market && saved.stream === stream && saved.keys !== undefined;
    const cursor = readPosition<LiveCursor>(text, 'binance', `live ${market} ${stream}`, fits);
    const { since, keys, singles } = cursor;
    this.singles = new SingleTrades(singles);
    this.since = since ?? Number.NaN;
    for (const [key, [id, time]] of Object.entries(keys)) this.keys.set(key, [id, time]);
    return cursor;
  }
}
