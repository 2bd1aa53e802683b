// The score of a key over time with its threshold, labels shaded behind it and episodes below it.

import { TimeAxis } from './axis.js';
import { framed } from './frame.js';
import { escapeHtml, round } from './svg.js';

export interface Timeline {
  readonly times: Float64Array;
  readonly scores: Float64Array;
  readonly thresholds: Float64Array;
  readonly labels: readonly { readonly from: number; readonly to: number; readonly title: string; readonly found: boolean }[];
  readonly episodes: readonly {
    readonly start: number;
    readonly end: number;
    readonly title: string;
    readonly good: boolean | null;
  }[];
}

/** Units of the drawing from left to right, pixels of the scores, and where episodes lie below them. */
const [WIDTH, PLOT, FOOT, MARK] = [1_000, 120, 124, 8];
/** Scores do not touch the edges. */
const EDGE = 4;

/** Score over time, by unit of the drawing its least and its most; labels as shades, episodes as marks below. */
export function timelineChart({ times, scores, thresholds, labels, episodes }: Timeline): string {
  const axis = new TimeAxis(times, 0, WIDTH, true);
  const [from, to] = [times[0]!, times.at(-1)!];
  const x = (time: number) => round(axis.x(time));
  const scale = scaleOf(scores, thresholds);
  const y = (value: number) => round(EDGE + (1 - scale.place(value)) * (PLOT - 2 * EDGE));
  const parts = labels.map(({ from: start, to: end, title, found }) => {
    const begin = x(start);
    const size = Math.max(2, Math.min(WIDTH, x(end)) - begin);
    return `<rect class="shade ${found ? 'label' : 'missed'}" x="${begin}" y="0" width="${round(size)}" height="${PLOT}"><title>${escapeHtml(title)}</title></rect>`;
  });
  const column = (time: number) => Math.min(WIDTH - 1, Math.floor(((time - from) / (to - from || 1)) * WIDTH));
  const { least, most, mean } = byColumn(times, scores, thresholds, WIDTH, column);
  let path = '';
  let limit = '';
  let [open, drawn] = [false, false];
  for (let c = 0; c < WIDTH; c++) {
    if (least[c]! <= most[c]!) {
      path += `${open ? 'L' : 'M'}${c} ${y(most[c]!)}V${y(least[c]!)}`;
      open = true;
    } else if (to - from > WIDTH * 60_000 || times.length > WIDTH) open = false;
    if (Number.isFinite(mean[c]!)) {
      limit += `${drawn ? 'L' : 'M'}${c} ${y(mean[c]!)}`;
      drawn = true;
    } else if (times.length > WIDTH) drawn = false;
  }
  parts.push(`<path class="score" d="${path}"/><path class="threshold" d="${limit}"/>`);
  for (const { start, end, title, good } of episodes) {
    const kind = good === null ? 'neither' : good ? 'good' : 'bad';
    const size = Math.max(2, x(end) - x(start));
    parts.push(
      `<rect class="episode ${kind}" x="${x(start)}" y="${FOOT}" width="${round(size)}" height="${MARK}"><title>${escapeHtml(title)}</title></rect>`,
    );
  }
  const sizes = scale.ticks.map((value) => ({ y: y(value), text: tick(value, scale.range) }));
  return framed({ axis, height: FOOT + MARK + 3, name: 'score over time', shades: [], sizes, drawn: parts.join('') });
}

function byColumn(
  times: Float64Array,
  scores: Float64Array,
  thresholds: Float64Array,
  columns: number,
  column: (time: number) => number,
) {
  const least = new Float64Array(columns).fill(Number.POSITIVE_INFINITY);
  const most = new Float64Array(columns).fill(Number.NEGATIVE_INFINITY);
  const mean = new Float64Array(columns);
  const count = new Uint32Array(columns);
  for (let i = 0; i < times.length; i++) {
    const c = column(times[i]!);
    const score = scores[i]!;
    if (score < least[c]!) least[c] = score;
    if (score > most[c]!) most[c] = score;
    if (!Number.isFinite(thresholds[i]!)) continue;
    count[c]!++;
    mean[c]! += (thresholds[i]! - mean[c]!) / count[c]!;
  }
  for (let c = 0; c < columns; c++) if (count[c] === 0) mean[c] = Number.NaN;
  return { least, most, mean };
}

/** Three digits, and nothing for what is next to nothing on this scale. */
function tick(value: number, range: number): string {
  if (Math.abs(value) < range / 1_000) return '0';
  const size = Math.abs(value);
  return size >= 1e6 || size < 1e-3 ? value.toExponential(1) : value.toLocaleString('en', { maximumSignificantDigits: 3 });
}

/** From the least to the most score; where a few tower above all others, by asinh, so that both can be seen. */
function scaleOf(scores: Float64Array, thresholds: Float64Array) {
  const ascending = scores.filter(Number.isFinite).sort();
  const at = (q: number) => ascending[Math.floor(q * (ascending.length - 1))] ?? 0;
  const limit = thresholds.findLast(Number.isFinite) ?? at(1);
  const [low, middle, high] = [Math.min(at(0), limit), at(0.5), Math.max(at(1), limit)];
  const spread = at(0.99) - middle || at(0.999) - middle || 1;
  const towering = high - middle > 30 * spread;
  const bend = towering ? (value: number) => Math.asinh((value - middle) / spread) : (value: number) => value;
  const [first, last] = [bend(low), bend(high)];
  return {
    place: (value: number) => Math.max(0, Math.min(1, (bend(value) - first) / (last - first || 1))),
    range: high - low,
    ticks: towering ? [low, middle + 2 * spread, middle + (high - middle) / 12, high] : [low, (low + high) / 2, high],
  };
}
