/** A time that needs no interpretation: what a typed column of a Parquet file holds. */
export class Moment {
  /** ms since the epoch. */
  readonly ms: number;
  constructor(ms: number) {
    this.ms = ms;
  }
}

export type TimeUnit = 'auto' | 's' | 'ms' | 'us' | 'ns';
const PER_MS = { s: 1e-3, ms: 1, us: 1e3, ns: 1e6 } as const;
// A time of today is 1.8e9 s, 1.8e12 ms, 1.8e15 µs, 1.8e18 ns; the borders are 1973 in the smaller unit, 5138 in the larger.
const MOST_SECONDS = 1e11;
const MOST_MS = 1e14;
const MOST_US = 1e17;

/** ms since the epoch of a number in some unit. */
export function fromNumber(value: number, unit: TimeUnit): number {
  if (unit !== 'auto') return value / PER_MS[unit];
  const size = Math.abs(value);
  if (size < MOST_SECONDS) return value * 1e3;
  if (size < MOST_MS) return value;
  return size < MOST_US ? value / 1e3 : value / 1e6;
}

/** ms since the epoch; NaN if it is no time. */
export function timeOf(cell: unknown, unit: TimeUnit): number {
  if (typeof cell === 'string') return fromText(cell, unit);
  if (typeof cell === 'number') return Number.isFinite(cell) ? fromNumber(cell, unit) : Number.NaN;
  if (cell instanceof Moment) return cell.ms;
  if (cell instanceof Date) return cell.getTime();
  return typeof cell === 'bigint' ? fromNumber(Number(cell), unit) : Number.NaN;
}

function fromText(given: string, unit: TimeUnit): number {
  const text = given.trim();
  const fifth = text.charCodeAt(4);
  if (text.length >= 10 && (fifth === 45 || fifth === 47)) return fromIso(text);
  // What begins with a digit that is no zero is decimal, if it is a number.
  const first = text.charCodeAt(0);
  if (first > 48 && first <= 57) return fromNumber(Number(text), unit);
  return /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? fromNumber(Number(text), unit) : Number.NaN;
}

/** Number in `text` from `at`, of so many digits; NaN if other characters stand there. */
function digits(text: string, at: number, count: number): number {
  let value = 0;
  for (let i = at; i < at + count; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (!(digit >= 0 && digit <= 9)) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

// Rows of one day stand together, so the latest is kept: a date costs ten times what all the rest of a time does.
let day = '';
let dayStart = Number.NaN;

/** ms since the epoch of `YYYY-MM-DD` or `YYYY/MM/DD`, 0:00 UTC; NaN where there is no such day. */
function dayOf(text: string): number {
  if (text === day) return dayStart;
  const month = digits(text, 5, 2);
  const date = digits(text, 8, 2);
  const start = Date.UTC(digits(text, 0, 4), month - 1, date);
  // Date.UTC lets the 31st of February be the 3rd of March.
  const valid = text[7] === text[4] && month >= 1 && month <= 12 && date >= 1 && new Date(start).getUTCDate() === date;
  day = text;
  dayStart = valid ? start : Number.NaN;
  return dayStart;
}

/** `YYYY-MM-DD[( |T)HH:MM[:SS[.fraction]]][Z|±HH[[:]MM]]`, with - or / in the date; without a zone it is UTC. */
function fromIso(text: string): number {
  const midnight = dayOf(text.slice(0, 10));
  if (Number.isNaN(midnight)) return midnight;
  if (text.length === 10) return midnight;
  if (text[10] !== ' ' && text[10] !== 'T' && text[10] !== 't') return Number.NaN;
  const hour = digits(text, 11, 2);
  const minute = digits(text, 14, 2);
  if (text[13] !== ':' || !(hour <= 24 && minute <= 59)) return Number.NaN;
  let at = 16;
  let seconds = 0;
  if (text[at] === ':') {
    seconds = digits(text, at + 1, 2);
    at += 3;
    if (text[at] === '.' || text[at] === ',') {
      const from = at + 1;
      for (at = from; digits(text, at, 1) >= 0; at++);
      seconds += Number(`0.${text.slice(from, at)}`);
    }
  }
  // A leap second is the first of the next minute.
  if (!(seconds < 61)) return Number.NaN;
  return midnight + hour * 3_600_000 + minute * 60_000 + seconds * 1_000 - zoneOf(text.slice(at).trim());
}

/** ms that a zone is ahead of UTC. */
function zoneOf(zone: string): number {
  if (zone === '' || zone === 'Z' || zone === 'z' || zone === 'UTC') return 0;
  const match = /^([+-])(\d{2})(?::?(\d{2}))?$/.exec(zone);
  if (!match) return Number.NaN;
  const minutes = Number(match[2]) * 60 + Number(match[3] ?? 0);
  return (match[1] === '-' ? -minutes : minutes) * 60_000;
}
