import type { Column } from '../api/index.js';

/** What each column of a key usually is: plain data, so that a checkpoint holds it. */
export interface UsualState {
  readonly mean: Float64Array;
  /** Mean absolute distance from the mean. */
  readonly distance: Float64Array;
  readonly count: Float64Array;
}

/** Rows that are remembered. */
const MEMORY = 2_000;
/** Rows before anything is called usual. */
const FEW = 30;
/** Times of the usual that are worth saying as such. */
const TIMES = 1.5;

export const initialUsual = (columns: number): UsualState => ({
  mean: new Float64Array(columns),
  distance: new Float64Array(columns),
  count: new Float64Array(columns),
});

/** Takes in a row that was not odd. */
export function learnUsual({ mean, distance, count }: UsualState, row: Float64Array): void {
  for (let i = 0; i < row.length; i++) {
    const value = row[i]!;
    if (Number.isNaN(value)) continue;
    count[i]!++;
    const weight = Math.max(1 / MEMORY, 1 / count[i]!);
    const from = value - mean[i]!;
    mean[i]! += weight * from;
    distance[i]! += weight * (Math.abs(from) - distance[i]!);
  }
}

/** A column for people: `volume 41.2 base, 14× its usual`, or `log_return −0.009 (usually −0.0001 … 0.0001)`. */
export function describe({ mean, distance, count }: UsualState, i: number, column: Column, value: number): string {
  const said = `${column.name} ${readable(value)}${column.unit === '1' ? '' : ` ${column.unit}`}`;
  if (count[i]! < FEW) return said;
  const usual = mean[i]!;
  const spread = distance[i]!;
  const times = value / usual;
  // A ratio says something only of what stays on one side of zero.
  if (usual > 0 && value >= 0 && usual > spread / 2 && (times >= TIMES || times <= 1 / TIMES))
    return times >= 10 ? `${said}, ${Math.round(times)}× its usual` : `${said}, ${readable(times, 2)}× its usual`;
  // Four fifths of a normal distribution lie within 1.6 mean distances.
  return `${said} (usually ${readable(usual - 1.6 * spread, 2)} … ${readable(usual + 1.6 * spread, 2)})`;
}

/** `about once in 4 days`, from a share of the rows and the rows a day. */
export function oftenOnce(p: number, rowsPerDay: number): string {
  const days = 1 / (p * rowsPerDay);
  if (!(days > 0)) return '';
  if (days > 3_650) return 'expected less than once in ten years';
  const [amount, unit]: [number, string] =
    days >= 730
      ? [days / 365, 'year']
      : days >= 60
        ? [days / 30, 'month']
        : days >= 2
          ? [days, 'day']
          : days >= 2 / 24
            ? [days * 24, 'hour']
            : [days * 1_440, 'minute'];
  const rounded = Math.max(1, Math.round(amount));
  return `expected about once in ${rounded} ${unit}${rounded === 1 ? '' : 's'}`;
}

const MINUS = '−';

/** Three significant digits, with a real minus sign. */
export function readable(value: number, digits = 3): string {
  const size = Math.abs(value);
  if (size === 0) return '0';
  const text = size >= 1e6 || size < 1e-4 ? size.toExponential(digits - 1) : String(Number(size.toPrecision(digits)));
  return value < 0 ? `${MINUS}${text}` : text;
}
