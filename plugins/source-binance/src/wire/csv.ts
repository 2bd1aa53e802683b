/** Reads trades from lines of csv: ordinary ones in one pass, any other field by field. */
import type { Lines } from '@quantstream/engine/recordings';
import type { Layout } from './columns.js';
import { FIRST, ID, Kernel, LAST, MAKER, MOMENT, PRICE, QUANTITY } from './kernel.js';
import { COIN_MARGINED_PROBLEM, isCoinMargined, type Market, numbersSingleTrades } from './markets.js';
import { parseDecimal, parseTime } from './scan.js';
import { type DropReason, EARLIEST, isAmount, isQuantity, isSymbol, makeTrade, type Trade } from './trade.js';

const NEWLINE = 10;
const RETURN = 13;
const QUOTE = 34;
const COMMA = 44;
const MAX_FIELDS = 64;
/** Whether the buyer was the maker, by the side of the taker; some trades have none. */
const SIDES: Readonly<Record<string, number>> = Object.assign(Object.create(null), {
  buy: 0,
  b: 0,
  sell: 1,
  s: 1,
  '': Number.NaN,
  unknown: Number.NaN,
  none: Number.NaN,
});

/** What a reader of records needs to know beside the bytes. */
export interface RecordSettings {
  /** The key of a symbol, or `undefined` if it was not asked for. */
  keyOf(symbol: string): string | undefined;
  /** What the trades are of; frames of another market are refused. */
  readonly market: Market;
  /** The symbol of a file that does not name it in each line. */
  readonly fileSymbol: string | undefined;
  report(reason: DropReason, line: number, problem: string): void;
}

/** Turns lines into trades. One per file. */
export interface RecordReader {
  /** Stamp of the trades that follow, and the latest moment that is believed (ms since the epoch). */
  received: number;
  latest: number;
  /** The next trade within the window of `lines`, or `null` if the window is used up. Bad lines are reported and passed over. */
  next(lines: Lines): Trade | null;
}

export class CsvReader implements RecordReader {
  received = 0;
  latest = Number.POSITIVE_INFINITY;
  private readonly layout: Layout;
  private readonly settings: RecordSettings;
  private readonly kernel: Kernel;
  private readonly hasMaker: boolean;
  private readonly isNumbered: boolean;
  private readonly ends = new Int32Array(MAX_FIELDS);
  private key: string | undefined;
  /** Whether the symbol looked at last is of a market that is not read. */
  private isForeign = false;
  private from = 0;
  private to = 0;

  constructor(layout: Layout, settings: RecordSettings) {
    this.layout = layout;
    this.settings = settings;
    this.kernel = new Kernel(layout);
    this.isNumbered = numbersSingleTrades(settings.market);
    this.hasMaker = layout.maker >= 0 || layout.side >= 0;
    if (layout.symbol < 0 && settings.fileSymbol !== undefined) this.key = settings.keyOf(settings.fileSymbol);
  }

  next(lines: Lines): Trade | null {
    const { window, limit } = lines;
    while (lines.position < limit) {
      const start = lines.position;
      // The first line may be a header, and a file with events must be asked for each of them: both go the general way.
      if (lines.line > 1 && this.layout.event < 0) {
        const behind = this.kernel.read(window, start);
        const trade = behind < 0 ? null : this.ordinary();
        if (trade !== null) {
          lines.position = behind;
          lines.recordStart = start;
          lines.recordLine = lines.line++;
          return trade;
        }
      }
      const trade = this.general(lines);
      if (trade !== null) return trade;
    }
    return null;
  }

  /** The trade in the slots of the kernel, or `null` if anything about it needs a closer look. */
  private ordinary(): Trade | null {
    const { layout, key } = this;
    const { slots } = this.kernel;
    const price = slots[PRICE]!;
    const quantity = slots[QUANTITY]!;
    const time = slots[MOMENT]!;
    if (key === undefined || !isAmount(price) || !isQuantity(quantity) || !(time >= EARLIEST && time <= this.latest)) return null;
    const id = layout.id >= 0 ? slots[ID]! : 0;
    let trades = Number.NaN;
    let first = Number.NaN;
    if (layout.first >= 0) {
      first = slots[FIRST]!;
      trades = 1 - first + slots[LAST]!;
      if (!(trades >= 1 && Number.isSafeInteger(trades))) return null;
    }
    if (!Number.isSafeInteger(id) || id < 0) return null;
    const maker = this.hasMaker ? slots[MAKER]! : Number.NaN;
    return makeTrade(key, id, time, this.received, price, quantity, maker, trades, this.isNumbered ? first : Number.NaN);
  }

  /** Any line: finds its fields, then looks at those that are needed. */
  private general(lines: Lines): Trade | null {
    const { window } = lines;
    const { ends } = this;
    const start = lines.position;
    let position = start;
    let fields = 0;
    for (let byte = window[position]!; byte !== NEWLINE; byte = window[++position]!) {
      if (byte === COMMA && fields < MAX_FIELDS - 1) ends[fields++] = position;
    }
    const end = position > start && window[position - 1] === RETURN ? position - 1 : position;
    ends[fields++] = end;
    lines.position = position + 1;
    lines.recordStart = start;
    lines.recordLine = lines.line++;
    return end > start ? this.read(window, start, fields, lines.recordLine) : null;
  }

