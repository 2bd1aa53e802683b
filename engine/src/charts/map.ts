// A track from above, with lines to stay within and what was odd on the way; no tiles.

import type { Shade } from './frame.js';
import { lowerBound, upperBound } from './numbers.js';
import { escapeHtml, round, svg } from './svg.js';

const [WIDTH, MOST_HEIGHT, LEAST_HEIGHT, MARGIN] = [1_140, 620, 260, 34];
/** Metres in a degree of latitude (mean of WGS84). */
const DEGREE = 111_195;
/** A track that is smaller is drawn in a field of this size, m. */
const SMALLEST = 20;
/** How far beyond the track outlines are followed, in sizes of the track. */
const BEYOND = 1.5;
/** Points of a track at most. */
const POINTS = 8_000;
/** Lengths of the bar of scale, m. */
const SCALES = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 50_000, 100_000, 500_000];

/** A line around a place: to stay within, or to stay out of. */
export interface Outline {
  readonly name: string;
  readonly inside: boolean;
  /** Latitude and longitude, deg, in order; the last is joined to the first. */
  readonly points: readonly (readonly [number, number])[];
}

export interface MapTrack {
  readonly times: Float64Array;
  /** deg. */
  readonly latitude: Float64Array;
  readonly longitude: Float64Array;
  readonly outlines: readonly Outline[];
  readonly shades: readonly Shade[];
}

type Point = readonly [x: number, y: number];

/** Metres east and south of a point, on the plane that touches the earth there. */
function planeAt(latitude: number, longitude: number): (lat: number, lon: number) => Point {
  const narrow = Math.cos((latitude * Math.PI) / 180);
  return (lat, lon) => {
    // The shorter way around, also across the date line.
    const east = ((((lon - longitude + 180) % 360) + 360) % 360) - 180;
    return [east * narrow * DEGREE, (latitude - lat) * DEGREE];
  };
}

/** Whether a row has a position: a receiver without one may say 0, 0. */
const placed = (lat: number, lon: number) => !Number.isNaN(lat) && !Number.isNaN(lon) && (lat !== 0 || lon !== 0);

/** The track from above on a plain grid, episodes in the colour of their severity. @returns nothing where there is no track */
export function trackMap({ times, latitude, longitude, outlines, shades }: MapTrack): string {
  const first = latitude.findIndex((lat, i) => placed(lat, longitude[i]!));
  if (first < 0) return '';
  const plane = planeAt(latitude[first]!, longitude[first]!);
  const track = Array.from(times, (_, i) =>
    placed(latitude[i]!, longitude[i]!) ? plane(latitude[i]!, longitude[i]!) : undefined,
  );
  const lines = outlines.map((outline) => ({ ...outline, points: outline.points.map(([lat, lon]) => plane(lat, lon)) }));
  const view = viewOf(
    track.filter((point) => point !== undefined),
    lines.flatMap(({ points }) => points),
  );
  const place = ([x, y]: Point): Point => [
    round((x - view.left) * view.scale + MARGIN),
    round((y - view.top) * view.scale + MARGIN),
  ];
  // What lies closer together than a unit of the drawing is left out, or further apart where that is not enough.
  let apart = 1;
  while (pointsOf(track, place, apart) > POINTS) apart *= 1.5;
  const parts = [grid(view)];
  for (const { name, inside, points } of lines)
    parts.push(
      `<path class="outline ${inside ? 'inside' : 'outside'}" d="M${points.map((point) => place(point).join(' ')).join('L')}Z"><title>${escapeHtml(name)}</title></path>`,
    );
  parts.push(`<path class="track" d="${trackPath(track, place, apart, 0, track.length)}"/>`);
  const badges: string[] = [];
  for (const shade of shades) {
    const { start, end, kind, title } = shade;
    if (kind === 'label' || kind === 'missed') continue;
    const from = lowerBound(times, start);
    const until = upperBound(times, end, from);
    parts.push(
      `<path class="stretch ${kind}" d="${trackPath(track, place, apart, from, until)}"><title>${escapeHtml(title)}</title></path>`,
    );
    // Where the position is lost, the last one known.
    const at = track.slice(0, from + 1).findLast((point) => point !== undefined) ?? track.find((point) => point !== undefined)!;
    const [x, y] = place(at);
    badges.push(badge(x, y - 13, shade));
  }
  const [begin, finish] = [track[first]!, track.findLast((point) => point !== undefined)!].map(place) as [Point, Point];
  parts.push(
    `<circle class="begin" cx="${begin[0]}" cy="${begin[1]}" r="5"/>${labelled(begin, 15, 'start')}`,
    `<rect class="finish" x="${round(finish[0] - 5)}" y="${round(finish[1] - 5)}" width="10" height="10"/>${labelled(finish, -8, 'end')}`,
    ...badges,
    compass(view),
  );
  return svg(WIDTH, view.height, parts.join(''), 'map of the track');
}

