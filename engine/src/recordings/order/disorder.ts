/** What to say of a row that is not in order of time. */
import type { Observation } from '../../api/index.js';
import type { Rows } from './rows.js';

/** A lateness is worth naming where it is no longer than this, ms. */
const A_LITTLE = 60_000;

/**
 * Of row `at`, which is behind `latest`: where it stands, what the rows around it look like, and what would help.
 * @param resumed whether rows were handed over by an earlier run: its state stands in the way of sorting all of them
 */
export function disorderOf(
  { observations, where }: Rows,
  at: number,
  latest: number,
  lateness: number,
  resumed: boolean,
): string {
  const { time } = observations[at]!;
  const before = at > 0 && observations[at - 1]!.time === latest ? ` (${where(at - 1)})` : '';
  const place = `${where(at)}: the row of ${shownTime(time)} is ${shownSpan(latest - time)} earlier than one in front of it${before}`;
  const { behind, shape } = shapeOf(observations);
  const longest = Math.max(behind, latest - time);
  const little =
    longest <= Math.max(A_LITTLE, 4 * lateness)
      ? `, or set time.lateness to ${Math.ceil(longest / 1_000)}s or more, as far as is seen here`
      : '';
  const afresh = resumed ? ', start afresh with --reset-state,' : ',';
  return `${place}${shape}. Set order: sort in the source${afresh} and everything is sorted by time before it is judged${little}`;
}

/** How far rows are behind the latest before them, at most, and the order that they seem to have. */
function shapeOf(rows: readonly Observation[]): { behind: number; shape: string } {
  const last = new Map<string, number>();
  let latest = Number.NEGATIVE_INFINITY;
  let behind = 0;
  let [forward, backward, ofKey] = [0, 0, 0];
  for (const [i, { key, time }] of rows.entries()) {
    const step = i === 0 ? 0 : time - rows[i - 1]!.time;
    if (step > 0) forward++;
    else if (step < 0) backward++;
    if (time < (last.get(key) ?? time)) ofKey++;
    last.set(key, time);
    latest = Math.max(latest, time);
    behind = Math.max(behind, latest - time);
  }
  if (backward > 9 * forward) return { behind, shape: ': the newest rows come first' };
  return { behind, shape: ofKey === 0 && last.size > 1 ? ': each key is in order by itself, all of them together are not' : '' };
}

/** `2024-09-01T00:00:00.123Z`; a number where it is no date. */
export function shownTime(time: number): string {
  return Math.abs(time) <= 8.64e15 ? new Date(time).toISOString() : String(time);
}

function shownSpan(ms: number): string {
  const units: readonly (readonly [number, string])[] = [
    [86_400_000, 'd'],
    [3_600_000, 'h'],
    [60_000, 'min'],
    [1_000, 's'],
  ];
  const [size, unit] = units.find(([size]) => ms >= size) ?? [1, 'ms'];
  return `${Number((ms / size).toPrecision(3))} ${unit}`;
}
