// Many columns of one unit as rows of colours: which of them is high, and when.

import { usualStep } from '../axis.js';
import { framed } from '../frame.js';
import { HEATS } from '../palette.js';
import { escapeHtml, round } from '../svg.js';
import { short } from '../words.js';
import { type Drawing, stretchOf } from './picture.js';

/** What of it can be chosen. */
export interface HeatmapOf {
  /** From below to above. */
  readonly columns: readonly string[];
  /** What stands beside them. */
  readonly labels: readonly string[];
  readonly name: string;
  readonly unit: string;
  /** Units of the drawing from left to right. */
  readonly units: number;
}

/** CSS pixels of a row, and of a picture with few rows. */
const ROW = 7;
const LEAST = 84;
/** A cell is at least so wide, units of the drawing: it costs bytes. */
const CELL = 5;
/** What a label beside the picture needs, CSS pixels. */
const LABEL = 20;
/** Values that differ by more than this factor are told apart by their logarithms, down to a thousandth of the highest. */
const WIDE = 20;
const DEEPEST = 1e-3;

/** Columns over time, one above the other; by cell the highest of its rows, so that none that is short is lost. */
export function heatmapChart(drawing: Drawing, { columns, labels, name, unit, units }: HeatmapOf): string {
  const stretch = stretchOf(drawing, units);
  if (!stretch) return '';
  const { first, end, times, axis } = stretch;
  const width = Math.max(CELL, (usualStep(times) * 1.01) / axis.unit);
  const count = Math.ceil(units / width) + 1;
  const rows = columns.map((column) => {
    const values = drawing.rows.values(column).subarray(first, end);
    const cells = new Float64Array(count).fill(Number.NaN);
    for (let i = 0; i < values.length; i++) {
      const cell = Math.floor(axis.x(times[i]!) / width);
      if (!(cells[cell]! >= values[i]!)) cells[cell] = Number.isNaN(values[i]!) ? cells[cell]! : values[i]!;
    }
    return cells;
  });
  const heat = heatsOf(rows);
  if (!heat) return '';
  const size = Math.max(ROW, LEAST / columns.length);
  const paths = new Map<number, string>();
  rows.forEach((cells, row) => {
    const y = round((columns.length - row - 0.5) * size);
    for (let i = 0; i < count; ) {
      const level = heat.of(cells[i]!);
      const from = i;
      while (i < count && heat.of(cells[i]!) === level) i++;
      if (level < 0) continue;
      const x = Math.round(from * width);
      paths.set(level, `${paths.get(level) ?? ''}M${x} ${y}h${Math.min(units, Math.round(i * width)) - x}`);
    }
  });
  // Half a pixel more, so that no seam shows between rows.
  const drawn = [...paths]
    .sort(([a], [b]) => a - b)
    .map(([level, path]) => `<path class="heat h${level}" stroke-width="${round(size + 0.5)}" d="${path}"/>`);
  const every = Math.ceil(LABEL / size);
  const sizes = labels.flatMap((text, row) =>
    row % every === 0 ? [{ y: round((columns.length - row - 0.5) * size), text }] : [],
  );
  const steps = Array.from({ length: HEATS }, (_, i) => `<i class="heat h${i}"></i>`).join('');
  const scale = `<p class="legend heats"><span>${short(two(heat.low))} ${steps} ${short(two(heat.high))} ${escapeHtml(unit)}</span></p>`;
  return `${framed({ ...drawing, axis, height: round(columns.length * size), name, sizes, drawn: drawn.join('') })}${scale}`;
}

const two = (value: number) => Number(value.toPrecision(2));

/** The colour of a value, −1 where it is missing, and what the lowest and the highest stand for. */
function heatsOf(rows: readonly Float64Array[]): { of: (value: number) => number; low: number; high: number } | undefined {
  const all = Float64Array.from(rows.flatMap((cells) => [...cells].filter((value) => Number.isFinite(value)))).sort();
  if (all.length === 0) return undefined;
  // The very highest and lowest few say how wide the rest is only where there is little else.
  const at = (share: number) => all[Math.round(share * (all.length - 1))]!;
  let [low, high] = [at(0.1), at(0.998)];
  const steps = all[0]! >= 0 && high > WIDE * Math.max(low, 0) ? Math.log : (value: number) => value;
  if (steps === Math.log) low = Math.max(low, high * DEEPEST);
  const [from, to] = [steps(low), steps(high)];
  const of = (value: number) => {
    if (!Number.isFinite(value)) return -1;
    const share = to > from ? (steps(value) - from) / (to - from) : 0.5;
    return Math.max(0, Math.min(HEATS - 1, Math.floor(share * HEATS)));
  };
  return { of, low, high };
}
