// Open, high, low and close as boxes with wicks, with the fifth column at their feet.

import { usualStep } from '../axis.js';
import { framed } from '../frame.js';
import { round } from '../svg.js';
import type { LinesOf } from './lines.js';
import { type Drawing, stretchOf } from './picture.js';
import { Extent, scaleOf } from './scale.js';

/** Part of the height that the bars at the feet have. */
const FEET = 0.2;
/** A box with its gap is at least so wide, units of the drawing. */
const LEAST = 5;

interface Bar {
  readonly time: number;
  readonly open: number;
  readonly high: number;
  readonly low: number;
  readonly close: number;
  readonly volume: number;
}

/** Boxes of so many ms each; several rows as one where there would be no room for them. */
function barsIn(times: Float64Array, columns: readonly Float64Array[], length: number): Bar[] {
  const [open, high, low, close, volume] = columns;
  const bars: Bar[] = [];
  for (let i = 0; i < times.length; ) {
    const group = Math.floor(times[i]! / length);
    const first = i;
    const extent = new Extent();
    let [most, last] = [0, Number.NaN];
    for (; i < times.length && Math.floor(times[i]! / length) === group; i++) {
      extent.one(high![i]!).one(low![i]!);
      if (volume && volume[i]! > most) most = volume[i]!;
      if (!Number.isNaN(close![i]!)) last = close![i]!;
    }
    if (Number.isNaN(last) || extent.least > extent.most) continue;
    const opened = open![first]!;
    bars.push({
      time: times[i - 1]!,
      open: Number.isNaN(opened) ? last : opened,
      high: extent.most,
      low: extent.least,
      close: last,
      volume: most,
    });
  }
  return bars;
}

export function ohlcChart(drawing: Drawing, { columns, name, height, units }: LinesOf): string {
  const stretch = stretchOf(drawing, units);
  if (!stretch) return '';
  const { first, end, times, axis } = stretch;
  const step = usualStep(times) || 1_000;
  const length = Math.max(1, Math.ceil((axis.unit * LEAST) / step)) * step;
  const bars = barsIn(
    times,
    columns.map((column) => drawing.rows.values(column).subarray(first, end)),
    length,
  );
  const extent = new Extent();
  for (const { high, low } of bars) extent.one(high).one(low);
  const feet = columns.length > 4 ? FEET : 0;
  const scale = scaleOf(extent, height, feet);
  const most = Math.max(0, ...bars.map(({ volume }) => volume)) || 1;
  const half = Math.min(7, Math.max(0.5, (length / axis.unit) * 0.35));
  const paths = new Map<string, string>();
  const add = (kind: string, path: string) => paths.set(kind, `${paths.get(kind) ?? ''}${path}`);
  for (const { time, open, high, low, close, volume } of bars) {
    const x = round(axis.x(time));
    const kind = close >= open ? 'rise' : 'fall';
    const [top, bottom] = [scale.y(Math.max(open, close)), scale.y(Math.min(open, close))];
    const [left, wide] = [round(x - half), round(2 * half)];
    add(kind, `M${x} ${scale.y(high)}V${scale.y(low)}M${left} ${top}h${wide}v${round(Math.max(0.5, bottom - top))}h-${wide}z`);
    const foot = round((volume / most) * height * feet * 0.9);
    if (foot > 0) add(`${kind} feet`, `M${left} ${height}h${wide}v-${foot}h-${wide}z`);
  }
  const drawn = [...paths].sort().map(([kind, path]) => `<path class="${kind}" d="${path}"/>`);
  return framed({ ...drawing, axis, height, name, sizes: scale.sizes, drawn: drawn.join('') });
}
