// Event times as they are pushed.

export type TimeUnit = 'auto' | 's' | 'ms' | 'us' | 'ns';
const PER_MS = { s: 1e-3, ms: 1, us: 1e3, ns: 1e6 } as const;
// A time of today is 1.8e9 s, 1.8e12 ms, 1.8e15 µs, 1.8e18 ns; the borders are 1973 in the smaller unit, 5138 in the larger.
const UP_TO = [
  [1e11, 's'],
  [1e14, 'ms'],
  [1e17, 'us'],
] as const;
const ISO = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:[.,]\d+)?)?)\s*(Z|[+-]\d\d:?\d\d)?)?$/i;

/** ms since the epoch of a number in some unit. */
export function fromNumber(value: number, unit: TimeUnit): number {
  const of = unit !== 'auto' ? unit : (UP_TO.find(([most]) => Math.abs(value) < most)?.[1] ?? 'ns');
  return value / PER_MS[of];
}

/** ms since the epoch of a number, or of `YYYY-MM-DD[( |T)HH:MM[:SS[.fraction]][Z|±HH:MM]]`, UTC unless it says otherwise; NaN if it is no time. */
export function timeOf(cell: unknown, unit: TimeUnit): number {
  if (typeof cell === 'number') return fromNumber(cell, unit);
  if (typeof cell !== 'string') return Number.NaN;
  const text = cell.trim();
  if (/^[+-]?\d+(\.\d+)?$/.test(text)) return fromNumber(Number(text), unit);
  const [whole, day, clock = '00:00', zone = 'Z'] = ISO.exec(text) ?? [];
  if (whole === undefined) return Number.NaN;
  const hours = zone.length === 5 ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone.toUpperCase();
  return Date.parse(`${day}T${clock.replace(',', '.')}${hours}`);
}
