// Reads bars from the lines of klines, as data.binance.vision has them.

import type { Emits } from '@quantstream/engine';
import type { Lines } from '@quantstream/engine/recordings';
import { fieldsOf, namesOf } from './columns.js';
import type { RecordReader, RecordSettings } from './csv.js';
import { parseTime } from './scan.js';
import { EARLIEST, isAmount, isQuantity, type Trade } from './trade.js';

/** What a source of klines emits. */
export const emitsBars: Emits = {
  bar: {
    about: 'What was traded within a stretch of time, known when it is over: stamped with its last moment',
    sequence: 'growing',
    fields: {
      open: { unit: 'quote', about: 'Price of the first trade' },
      high: { unit: 'quote', about: 'Highest price' },
      low: { unit: 'quote', about: 'Lowest price' },
      close: { unit: 'quote', about: 'Price of the last trade' },
      volume: { unit: 'base', about: 'Quantity traded' },
      length: { unit: 's', about: 'Length of the bar' },
      turnover: { unit: 'quote', about: 'Σ price × quantity', optional: true },
      trades: { unit: '1', about: 'Number of trades', optional: true },
      taker_buy_volume: { unit: 'base', about: 'Quantity that takers bought', optional: true },
    },
  },
};

/** Names of the archives' headers, letters and digits only, by place in a line without a header. */
const COLUMNS = [
  ['opentime'],
  ['open'],
  ['high'],
  ['low'],
  ['close'],
  ['volume'],
  ['closetime'],
  ['quotevolume', 'quoteassetvolume'],
  ['count', 'numberoftrades', 'trades'],
  ['takerbuyvolume', 'takerbuybaseassetvolume', 'takerbuybasevolume'],
] as const;
const [OPEN_TIME, OPEN, HIGH, LOW, CLOSE, VOLUME, CLOSE_TIME, TURNOVER, TRADES, TAKER_BUY_VOLUME] =
  COLUMNS.keys() as unknown as readonly [number, number, number, number, number, number, number, number, number, number];
/** Columns that every line must have; the others may be absent from a header. */
const NEEDED = 7;
/** Columns of a line without a header; the last is of no use. */
const WIDTH = 12;
const NUMBER = /^\d*\.?\d+(?:e[+-]?\d+)?$/i;

/** Where each of the columns stands in a line; −1 where it is lacking. */
export interface KlineLayout {
  readonly header: boolean;
  readonly width: number;
  readonly places: readonly number[];
}

/** The layout of klines that begin with this line, or `undefined` if it is none of klines. */
export function klineLayout(line: string): KlineLayout | undefined {
  const names = namesOf(line);
  const places = COLUMNS.map((known) => names.findIndex((name) => (known as readonly string[]).includes(name)));
  if (places.slice(0, NEEDED).every((place) => place >= 0)) return { header: true, width: names.length, places };
  const fields = fieldsOf(line);
  if (fields.length !== WIDTH || !fields.every((field) => NUMBER.test(field))) return undefined;
  const [opened, closed] = [timeOf(fields[OPEN_TIME]!), timeOf(fields[CLOSE_TIME]!)];
  if (!(opened >= EARLIEST && closed > opened)) return undefined;
  return { header: false, width: WIDTH, places: [...COLUMNS.keys()] };
}

const numberOf = (text: string | undefined) => (text !== undefined && NUMBER.test(text) ? Number(text) : Number.NaN);

function timeOf(text: string): number {
  const bytes = Buffer.from(text);
  return parseTime(bytes, 0, bytes.length);
}

/** Turns lines of klines into bars. One a file. */
export class KlineReader implements RecordReader {
  received = 0;
  latest = Number.POSITIVE_INFINITY;
  private readonly layout: KlineLayout;
  private readonly settings: RecordSettings;
  private readonly key: string | undefined;

  constructor(layout: KlineLayout, settings: RecordSettings) {
    this.layout = layout;
    this.settings = settings;
    this.key = settings.fileSymbol === undefined ? undefined : settings.keyOf(settings.fileSymbol);
  }

  next(lines: Lines): Trade | null {
    const { layout, settings } = this;
    for (let line = lines.next(); line !== undefined; line = lines.next()) {
      if (line.trim() === '' || (layout.header && lines.recordLine === 1)) continue;
      const found = this.read(fieldsOf(line));
      if (typeof found !== 'string') {
        if (this.key !== undefined) return found;
        continue;
      }
      const [reason, problem] = found.split('|') as ['bad_line' | 'bad_time' | 'bad_price' | 'bad_quantity', string];
      settings.report(reason, lines.recordLine, problem);
    }
    return null;
  }

  /** The bar in a line, or the reason and the problem. */
  private read(fields: readonly string[]): Trade | string {
    const { width, places } = this.layout;
    if (fields.length !== width) return `bad_line|${fields.length} columns where ${width} were expected`;
    const text = (column: number) => fields[places[column]!]!;
    const opened = timeOf(text(OPEN_TIME));
    const closed = timeOf(text(CLOSE_TIME));
    if (!(opened >= EARLIEST && closed > opened && closed <= this.latest)) {
      return `bad_time|time "${text(OPEN_TIME)}" to "${text(CLOSE_TIME)}"`;
    }
    const number = (column: number) => numberOf(fields[places[column]!]);
    const [open, high, low, close, volume] = [OPEN, HIGH, LOW, CLOSE, VOLUME].map(number) as [
      number,
      number,
      number,
      number,
      number,
    ];
    if (![open, high, low, close].every(isAmount) || high < Math.max(open, close, low) || low > Math.min(open, close)) {
      return `bad_price|prices "${[OPEN, HIGH, LOW, CLOSE].map(text).join(', ')}"`;
    }
    if (!isQuantity(volume)) return `bad_quantity|volume "${text(VOLUME)}"`;
    // The last moment of a bar is one millisecond or microsecond before the next.
    const length = Math.round((closed - opened) / 1_000);
    const values: Record<string, number> = { open, high, low, close, volume, length };
    const [turnover, trades, bought] = [number(TURNOVER), number(TRADES), number(TAKER_BUY_VOLUME)];
    if (isQuantity(turnover)) values.turnover = turnover;
    if (isQuantity(trades)) values.trades = trades;
    if (bought <= volume) values.taker_buy_volume = bought;
    const bar = { key: this.key ?? '', type: 'bar', sequence: Math.floor(opened), time: closed, received: this.received, values };
    return bar as Trade;
  }
}