  private read(window: Buffer, start: number, fields: number, line: number): Trade | null {
    const { layout } = this;
    // The header was read when the file was recognised.
    if (line === 1 && layout.header) return null;
    if (fields !== layout.width) {
      return this.refuse('bad_line', line, `${fields} columns where ${layout.width} were expected`);
    }
    if (layout.event >= 0 && !this.isTrade(window, start)) return this.refuse('other_event', line, this.text(window));
    const price = this.number(window, start, layout.price);
    if (!isAmount(price)) return this.refuse('bad_price', line, `price "${this.text(window)}"`);
    const quantity = this.number(window, start, layout.quantity);
    if (!isQuantity(quantity)) return this.refuse('bad_quantity', line, `quantity "${this.text(window)}"`);
    this.field(window, start, layout.time);
    const time = parseTime(window, this.from, this.to);
    if (!(time >= EARLIEST && time <= this.latest)) return this.refuse('bad_time', line, `time "${this.text(window)}"`);
    let id = 0;
    if (layout.id >= 0) {
      id = this.number(window, start, layout.id);
      if (!Number.isSafeInteger(id) || id < 0) return this.refuse('bad_line', line, `id "${this.text(window)}"`);
    }
    let maker = Number.NaN;
    if (layout.maker >= 0) {
      maker = this.flag(window, start, layout.maker);
      if (maker < 0) return this.refuse('bad_line', line, `buyer is maker "${this.text(window)}"`);
    }
    if (layout.side >= 0) {
      this.field(window, start, layout.side);
      const taken = SIDES[this.text(window).trim().toLowerCase()];
      if (taken === undefined) return this.refuse('bad_line', line, `side "${this.text(window)}" is neither buy nor sell`);
      maker = taken;
    }
    let trades = Number.NaN;
    let first = Number.NaN;
    if (layout.first >= 0) {
      first = this.number(window, start, layout.first);
      trades = 1 - first + this.number(window, start, layout.last);
      if (!Number.isSafeInteger(trades) || trades < 1) return this.refuse('bad_line', line, 'first and last id do not fit');
    }
    if (layout.symbol >= 0) {
      this.field(window, start, layout.symbol);
      if (!this.findKey(window)) return this.refuse('bad_line', line, `symbol "${this.text(window)}"`);
      if (this.isForeign) return this.refuse('other_market', line, `${this.text(window)} ${COIN_MARGINED_PROBLEM}`);
    }
    if (this.key === undefined) return null;
    if (!this.isNumbered) first = Number.NaN;
    return makeTrade(this.key, id, time, this.received, price, quantity, maker, trades, first);
  }

  private refuse(reason: DropReason, line: number, problem: string): null {
    this.settings.report(reason, line, problem);
    return null;
  }

  /** Puts the bounds of a field, without its quotes, into `from` and `to`. */
  private field(window: Buffer, start: number, index: number): void {
    let from = index === 0 ? start : this.ends[index - 1]! + 1;
    let to = this.ends[index]!;
    if (window[from] === QUOTE && to - from >= 2 && window[to - 1] === QUOTE) {
      from++;
      to--;
    }
    this.from = from;
    this.to = to;
  }

  private number(window: Buffer, start: number, index: number): number {
    this.field(window, start, index);
    return parseDecimal(window, this.from, this.to);
  }

  /** 1, 0, or −1 for what is no flag: archives write `true`, older ones `True`, tools around them `1`. */
  private flag(window: Buffer, start: number, index: number): number {
    this.field(window, start, index);
    const length = this.to - this.from;
    const first = window[this.from]! | 32;
    if (length === 1) return first === 0x31 || first === 0x74 ? 1 : first === 0x30 || first === 0x66 ? 0 : -1;
    if (first === 0x74 && length === 4) return 1;
    return first === 0x66 && length === 5 ? 0 : -1;
  }

  private isTrade(window: Buffer, start: number): boolean {
    this.field(window, start, this.layout.event);
    const event = this.text(window);
    return event === 'trade' || event === 'aggTrade';
  }

  /** Takes the symbol in the field looked at last. False if it is none. */
  private findKey(window: Buffer): boolean {
    const symbol = window.toString('utf8', this.from, this.to).trim().toUpperCase();
    if (!isSymbol(symbol)) return false;
    this.isForeign = isCoinMargined(symbol);
    this.key = this.isForeign ? undefined : this.settings.keyOf(symbol);
    // The kernel then takes the lines that repeat it.
    this.kernel.symbol = Buffer.from(window.subarray(this.from, this.to));
    return true;
  }

  /** The field looked at last, for a message. */
  private text(window: Buffer): string {
    return window.toString('latin1', this.from, Math.min(this.to, this.from + 40));
  }
}
