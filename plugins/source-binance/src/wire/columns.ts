import type { Stream } from './frames.js';

/** Where each part of a trade stands in a line; −1 where a layout lacks it. */
export interface Layout {
  readonly about: string;
  /** Columns of each line. */
  readonly width: number;
  readonly id: number;
  readonly price: number;
  readonly quantity: number;
  readonly time: number;
  readonly symbol: number;
  readonly maker: number;
  /** The side of the taker, in words: `sell` is what `maker` 1 is. */
  readonly side: number;
  readonly first: number;
  readonly last: number;
  readonly event: number;
  readonly header: boolean;
}

/** What a recording turned out to be. */
export type Format = { readonly kind: 'csv'; readonly layout: Layout } | { readonly kind: 'frames'; readonly stream: Stream };

type Role = 'id' | 'price' | 'quantity' | 'time' | 'symbol' | 'maker' | 'side' | 'first' | 'last' | 'event';

/** Header names by role, letters and digits only, the preferred one first: the moment of the trade before that of its message. */
const ALIASES: Readonly<Record<Role, readonly string[]>> = {
  id: ['id', 'tradeid', 'aggtradeid', 'aggregatetradeid', 'aggid'],
  price: ['price', 'tradeprice'],
  quantity: ['quantity', 'qty', 'size', 'amount', 'volume', 'basequantity', 'baseqty'],
  time: ['transactiontime', 'transacttime', 'tradetime', 'time', 'timestamp', 'datetime', 'eventtime'],
  symbol: ['symbol', 'pair', 'instrument'],
  maker: ['isbuyermaker', 'isbuyermarketmaker', 'buyerismaker', 'buyermaker'],
  side: ['side', 'takerside', 'aggressorside', 'takerorderside'],
  first: ['firsttradeid', 'firstid'],
  last: ['lasttradeid', 'lastid'],
  event: ['eventtype', 'event'],
};
const ROLES = Object.keys(ALIASES) as Role[];

/** Columns of the archives at data.binance.vision, in the words of its readme, and two plain layouts. */
const HEADERLESS = [
  { about: 'spot trades', names: 'id,price,qty,quoteqty,time,isbuyermaker,isbestmatch' },
  { about: 'USD-M trades', names: 'id,price,qty,quoteqty,time,isbuyermaker' },
  { about: 'spot aggTrades', names: 'aggtradeid,price,qty,firsttradeid,lasttradeid,transacttime,isbuyermaker,isbestmatch' },
  { about: 'USD-M aggTrades', names: 'aggtradeid,price,qty,firsttradeid,lasttradeid,transacttime,isbuyermaker' },
  { about: 'time, symbol, price, quantity', names: 'time,symbol,price,quantity' },
  { about: 'time, price, quantity', names: 'time,price,quantity' },
] as const;

function layoutOf(names: readonly string[], about: string, header: boolean): Layout | undefined {
  const at = (role: Role) => {
    for (const alias of ALIASES[role]) if (names.includes(alias)) return names.indexOf(alias);
    return -1;
  };
  const found = Object.fromEntries(ROLES.map((role) => [role, at(role)])) as Record<Role, number>;
  if (found.price < 0 || found.quantity < 0 || found.time < 0) return undefined;
  const aggregated = found.first >= 0 && found.last >= 0;
  // A flag says the same in fewer letters.
  const side = found.maker < 0 ? found.side : -1;
  return { about, width: names.length, header, ...found, side, ...(aggregated ? {} : { first: -1, last: -1 }) };
}

const NUMBER = /^[+-]?\d*\.?\d+(?:e[+-]?\d+)?$/i;
const WHOLE = /^\d+$/;
const MOMENT = /^(?:\d{9,}(?:\.\d+)?|\d{4}-\d{2}-\d{2}[ T].*)$/;
const FLAG = /^(?:true|false|[01])$/i;
const WORD = /^[A-Za-z0-9_]+$/;

function fits(names: readonly string[], fields: readonly string[]): boolean {
  return (
    names.length === fields.length &&
    names.every((name, i) => {
      const field = fields[i]!;
      if (name === 'time' || name === 'transacttime') return MOMENT.test(field);
      if (name === 'symbol') return WORD.test(field) && !WHOLE.test(field);
      if (name.startsWith('is')) return FLAG.test(field);
      return name.endsWith('id') ? WHOLE.test(field) : NUMBER.test(field);
    })
  );
}

export function fieldsOf(line: string): string[] {
  return line.split(',').map((field) => field.trim().replace(/^"(.*)"$/, '$1'));
}

/** Whether a line begins with a name, or with the nameless column that tables write for their index. */
export const isHeader = (line: string): boolean => /^(?:"?,)?["A-Za-z_]/.test(line.replace(/^""/, ''));

/** The columns that a header names, letters and digits only. */
export const namesOf = (line: string): string[] => fieldsOf(line).map((name) => name.toLowerCase().replace(/[^a-z0-9]/g, ''));

/** The layout that a header names, or `undefined` if the line is none (or lacks a price, a quantity or a time). */
export function headerLayout(line: string): Layout | undefined {
  return isHeader(line) ? layoutOf(namesOf(line), 'columns as the header names them', true) : undefined;
}

function headerlessLayout(line: string): Layout | undefined {
  const fields = fieldsOf(line);
  for (const { about, names } of HEADERLESS) {
    if (fits(names.split(','), fields)) return layoutOf(names.split(','), about, false);
  }
  return undefined;
}

function frameStreams(lines: readonly string[]): Set<string> {
  const found = new Set<string>();
  for (const line of lines) {
    try {
      const frame = JSON.parse(line) as { e?: unknown; data?: { e?: unknown } } | null;
      const event = frame?.data?.e ?? frame?.e;
      if (typeof event === 'string') found.add(event);
    } catch {
      // A line that is no JSON says nothing about the others.
    }
  }
  return found;
}

/**
 * Tells what a recording is by its first lines: the header, else the first line that fits a known layout (so that one broken
 * line at the top does not matter). `undefined` when none does.
 * @param wanted the stream to prefer where a recording of frames holds both
 */
export function recognise(lines: readonly string[], wanted: Stream): Format | undefined {
  const present = lines.filter((line) => line.trim() !== '');
  const header = present[0] === undefined ? undefined : headerLayout(present[0]);
  if (header) return { kind: 'csv', layout: header };
  if (present.some((line) => line.startsWith('{'))) {
    const streams = frameStreams(present);
    const other = wanted === 'trade' ? 'aggTrade' : 'trade';
    return { kind: 'frames', stream: streams.has(wanted) || !streams.has(other) ? wanted : other };
  }
  for (const line of present) {
    const layout = headerlessLayout(line);
    if (layout) return { kind: 'csv', layout };
  }
  return undefined;
}
