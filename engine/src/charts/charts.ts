import { escapeHtml, round, svg } from './svg.js';

/** The charts of an evaluation: curves, bars and a line of time. */

export interface Line {
  readonly name: string;
  /** Which colour of the page: 0 … 7. */
  readonly colour: number;
  readonly dashed?: boolean;
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** Lines over a logarithmic x and a y from 0 to 1. */
export function curveChart(lines: readonly Line[], label: string): string {
  const [width, height, left, bottom, right, top] = [640, 320, 46, 40, 14, 10];
  const xs = lines.flatMap(({ points }) => points.map(([x]) => Math.log10(x)));
  if (xs.length === 0) return '<p class="note">The recording is too short for a curve.</p>';
  const [low, high] = [Math.min(...xs), Math.max(...xs)];
  const x = (value: number) => round(left + ((Math.log10(value) - low) / (high - low || 1)) * (width - left - right));
  const y = (value: number) => round(height - bottom - value * (height - bottom - top));
  const grid = [0, 0.25, 0.5, 0.75, 1].map(
    (value) =>
      `<path class="grid" d="M${left} ${y(value)}H${width - right}"/><text class="tick" x="${left - 6}" y="${y(value) + 4}" text-anchor="end">${value * 100} %</text>`,
  );
  const decades: number[] = [];
  for (let exponent = Math.ceil(low - 1e-9); exponent <= high + 1e-9; exponent++) decades.push(10 ** exponent);
  const ticks = decades.map(
    (value) =>
      `<path class="grid" d="M${x(value)} ${top}V${height - bottom}"/><text class="tick" x="${x(value)}" y="${height - bottom + 16}" text-anchor="middle">${Number(value.toPrecision(1))}</text>`,
  );
  const paths = lines.map(({ name, colour, dashed, points }) => {
    // Recall jumps where an event is found: steps, not slopes.
    const steps = points.map(([px, py], i) => (i === 0 ? `M${x(px)} ${y(py)}` : `H${x(px)}V${y(py)}`)).join('');
    return `<path class="line c${colour}${dashed ? ' dashed' : ''}" d="${steps}"><title>${escapeHtml(name)}</title></path>`;
  });
  const caption = `<text class="tick" x="${(left + width - right) / 2}" y="${height - 4}" text-anchor="middle">${escapeHtml(label)}</text>`;
  return svg(width, height, [...grid, ...ticks, ...paths, caption].join(''), label);
}

/** Bars in groups: a share, 0 … 1, of each group by each of some names. */
export function barChart(
  groups: readonly { readonly name: string; readonly values: readonly number[] }[],
  names: readonly { readonly name: string; readonly colour: number }[],
): string {
  const [left, right, bar, gap] = [190, 60, 11, 12];
  const width = 640;
  const step = names.length * bar + gap;
  const parts = groups.map(({ name, values }, g) => {
    const top = g * step + gap / 2;
    const bars = values.map((value, i) => {
      const share = Number.isNaN(value) ? 0 : value;
      const length = round(share * (width - left - right));
      const text = `${escapeHtml(names[i]!.name)}: ${Math.round(share * 100)} %`;
      return `<rect class="bar c${names[i]!.colour}" x="${left}" y="${top + i * bar}" width="${Math.max(1, length)}" height="${bar - 2}"><title>${text}</title></rect><text class="tick" x="${left + length + 5}" y="${top + i * bar + 8}">${Math.round(share * 100)} %</text>`;
    });
    const middle = top + (names.length * bar) / 2 + 3;
    return `<text class="name" x="${left - 8}" y="${middle}" text-anchor="end">${escapeHtml(name)}</text>${bars.join('')}`;
  });
  return svg(width, groups.length * step + 4, parts.join(''), 'recall by kind');
}

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

const [WIDTH, PLOT, LEFT, RIGHT, TOP, FOOT] = [1_100, 130, 52, 8, 6, 34];

/** Score over time, by pixel column its least and its most; labels as shades, episodes as marks below. */
export function timelineChart({ times, scores, thresholds, labels, episodes }: Timeline): string {
  const [from, to] = [times[0]!, times.at(-1)!];
  const columns = WIDTH - LEFT - RIGHT;
  const x = (time: number) => round(LEFT + ((time - from) / (to - from || 1)) * (columns - 1));
  const scale = scaleOf(scores, thresholds);
  const y = (value: number) => round(TOP + (1 - scale.place(value)) * PLOT);
  const parts = labels.map(({ from: start, to: end, title, found }) => {
    const begin = Math.max(LEFT, x(start));
    const size = Math.max(3, Math.min(WIDTH - RIGHT, x(end)) - begin);
    return `<rect class="label${found ? '' : ' missed'}" x="${begin}" y="${TOP}" width="${round(size)}" height="${PLOT}"><title>${escapeHtml(title)}</title></rect>`;
  });
  for (const value of scale.ticks)
    parts.push(
      `<path class="grid" d="M${LEFT} ${y(value)}H${WIDTH - RIGHT}"/><text class="tick" x="${LEFT - 5}" y="${y(value) + 4}" text-anchor="end">${tick(value, scale.range)}</text>`,
    );
  const column = (time: number) => Math.min(columns - 1, Math.floor(((time - from) / (to - from || 1)) * columns));
  const { least, most, mean } = byColumn(times, scores, thresholds, columns, column);
  let path = '';
  let limit = '';
  let [open, drawn] = [false, false];
  for (let c = 0; c < columns; c++) {
    if (least[c]! <= most[c]!) {
      path += `${open ? 'L' : 'M'}${LEFT + c} ${y(most[c]!)}V${y(least[c]!)}`;
      open = true;
    } else if (to - from > columns * 60_000 || times.length > columns) open = false;
    if (Number.isFinite(mean[c]!)) {
      limit += `${drawn ? 'L' : 'M'}${LEFT + c} ${y(mean[c]!)}`;
      drawn = true;
    } else if (times.length > columns) drawn = false;
  }
  parts.push(`<path class="score" d="${path}"/><path class="threshold" d="${limit}"/>`);
  const foot = TOP + PLOT + 3;
  for (const { start, end, title, good } of episodes) {
    const kind = good === null ? 'neither' : good ? 'good' : 'bad';
    const size = Math.max(3, x(end) - x(start));
    parts.push(
      `<rect class="episode ${kind}" x="${round(x(start) - 1)}" y="${foot}" width="${round(size)}" height="7"><title>${escapeHtml(title)}</title></rect>`,
    );
  }
  for (let i = 0; i <= 6; i++) {
    const time = from + ((to - from) * i) / 6;
    const fine = to - from < 3_600_000;
    const text = new Date(fine ? time : Math.round(time / 60_000) * 60_000)
      .toISOString()
      .slice(5, fine ? 19 : 16)
      .replace('T', ' ');
    const anchor = i === 0 ? 'start' : i === 6 ? 'end' : 'middle';
    parts.push(`<text class="tick" x="${x(time)}" y="${TOP + PLOT + 25}" text-anchor="${anchor}">${text}</text>`);
  }
  return svg(WIDTH, TOP + PLOT + FOOT, parts.join(''), 'score over time');
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
  return size >= 1e6 || size < 1e-3 ? value.toExponential(1) : String(Number(value.toPrecision(3)));
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
