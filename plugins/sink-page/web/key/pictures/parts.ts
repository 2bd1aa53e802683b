// What all pictures are made of: areas, blocks and lines over time, broken where rows are missing.

import type { KeyHistory, Maybe } from '../../../src/wire.js';
import { thin } from '../../shell/colours.js';
import type { CustomSeriesOption, LineSeriesOption, SeriesOption } from './echarts.js';
import type { Scale } from './scale.js';

export interface Picture {
  readonly scale: Scale;
  readonly series: readonly SeriesOption[];
  /** What stands beside rows that have no numbers, from above to below. */
  readonly names?: readonly string[];
}

const breaksKnown = new WeakMap<KeyHistory, ReadonlySet<number>>();

/** Indices before which a line is to be broken: something is known to be missing, or nothing came for long. */
export function breaksOf(history: KeyHistory): ReadonlySet<number> {
  const known = breaksKnown.get(history) ?? findBreaks(history);
  breaksKnown.set(history, known);
  return known;
}

function findBreaks(history: KeyHistory): ReadonlySet<number> {
  const { time, missing } = history;
  const steps = time.slice(1).map((one, i) => one - time[i]!);
  const ordered = [...steps].sort((x, y) => x - y);
  // Rows of some streams come only when something happens: long is what is long even for them.
  const [usual, rare] = [ordered[ordered.length >> 1] ?? 0, ordered[Math.floor(ordered.length * 0.95)] ?? 0];
  const breaks = new Set<number>();
  for (const [i, step] of steps.entries()) {
    const [before, after] = [time[i]!, time[i + 1]!];
    if (
      step > 6 * Math.max(rare, history.step) ||
      missing.some((gap) => gap.from < after && gap.to > before && step > 1.5 * usual)
    )
      breaks.add(i + 1);
  }
  return breaks;
}

/** Pairs of time and value one behind the other, not a number where the line is broken: the library takes them as they are. */
function pairs(times: readonly number[], values: readonly Maybe[], breaks: ReadonlySet<number>): Float64Array {
  const made = new Float64Array(2 * (times.length + breaks.size));
  let at = 0;
  for (const [i, time] of times.entries()) {
    if (breaks.has(i)) {
      made[at++] = time - 1;
      made[at++] = Number.NaN;
    }
    made[at++] = time;
    made[at++] = values[i] ?? Number.NaN;
  }
  return made;
}

export function line(
  history: KeyHistory,
  values: readonly Maybe[],
  breaks: ReadonlySet<number>,
  colour: string,
  more: Partial<LineSeriesOption> = {},
): LineSeriesOption {
  return {
    type: 'line',
    dimensions: ['time', 'value'],
    // Its types know only lists of pairs.
    data: pairs(history.time, values, breaks) as unknown as number[][],
    showSymbol: false,
    silent: true,
    lineStyle: { width: 1.5, color: colour },
    itemStyle: { color: colour },
    ...more,
  };
}

/** An area between two lines, in pieces where one of them is not there. */
export function area(
  history: Pick<KeyHistory, 'time'>,
  low: readonly Maybe[],
  high: readonly Maybe[],
  breaks: ReadonlySet<number>,
  colour: string,
  z = 0,
): CustomSeriesOption {
  const runs: number[][] = [];
  let run: number[] = [];
  for (let i = 0; i <= history.time.length; i += 1) {
    const there = low[i] !== null && low[i] !== undefined && high[i] !== null && high[i] !== undefined;
    if ((breaks.has(i) || !there) && run.length) {
      runs.push(run);
      run = [];
    }
    if (there) run.push(i);
  }
  return {
    type: 'custom',
    silent: true,
    clip: true,
    z,
    data: runs.map((one) => [history.time[one[0]!]!, 0]),
    renderItem: (params, api) => {
      const one = runs[params.dataIndex]!;
      const points = [
        ...one.map((i) => api.coord([history.time[i]!, high[i]!])),
        ...one.map((i) => api.coord([history.time[i]!, low[i]!])).reverse(),
      ];
      return { type: 'polygon', shape: { points }, style: { fill: colour } };
    },
  };
}

/** What is expected of a column behind the last row, as far as that is shown. */
export function aheadOf(
  { ahead, time }: KeyHistory,
  name: string,
  until: number,
): { time: readonly number[]; low: readonly Maybe[]; high: readonly Maybe[] } | undefined {
  const band = ahead?.usual[name];
  if (!band) return undefined;
  const last = time.at(-1) ?? Number.NEGATIVE_INFINITY;
  // From the cell that the last row lies in.
  const first = Math.max(
    0,
    ahead.time.findLastIndex((one) => one <= last),
  );
  const behind = ahead.time.findIndex((one) => one > until);
  const end = behind < 0 ? ahead.time.length : behind + 1;
  const times = ahead.time.slice(first, end).map((one) => Math.max(one, last));
  return { time: times, low: band.low.slice(first, end), high: band.high.slice(first, end) };
}

const NO_BREAKS: ReadonlySet<number> = new Set();

/** The same as an area, fainter than what is usual. */
export function areaAhead(history: KeyHistory, name: string, until: number, colour: string): CustomSeriesOption[] {
  const band = aheadOf(history, name, until);
  return band ? [area(band, band.low, band.high, NO_BREAKS, thin(colour, 0.09))] : [];
}

export interface Block {
  readonly from: number;
  readonly to: number;
  readonly low: number;
  readonly high: number;
  readonly colour: string;
  readonly text?: string;
}

export function blocks(list: readonly Block[], z = 1): CustomSeriesOption {
  return {
    type: 'custom',
    silent: true,
    clip: true,
    z,
    data: list.map((one) => [one.from, one.low]),
    renderItem: (params, api) => {
      const one = list[params.dataIndex]!;
      const [left, top] = api.coord([one.from, one.high]) as [number, number];
      const [right, bottom] = api.coord([one.to, one.low]) as [number, number];
      const shape = { x: left, y: top, width: Math.max(1, right - left), height: bottom - top };
      const label =
        one.text && right - left > one.text.length * 7 + 8
          ? {
              textContent: { type: 'text' as const, style: { text: one.text, fill: '#ffffff', fontSize: 11 } },
              textConfig: { position: 'inside' as const },
            }
          : {};
      return { type: 'rect', shape, style: { fill: one.colour }, ...label };
    },
  };
}

/** Many small dots as one shape. */
export function dots(points: readonly (readonly [number, number])[], colour: string, z: number): CustomSeriesOption {
  return {
    type: 'custom',
    silent: true,
    clip: true,
    z,
    data: points.length ? [[...points[0]!]] : [],
    renderItem: (_, api) => {
      const square = (point: readonly [number, number]) => {
        const [x, y] = api.coord([...point]) as [number, number];
        return `M${(x - 2).toFixed(1)} ${(y - 2).toFixed(1)}h4v4h-4z`;
      };
      return { type: 'path', shape: { pathData: points.map(square).join('') }, style: { fill: colour } };
    },
  };
}