/** The number of an episode, which may lead somewhere on the page. */
function badge(x: number, y: number, { number, kind, title, link }: Shade): string {
  if (number === undefined) return '';
  const half = 8 + 3 * (String(number).length - 1);
  const shape = `<rect class="badge ${kind}" x="${round(x - half)}" y="${round(y - 7)}" width="${2 * half}" height="14" rx="7"/><text class="badge" x="${x}" y="${round(y + 4)}" text-anchor="middle">${number}</text><title>${escapeHtml(title)}</title>`;
  return link === undefined ? `<g>${shape}</g>` : `<a href="#${link}">${shape}</a>`;
}

/** Beside a point, on the side where there is room. */
function labelled([x, y]: Point, down: number, text: string): string {
  const right = x > WIDTH - 60;
  return `<text class="name" x="${round(x + (right ? -8 : 8))}" y="${round(y + down)}"${right ? ' text-anchor="end"' : ''}>${text}</text>`;
}

interface View {
  readonly left: number;
  readonly top: number;
  /** Units of the drawing in a metre. */
  readonly scale: number;
  readonly height: number;
}

function viewOf(track: readonly Point[], outline: readonly Point[]): View {
  const box = (points: readonly Point[]) => {
    const bounds = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (const [x, y] of points) {
      bounds[0] = Math.min(bounds[0]!, x);
      bounds[1] = Math.min(bounds[1]!, y);
      bounds[2] = Math.max(bounds[2]!, x);
      bounds[3] = Math.max(bounds[3]!, y);
    }
    return bounds as [number, number, number, number];
  };
  const own = box(track);
  const size = Math.max(SMALLEST, own[2] - own[0], own[3] - own[1]);
  const all = outline.length > 0 ? box(outline) : own;
  const reach = BEYOND * size;
  let left = Math.max(Math.min(own[0], all[0]), own[0] - reach);
  let top = Math.max(Math.min(own[1], all[1]), own[1] - reach);
  let right = Math.min(Math.max(own[2], all[2]), own[2] + reach);
  let bottom = Math.min(Math.max(own[3], all[3]), own[3] + reach);
  const grow = Math.max(0, SMALLEST - Math.max(right - left, bottom - top)) / 2;
  [left, top, right, bottom] = [left - grow, top - grow, right + grow, bottom + grow];
  const inner = WIDTH - 2 * MARGIN;
  const scale = Math.min(inner / (right - left || 1), (MOST_HEIGHT - 2 * MARGIN) / (bottom - top || 1));
  const height = Math.max(LEAST_HEIGHT, (bottom - top) * scale + 2 * MARGIN);
  const spare = height - 2 * MARGIN - (bottom - top) * scale;
  return { left: left - (inner / scale - (right - left)) / 2, top: top - spare / scale / 2, scale, height };
}

/** The longest bar of scale that takes at most a fifth of the width. */
const scaleBar = ({ scale }: View) => SCALES.findLast((metres) => metres * scale <= WIDTH / 5) ?? SCALES[0]!;

function grid(view: View): string {
  const step = scaleBar(view) * view.scale;
  let path = '';
  for (let x = MARGIN; x < WIDTH; x += step) path += `M${round(x)} 0V${round(view.height)}`;
  for (let y = view.height - MARGIN; y > 0; y -= step) path += `M0 ${round(y)}H${WIDTH}`;
  return `<path class="grid" d="${path}"/>`;
}

function compass(view: View): string {
  const metres = scaleBar(view);
  const y = round(view.height - 12);
  const text = metres >= 1_000 ? `${metres / 1_000} km` : `${metres} m`;
  const end = round(MARGIN + metres * view.scale);
  const north = WIDTH - 26;
  return `<path class="ink" d="M${MARGIN} ${y - 5}V${y}H${end}V${y - 5}"/><text class="name" x="${MARGIN + 6}" y="${y - 5}">${text}</text><path class="arrow" d="M${north} 12L${north + 7} 34L${north} 29L${north - 7} 34Z"/><text class="name" x="${north}" y="48" text-anchor="middle">N</text>`;
}

function pointsOf(track: readonly (Point | undefined)[], place: (point: Point) => Point, apart: number): number {
  return trackPath(track, place, apart, 0, track.length).replace(/[^ML]/g, '').length;
}

/** Leaves out what lies within some units of the drawing from the point before. */
function trackPath(
  track: readonly (Point | undefined)[],
  place: (point: Point) => Point,
  apart: number,
  from: number,
  end: number,
): string {
  let path = '';
  let last: Point | undefined;
  for (let i = from; i < end; i++) {
    const point = track[i];
    if (point === undefined) {
      last = undefined;
      continue;
    }
    const [x, y] = place(point);
    if (last && Math.abs(x - last[0]) < apart && Math.abs(y - last[1]) < apart && i < end - 1) continue;
    path += `${last ? 'L' : 'M'}${x} ${y}${last ? '' : 'h0'}`;
    last = [x, y];
  }
  return path;
}
