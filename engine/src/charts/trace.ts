// A column over time, with what was odd shaded, and states as a strip below it.

import { TimeAxis } from './axis.js';
import { lowerBound, upperBound } from './numbers.js';
import { escapeHtml, round, svg } from './svg.js';
import { short, since } from './words.js';

/** Charts of a check as inline SVG; colours come from the page's style sheet. */

/** How bad it is: the colour. */
export type Severity = 'info' | 'warning' | 'critical';

export interface Shade {
  readonly start: number;
  readonly end: number;
  readonly severity: Severity;
  readonly title: string;
  /** A number to stand above it, and the part of the page that it leads to. */
  readonly number?: number;
  readonly link?: string;
  /** It is not what the chart is about. */
  readonly other?: boolean;
}

export interface Trace {
  readonly times: Float64Array;
  readonly values: Float64Array;
  /** Times to be shown, both ends included; default: all. */
  readonly from?: number;
  readonly to?: number;
  /** When the recording began: what the labels count from. */
  readonly origin: number;
  readonly shades: readonly Shade[];
  /** Moments to be marked. */
  readonly marks?: readonly number[];
  readonly name: string;
  readonly size: { readonly width: number; readonly height: number };
}

const [LEFT, RIGHT, TOP, FOOT] = [48, 8, 6, 20];
/** The height of a row of numbers above a chart. */
const NUMBERS = 16;

/** A column over time: by pixel its least and its most, so that no extreme is lost however long the recording is. */
export function traceChart(trace: Trace): string {
  const { size, origin, name } = trace;
  const first = lowerBound(trace.times, trace.from ?? Number.NEGATIVE_INFINITY);
  const end = upperBound(trace.times, trace.to ?? Number.POSITIVE_INFINITY);
  if (end <= first) return '';
  const times = trace.times.subarray(first, end);
  const values = trace.values.subarray(first, end);
  const axis = new TimeAxis(times, LEFT, size.width - RIGHT);
  const shown = trace.shades.filter(({ start, end: until }) => until >= times[0]! && start <= times.at(-1)!);
  const numbers = numberRows(shown, axis);
  const top = TOP + numbers.height;
  const bottom = top + size.height;
  const scale = scaleOf(values);
  const y = (value: number) => round(bottom - ((value - scale.low) / (scale.high - scale.low)) * size.height);
  const parts = [shadesOf(shown, axis, top, size.height)];
  for (const tick of scale.ticks)
    parts.push(
      `<path class="grid" d="M${LEFT} ${y(tick)}H${size.width - RIGHT}"/><text class="tick" x="${LEFT - 5}" y="${y(tick) + 4}" text-anchor="end">${short(tick, 3)}</text>`,
    );
  for (const { time, x } of axis.marks(origin))
    parts.push(`<text class="tick" x="${round(x)}" y="${bottom + 15}" text-anchor="middle">${since(time - origin)}</text>`);
  for (const x of axis.cuts) parts.push(`<path class="cut" d="M${round(x)} ${top}V${bottom}"/>`);
  for (const time of trace.marks ?? [])
    if (time >= times[0]! && time <= times.at(-1)!)
      parts.push(`<path class="mark" d="M${round(axis.x(time))} ${top}V${bottom}"/>`);
  parts.push(`<path class="trace" d="${pathOf(times, values, axis, y)}"/>`, numbers.svg);
  return svg(size.width, bottom + FOOT, parts.join(''), `${name} over time`);
}

/** Those of one kind as one path: a recording may have hundreds. */
function shadesOf(shades: readonly Shade[], axis: TimeAxis, top: number, height: number): string {
  const paths = new Map<string, string>();
  for (const { start, end, severity, other } of shades) {
    const kind = `shade ${severity}${other ? ' other' : ''}`;
    const x = round(axis.x(start));
    const width = round(Math.max(2, axis.x(end) - x));
    paths.set(kind, `${paths.get(kind) ?? ''}M${x} ${top}h${width}v${height}h-${width}z`);
  }
  return [...paths].map(([kind, path]) => `<path class="${kind}" d="${path}"/>`).join('');
}

