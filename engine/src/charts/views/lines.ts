// Columns as lines, and as bars from zero.

import { type TimeAxis, usualStep } from '../axis.js';
import { framed } from '../frame.js';
import { escapeHtml, round } from '../svg.js';
import { type Drawing, type DrawnLimit, stretchOf } from './picture.js';
import { Extent, scaleOf } from './scale.js';

/** What of a picture of lines or bars can be chosen. */
export interface LinesOf {
  readonly columns: readonly string[];
  readonly name: string;
  /** CSS pixels. */
  readonly height: number;
  /** Units of the drawing from left to right: how fine it is. */
  readonly units: number;
}

/** How far away a limit may lie to be taken into sight, in heights of what is drawn. */
const NEAR = 2.5;

/** Columns over time: by unit of the drawing their least and their most, so that no extreme is lost however long the recording is. */
export function linesChart(drawing: Drawing, { columns, name, height, units }: LinesOf): string {
  const stretch = stretchOf(drawing, units);
  if (!stretch) return '';
  const { times, axis } = stretch;
  const { lines, limits, scale } = scaled(drawing, columns, stretch, height, new Extent());
  const drawn = lines.map((values, i) => `<path class="trace c${i}" d="${pathOf(times, values, axis, scale.y)}"/>`);
  return framed({
    ...drawing,
    axis,
    height,
    name,
    sizes: scale.sizes,
    drawn: `${limitLines(limits, scale, units)}${drawn.join('')}`,
  });
}

export function barsChart(drawing: Drawing, { columns, name, height, units }: LinesOf): string {
  const stretch = stretchOf(drawing, units);
  if (!stretch) return '';
  const { times, axis } = stretch;
  const { lines, limits, scale } = scaled(drawing, columns, stretch, height, new Extent().one(0));
  const width = Math.max(1, Math.min(14, (usualStep(times) / axis.unit) * 0.7)) / columns.length;
  const drawn = lines.map((values, c) => {
    // By unit of the drawing the bar that is furthest from zero.
    const bars = new Map<number, number>();
    values.forEach((value, i) => {
      const x = Math.round(axis.x(times[i]!));
      if (!Number.isNaN(value) && !(Math.abs(value) < Math.abs(bars.get(x) ?? 0))) bars.set(x, value);
    });
    const path = [...bars].map(([x, value]) => {
      const left = round(x + (c - columns.length / 2) * width);
      return `M${left} ${scale.y(0)}V${scale.y(value)}h${round(width)}V${scale.y(0)}z`;
    });
    return `<path class="bar c${c}" d="${path.join('')}"/>`;
  });
  return framed({
    ...drawing,
    axis,
    height,
    name,
    sizes: scale.sizes,
    drawn: `${drawn.join('')}${limitLines(limits, scale, units)}`,
  });
}

/** What is shown of columns, their limits, and a scale that all of it finds room in. @param extent what it begins with */
function scaled(
  drawing: Drawing,
  columns: readonly string[],
  { first, end }: NonNullable<ReturnType<typeof stretchOf>>,
  height: number,
  extent: Extent,
) {
  const lines = columns.map((column) => drawing.rows.values(column).subarray(first, end));
  for (const values of lines) extent.see(values);
  const limits = limitsOf(drawing, columns);
  const values = limits.map(({ value }) => value);
  return { lines, limits, scale: scaleOf(extent.near(values, NEAR), height) };
}

/** Limits of columns, each value once. */
function limitsOf({ limits }: Drawing, columns: readonly string[]): DrawnLimit[] {
  const own = limits.filter(({ column }) => columns.includes(column));
  return own.filter((one, i) => own.findIndex(({ value, severity }) => value === one.value && severity === one.severity) === i);
}

function limitLines(limits: readonly DrawnLimit[], { low, high, y }: ReturnType<typeof scaleOf>, units: number): string {
  return limits
    .filter(({ value }) => value >= low && value <= high)
    .map(
      ({ value, severity, text }) =>
        `<path class="limit ${severity}" d="M0 ${y(value)}H${units}"><title>${escapeHtml(text)}</title></path>`,
    )
    .join('');
}

/** A line that is broken where something is missing or was cut out. */
export function pathOf(times: Float64Array, values: Float64Array, axis: TimeAxis, y: (value: number) => number): string {
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
