// Columns that name something, as strips of words.

import { framed } from '../frame.js';
import { SERIES } from '../palette.js';
import { round } from '../svg.js';
import { short } from '../words.js';
import { type Drawing, stretchOf } from './picture.js';

/** A list of values at the beginning of a description: `0 not known, 1 at rest, 2 turning.` */
const VALUES = /^\d+ [^,.]+(?:, \d+ [^,.]+)+/;
const HEIGHT = 22;
/** Units of the drawing that a letter needs. */
const LETTER = 7;

/** What a value of a column is called, where its description begins with a list of values. */
export function wordOf(column: { readonly about: string } | undefined, value: number): string | null {
  const list = column && VALUES.exec(column.about);
  if (!list) return null;
  for (const one of list[0].split(', ')) {
    const space = one.indexOf(' ');
    if (Number(one.slice(0, space)) === value) return one.slice(space + 1);
  }
  return null;
}

/** Whether the description of a column begins with a list of its values. */
export const listed = ({ about }: { readonly about: string }): boolean => VALUES.test(about);

/** What was the case, one after the other: a strip for each column. @param units of the drawing from left to right */
export function statesChart(drawing: Drawing, columns: readonly string[], name: string, units: number): string {
  const stretch = stretchOf(drawing, units);
  if (!stretch) return '';
  const { first, end, times, axis } = stretch;
  const paths = new Map<string, string>();
  const words: { x: number; end: number; y: number; text: string }[] = [];
  columns.forEach((column, row) => {
    const values = drawing.rows.values(column).subarray(first, end);
    const known = drawing.columns.find((one) => one.name === column);
    const y = row * HEIGHT + 2;
    for (let i = 0; i < values.length; ) {
      const value = values[i]!;
      let next = i + 1;
      while (next < values.length && Object.is(values[next], value)) next++;
      const [x, until] = [axis.x(times[i]!), axis.x(times[Math.min(next, times.length - 1)]!)];
      i = next;
      if (Number.isNaN(value)) continue;
      const text = wordOf(known, value) ?? short(value);
      const kind = `bar state c${Math.abs(Math.round(value)) % SERIES}`;
      const width = round(Math.max(0.5, until - x - 0.5));
      paths.set(kind, `${paths.get(kind) ?? ''}M${round(x)} ${y}h${width}v${HEIGHT - 4}h-${width}z`);
      if (until - x > LETTER * text.length) words.push({ x, end: until, y: y + 2, text });
    }
  });
  const drawn = [...paths].map(([kind, path]) => `<path class="${kind}" d="${path}"/>`);
  const sizes = columns.length > 1 ? columns.map((text, row) => ({ y: row * HEIGHT + HEIGHT / 2, text })) : [];
  return framed({ ...drawing, axis, height: columns.length * HEIGHT, name, drawn: drawn.join(''), words, sizes });
}