function pathOf(times: Float64Array, values: Float64Array, axis: TimeAxis, y: (value: number) => number): string {
  let path = '';
  let [open, pixel, least, most, last] = [false, Number.NaN, 0, 0, Number.NaN];
  const flush = () => {
    if (Number.isNaN(pixel)) return;
    path += `${open ? 'L' : 'M'}${pixel} ${y(most)}${least < most || !open ? `V${y(least)}` : ''}`;
    open = true;
  };
  let cut = 0;
  for (let i = 0; i < times.length; i++) {
    const value = values[i]!;
    if (Number.isNaN(value)) continue;
    const x = Math.round(axis.x(times[i]!));
    if (x === pixel) {
      least = Math.min(least, value);
      most = Math.max(most, value);
    } else {
      flush();
      // Something missing in between, or time that was cut out, breaks the line.
      for (; cut < axis.cuts.length && axis.cuts[cut]! < x; cut++) open = false;
      if (i - last > 1) open = false;
      [pixel, least, most] = [x, value, value];
    }
    last = i;
  }
  flush();
  return path;
}

function scaleOf(values: Float64Array): { low: number; high: number; ticks: number[] } {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (low > high) return { low: 0, high: 1, ticks: [] };
  const room = high > low ? (high - low) * 0.06 : Math.max(1e-9, Math.abs(high) * 0.1, high === 0 ? 1 : 0);
  low -= room;
  high += room;
  const rough = (high - low) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
  const ticks: number[] = [];
  for (let n = Math.ceil(low / step); n * step <= high; n++) ticks.push(n * step);
  return { low, high, ticks };
}

/** The numbers of episodes above a chart, in as many rows as they need to stand apart. */
function numberRows(shades: readonly Shade[], axis: TimeAxis): { svg: string; height: number } {
  const ends: number[] = [];
  const parts = shades.flatMap(({ number, link, start, end, severity, title }) => {
    if (number === undefined) return [];
    const x = (axis.x(start) + axis.x(end)) / 2;
    const half = 8 + 3 * (String(number).length - 1);
    let row = ends.findIndex((until) => until <= x - half);
    if (row < 0) row = ends.length < 4 ? ends.length : 3;
    ends[row] = x + half;
    return [{ x, row, half, number, link, severity, title }];
  });
  const height = ends.length * NUMBERS;
  const drawn = parts.map(({ x, row, half, number, link, severity, title }) => {
    const middle = TOP + height - NUMBERS * (row + 0.5) - 1;
    return badge(round(x), middle, half, number, severity, title, link);
  });
  return { svg: drawn.join(''), height };
}

/** A number in the colour of its severity, which may lead somewhere on the page. */
export function badge(
  x: number,
  y: number,
  half: number,
  number: number,
  severity: Severity,
  title: string,
  link?: string,
): string {
  const shape = `<rect class="badge ${severity}" x="${round(x - half)}" y="${round(y - 7)}" width="${2 * half}" height="14" rx="7"/><text class="badge" x="${x}" y="${round(y + 4)}" text-anchor="middle">${number}</text><title>${escapeHtml(title)}</title>`;
  return link === undefined ? `<g>${shape}</g>` : `<a href="#${link}">${shape}</a>`;
}

export interface Strip {
  readonly times: Float64Array;
  readonly values: Float64Array;
  readonly wordOf: (value: number) => string;
  readonly width: number;
  readonly name: string;
}

/** What was the case, one after the other, over the same time as a chart of this width. */
export function stripChart({ times, values, wordOf, width, name }: Strip): string {
  const axis = new TimeAxis(times, LEFT, width - RIGHT);
  const parts: string[] = [];
  for (let i = 0; i < times.length; ) {
    const value = values[i]!;
    let next = i + 1;
    while (next < times.length && Object.is(values[next], value)) next++;
    const [x, end] = [axis.x(times[i]!), axis.x(times[Math.min(next, times.length - 1)]!)];
    if (!Number.isNaN(value)) {
      const word = wordOf(value);
      const text =
        end - x > 7 * word.length + 6
          ? `<text x="${round((x + end) / 2)}" y="14" text-anchor="middle">${escapeHtml(word)}</text>`
          : '';
      const colour = ((Math.round(value) % 8) + 8) % 8;
      parts.push(
        `<g><rect class="bar c${colour} faint" x="${round(x)}" y="2" width="${round(Math.max(0.5, end - x - 0.5))}" height="16"/>${text}<title>${escapeHtml(word)}</title></g>`,
      );
    }
    i = next;
  }
  return svg(width, 20, parts.join(''), name);
}
