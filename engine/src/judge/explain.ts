// What explains an anomaly: how much of it each column carries, what is usual instead, and how rare it is, in words.

import { type Column, type Explanation, sayDuration, sayNumber, sayValue, sayWithUnit, type Topic } from '../api/index.js';
import type { Judge } from './entity.js';
import type { UsualNow, UsualState } from './usual.js';

const DAY = 86_400_000;
/** Rows before anything is called usual. */
const FEW = 30;
/** Times of the usual that are worth saying as such. */
const TIMES = 1.5;
/** Four fifths of a normal distribution lie within so many mean distances. */
const WITHIN = 1.6;

/** What the model has filled in meanwhile. */
export const topicsOf = ({ topics }: Explanation): readonly Topic[] => topics ?? [];

/**
 * A column's share of what lifts the row above the ordinary, whichever way the model counts.
 * @param ways the same with a sign: below 0 where the column is low
 */
export function addShares(
  shares: Record<string, number>,
  ways: Record<string, number>,
  out: Explanation,
  columns: Judge['settings']['columns'],
  weight: number,
): void {
  const sign = out.total < out.baseline ? -1 : 1;
  let sum = 0;
  for (const value of out.contributions) sum += Math.max(0, sign * value);
  if (!(sum > 0)) return;
  columns.forEach(({ name, role }, j) => {
    // At another hour the same row may be ordinary; the hour itself is not what is wrong.
    if (role === 'condition') return;
    const share = (Math.max(0, sign * out.contributions[j]!) / sum) * weight;
    if (!(share > 0)) return;
    shares[name] = (shares[name] ?? 0) + share;
    ways[name] = (ways[name] ?? 0) + share * Math.sign(out.directions[j]!);
  });
}

/**
 * Columns behind those that are described, each with its way: ` and 3 more columns: c7, c9 high, c12 low`; a group that moves together as one:
 * ` and 3 more columns, all high together: c7, c9, c12`.
 * @param carriers all that carry the anomaly, the strongest first; the first `described` are left out
 */
export function sayOthers(carriers: readonly string[], described: number, ways: Readonly<Record<string, number>>): string {
  const others = carriers.slice(described);
  if (others.length === 0) return '';
  const head = ` and ${others.length} more ${others.length === 1 ? 'column' : 'columns'}`;
  const wayOf = (name: string) => Math.sign(ways[name] ?? 0);
  const first = wayOf(carriers[0]!);
  if (first !== 0 && carriers.every((name) => wayOf(name) === first))
    return `${head}, all ${first > 0 ? 'high' : 'low'} together: ${others.join(', ')}`;
  const groups = [1, -1, 0].map((way) => {
    const names = others.filter((name) => wayOf(name) === way).join(', ');
    return names === '' || way === 0 ? names : `${names} ${way > 0 ? 'high' : 'low'}`;
  });
  return `${head}: ${groups.filter((group) => group !== '').join(', ')}`;
}

/**
 * A column for people: `volume 41.2 base, 14× its usual`, or `log_return −0.009 (usually −0.0001 … 0.0001)`; where the hour explains it,
 * `cpu 41 %, on Sundays at this hour usually 78 % … 92 %`; and where that is ordinary at other hours, that the rise or fall did not come.
 */
export function describe(
  { mean, distance, count }: UsualState,
  i: number,
  column: Column,
  value: number,
  now?: UsualNow,
): string {
  const said = sayValue(column, value);
  if (Number.isNaN(value)) return said;
  const range = (from: number, to: number) => {
    const [low, high] = [from, to].map((edge) => sayWithUnit(edge, column.unit, 2));
    return low === high ? low! : `${low} … ${high}`;
  };
  if (now) {
    const hour = `${now.weekday === undefined ? '' : `on ${now.weekday}s `}at this hour`;
    return `${said}, ${hour} usually ${range(now.low, now.high)}${missed(value, now, count[i]! < FEW ? Number.NaN : mean[i]!, distance[i]!)}`;
  }
  if (count[i]! < FEW) return said;
  const usual = mean[i]!;
  const spread = distance[i]!;
  const times = value / usual;
  // A ratio says something only of what stays on one side of zero.
  if (usual > 0 && value >= 0 && usual > spread / 2 && (times >= TIMES || times <= 1 / TIMES))
    return times >= 10 ? `${said}, ${sayNumber(Math.round(times), 15)}× its usual` : `${said}, ${sayNumber(times, 2)}× its usual`;
  return `${said} (usually ${range(usual - WITHIN * spread, usual + WITHIN * spread)})`;
}

/** What is ordinary at other hours, and nearer to those than to this one, which is a rise or a fall from that, is a job that did not run. */
function missed(value: number, { low, high }: UsualNow, mean: number, distance: number): string {
  const away = Math.abs(value - mean);
  if (!(away <= WITHIN * distance) || away > Math.max(low - value, value - high)) return '';
  if (value < low && low > mean + WITHIN * distance) return ': the usual rise did not come';
  return value > high && high < mean - WITHIN * distance ? ': the usual fall did not come' : '';
}

/**
 * `expected about once in 4 days`, from a share of the rows and the rows a day; no rarer than the past that it is measured against can show.
 * @param spanMs how long that past is
 */
export function oftenOnce(p: number, rowsPerDay: number, spanMs: number): string {
  const days = 1 / (p * rowsPerDay);
  if (!(days > 0)) return '';
  if (days * DAY > spanMs) return `rarer than anything in ${sayDuration(spanMs)} of calibration`;
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

/** Whose past that was, where it was not the key's own. @param progress how much of its own has been seen, 0 … 1 */
export const sayBorrowed = (progress: number): string =>
  `by what other keys have shown (${Math.floor(progress * 100)} % of its own calibration is done)`;
