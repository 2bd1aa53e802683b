// What every picture over time has around it: its place on the page, shades of what was odd, marks of time and of size.

import type { TimeAxis } from './axis.js';
import { escapeHtml, round } from './svg.js';
import { since } from './words.js';

/** How bad it is: the colour. */
export type Severity = 'info' | 'warning' | 'critical';

/** A stretch that is shaded. */
export interface Shade {
  readonly start: number;
  readonly end: number;
  /** An episode by its severity, or a label, found or not. */
  readonly kind: Severity | 'label' | 'missed';
  readonly title: string;
  /** A number to stand above it, and the part of the page that it leads to. */
  readonly number?: number;
  readonly link?: string;
  /** It is not what the picture is about. */
  readonly other?: boolean;
}

export interface Frame {
  readonly axis: TimeAxis;
  /** CSS pixels; the unit of the drawing from above to below. */
  readonly height: number;
  readonly name: string;
  /** What the marks of time count from, ms since the epoch; absent: the time of day, UTC. */
  readonly origin?: number;
  readonly shades: readonly Shade[];
  /** Moments to be marked. */
  readonly marks?: readonly number[];
  /** From above to below, in CSS pixels, what stands there on the left. */
  readonly sizes?: readonly { readonly y: number; readonly text: string }[];
  /** The picture itself: parts of an SVG. */
  readonly drawn: string;
  /** Words within the picture: from, to (units of the drawing), text. */
  readonly words?: readonly { readonly x: number; readonly end: number; readonly y: number; readonly text: string }[];
}

/** The height of a row of numbers above a picture. */
const NUMBERS = 17;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** A picture that is as wide as its place, with letters of one size on every screen. */
export function framed(frame: Frame): string {
  const { axis, height, name, marks = [], sizes = [], words = [] } = frame;
  const width = axis.right;
  const left = (x: number) => `left:${round((x / width) * 100)}%`;
  const [first, last] = [axis.left, axis.right];
  const shown = frame.shades.filter(({ start, end }) => end >= axis.from && start <= axis.to);
  const parts = [shadesOf(shown, axis, height)];
  for (const { y } of sizes) parts.push(`<path class="grid" d="M${first} ${y}H${last}"/>`);
  parts.push(frame.drawn);
  for (const x of axis.cuts) parts.push(`<path class="cut" d="M${round(x)} 0V${height}"/>`);
  for (const time of marks.filter((one) => one >= axis.from && one <= axis.to))
    parts.push(`<path class="mark" d="M${round(axis.x(time))} 0V${height}"/>`);
  const numbers = numbersOf(shown, axis);
  const rows = Math.max(0, ...numbers.map(({ row }) => row + 1));
  const outside = [
    ...sizes.map(({ y, text }) => `<span class="y" style="top:${y}px">${escapeHtml(text)}</span>`),
    ...timesOf(frame).map(({ x, text }, i) => `<span class="x${i % 2 ? ' even' : ''}" style="${left(x)}">${text}</span>`),
    ...words.map(
      ({ x, end, y, text }) =>
        `<span class="word" style="${left(x)};width:${round(((end - x) / width) * 100)}%;top:${y}px">${escapeHtml(text)}</span>`,
    ),
    ...numbers.map(({ x, row, shade: { kind, number, link, title } }) => {
      const place = `class="badge ${kind}" style="${left(x)};top:${-2 - NUMBERS * (row + 0.5)}px"${title === '' ? '' : ` title="${escapeHtml(title)}"`}`;
      return link === undefined ? `<span ${place}>${number}</span>` : `<a ${place} href="#${link}">${number}</a>`;
    }),
  ];
  const style = `height:${height}px${rows > 0 ? `;margin-top:${4 + NUMBERS * rows}px` : ''}`;
  return `<div class="plot" style="${style}"><svg viewBox="0 0 ${width} ${height}" preserveAspectRatio="none" role="${parts.some((part) => part.includes('<a ')) ? 'group' : 'img'}" aria-label="${escapeHtml(name)}">${parts.join('')}</svg>${outside.join('')}</div>`;
}

/** Marks of time: since the beginning, or by the time of day. */
function timesOf({ axis, origin }: Frame): { x: number; text: string }[] {
  const { step, at } = axis.marks(origin ?? 0);
  const utc = (time: number) => {
    const text = new Date(time).toISOString();
    if (step >= 28 * DAY) return text.slice(0, 7);
    return step >= DAY || time % DAY === 0 ? text.slice(5, 10) : text.slice(11, step < 60_000 ? 19 : 16);
  };
  const passed = (ms: number) => {
    if (step < HOUR || ms === 0) return since(ms);
    return step < DAY ? `${ms / HOUR} h` : `${ms / DAY} d`;
  };
  return at.map(({ time, x }) => ({ x, text: origin === undefined ? utc(time) : passed(time - origin) }));
}

/** Those of one kind as one path: a recording may have hundreds. */
function shadesOf(shades: readonly Shade[], axis: TimeAxis, height: number): string {
  const paths = new Map<string, string>();
  for (const { start, end, kind, other } of shades) {
    const name = `shade ${kind}${other ? ' other' : ''}`;
    const x = round(axis.x(start));
    const width = round(Math.max(2, axis.x(end) - x));
    paths.set(name, `${paths.get(name) ?? ''}M${x} 0h${width}v${height}h-${width}z`);
  }
  return [...paths].map(([name, path]) => `<path class="${name}" d="${path}"/>`).join('');
}

/** The numbers of episodes above a picture, in as many rows as they need to stand apart. */
function numbersOf(shades: readonly Shade[], axis: TimeAxis): { x: number; row: number; shade: Shade }[] {
  const ends: number[] = [];
  return shades.flatMap((shade) => {
    if (shade.number === undefined) return [];
    const x = (axis.x(shade.start) + axis.x(shade.end)) / 2;
    const half = 9 + 3 * (String(shade.number).length - 1);
    let row = ends.findIndex((until) => until <= x - half);
    if (row < 0) row = ends.length < 4 ? ends.length : 3;
    ends[row] = x + half;
    return [{ x, row, shade }];
  });
}
