// Draws lanes on a canvas: how odd each key was as a strip of colours, its episodes as bars below, what is missing hatched.

import type { EpisodeBar, IncidentInfo, Lane, Lanes } from '../../src/wire.js';
import { colours, heatOf } from '../shell/colours.js';
import type { Span } from '../state/range.js';

export const ROW = 26;
const HEAT = { top: 4, height: 11 };
const BAR = { top: 17, height: 6 };

export interface Ghost {
  readonly key: string;
  readonly start: number;
  readonly end: number;
}

interface Picture {
  readonly canvas: HTMLCanvasElement;
  readonly width: number;
  readonly height: number;
  readonly scroll: number;
  readonly span: Span;
  readonly lanes: readonly Lane[];
  readonly all: Lanes;
  readonly chosenKey: string;
  readonly chosenEpisode: string;
  readonly ghosts: ReadonlyMap<string, readonly Ghost[]>;
}

/** Draws the rows that can be seen. */
export function drawLanes({ canvas, width, height, scroll, span, lanes, all, chosenKey, chosenEpisode, ghosts }: Picture): void {
  const ratio = devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
  }
  const pen = canvas.getContext('2d')!;
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  const scale = width / (span.to - span.from);
  const x = (time: number) => (time - span.from) * scale;
  const firstRow = Math.floor(scroll / ROW);
  const lastRow = Math.min(lanes.length - 1, Math.floor((scroll + height) / ROW));
  for (let i = firstRow; i <= lastRow; i += 1) {
    const lane = lanes[i]!;
    const top = i * ROW - scroll;
    if (lane.key === chosenKey) {
      pen.fillStyle = colours().chosen;
      pen.fillRect(0, top, width, ROW);
    }
    // Rows came in this time, judged or not.
    const [begin, end] = [Math.max(0, x(lane.first)), Math.min(width, x(lane.last))];
    pen.fillStyle = colours().line;
    if (end > begin) pen.fillRect(begin, top + HEAT.top + HEAT.height / 2 - 1, end - begin, 2);
    drawHeat(pen, lane, all, x, top + HEAT.top);
    for (const gap of lane.missing) hatch(pen, x(gap.from), x(gap.to), top + HEAT.top, HEAT.height);
    for (const ghost of ghosts.get(lane.key) ?? []) drawGhost(pen, x(ghost.start), x(ghost.end), top);
    for (const one of lane.episodes) {
      if (one.end >= span.from && one.start <= span.to) drawEpisode(pen, one, x, top, one.id === chosenEpisode);
    }
  }
  const rows = new Map(lanes.map(({ key }, i) => [key, i]));
  for (const one of all.incidents) {
    if (one.end < span.from || one.start > span.to) continue;
    joinLanes(pen, one, x(one.start), rows, scroll);
  }
}

function drawHeat(pen: CanvasRenderingContext2D, lane: Lane, all: Lanes, x: (time: number) => number, top: number): void {
  const bins = lane.heat.length;
  if (bins === 0) return;
  const length = (all.to - all.from) / bins;
  // Neighbours of one colour are one rectangle.
  let [start, colour] = [0, ''];
  for (let i = 0; i <= bins; i += 1) {
    const odd = lane.heat[i] ?? null;
    const next = i === bins || odd === null ? '' : heatOf(odd);
    if (next === colour) continue;
    if (colour) {
      // On whole pixels, so that there is no seam between neighbours.
      const left = Math.round(x(all.from + start * length));
      pen.fillStyle = colour;
      pen.fillRect(left, top, Math.round(x(all.from + i * length)) - left, HEAT.height);
    }
    [start, colour] = [i, next];
  }
}

function drawEpisode(
  pen: CanvasRenderingContext2D,
  one: EpisodeBar,
  x: (time: number) => number,
  top: number,
  chosen: boolean,
): void {
  const left = x(one.start);
  const width = Math.max(4, x(one.end) - left);
  pen.fillStyle = colours()[one.severity];
  pen.globalAlpha = one.label?.label === 'normal' ? 0.35 : 1;
  pen.beginPath();
  pen.roundRect(left, top + BAR.top, width, BAR.height, one.status === 'open' ? [3, 0, 0, 3] : 3);
  pen.fill();
  if (one.status === 'open') {
    // An arrow head: it goes on.
    pen.beginPath();
    pen.moveTo(left + width, top + BAR.top - 2);
    pen.lineTo(left + width + 6, top + BAR.top + BAR.height / 2);
    pen.lineTo(left + width, top + BAR.top + BAR.height + 2);
    pen.fill();
  }
  pen.globalAlpha = 1;
  const peak = Math.min(left + width, Math.max(left, x(one.peak)));
  pen.fillStyle = colours().text;
  pen.beginPath();
  pen.moveTo(peak - 3, top + BAR.top - 4);
  pen.lineTo(peak + 3, top + BAR.top - 4);
  pen.lineTo(peak, top + BAR.top);
  pen.fill();
  if (!chosen) return;
  pen.strokeStyle = colours().text;
  pen.lineWidth = 1.5;
  pen.beginPath();
  pen.roundRect(left - 1.5, top + BAR.top - 1.5, width + 3, BAR.height + 3, 4);
  pen.stroke();
}

function drawGhost(pen: CanvasRenderingContext2D, left: number, right: number, top: number): void {
  pen.strokeStyle = colours().ghost;
  pen.setLineDash([3, 2]);
  pen.lineWidth = 1.5;
  pen.strokeRect(left - 2, top + 1.5, Math.max(6, right - left + 4), ROW - 3);
  pen.setLineDash([]);
}

function hatch(pen: CanvasRenderingContext2D, left: number, right: number, top: number, height: number): void {
  const width = Math.max(2, right - left);
  pen.save();
  pen.beginPath();
  pen.rect(left, top, width, height);
  pen.clip();
  pen.fillStyle = colours().surface;
  pen.fillRect(left, top, width, height);
  pen.strokeStyle = colours().muted;
  pen.lineWidth = 1;
  pen.beginPath();
  for (let at = left - height; at < left + width; at += 5) {
    pen.moveTo(at, top + height);
    pen.lineTo(at + height, top);
  }
  pen.stroke();
  pen.restore();
}

/** What one cause made odd: a line from the first of its lanes to the last, with a dot on each. */
function joinLanes(
  pen: CanvasRenderingContext2D,
  one: IncidentInfo,
  at: number,
  rows: ReadonlyMap<string, number>,
  scroll: number,
): void {
  const tops = one.names.flatMap((key) => rows.get(key) ?? []).map((row) => row * ROW - scroll + BAR.top + BAR.height / 2);
  if (tops.length < 2) return;
  pen.strokeStyle = pen.fillStyle = colours()[one.severity];
  pen.lineWidth = 1.5;
  pen.beginPath();
  pen.moveTo(at, Math.min(...tops));
  pen.lineTo(at, Math.max(...tops));
  pen.stroke();
  for (const top of tops) {
    pen.beginPath();
    pen.arc(at, top, 4, 0, 2 * Math.PI);
    pen.fill();
  }
}

/** The episode of a lane at a moment, with a few pixels of goodwill. */
export function episodeAt(lane: Lane, time: number, goodwill: number): EpisodeBar | undefined {
  return lane.episodes.findLast((one) => one.start - goodwill <= time && one.end + goodwill >= time);
}
