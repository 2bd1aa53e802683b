import type { Column } from '../api/index.js';

/** The columns that a check knows by their names. */
export const CLOCK = 'boot_time';
export const PHASE = 'phase';
const POSITION = ['latitude', 'longitude'];

/** A list of values at the beginning of a description: `0 not known, 1 at rest, 2 turning.` */
const VALUES = /^\d+ [^,.]+(?:, \d+ [^,.]+)+/;

/** What a value of a column is called, where its description begins with a list of values. */
export function wordOf(column: Column | undefined, value: number): string | null {
  const list = column && VALUES.exec(column.about);
  if (!list) return null;
  for (const one of list[0].split(', ')) {
    const space = one.indexOf(' ');
    if (Number(one.slice(0, space)) === value) return one.slice(space + 1);
  }
  return null;
}

/** Whether the description of a column begins with a list of its values. */
export const listed = ({ about }: Column): boolean => VALUES.test(about);

/** Columns whose values are drawn as a line beside episodes: not a position, a clock or a list of values. */
export const drawable = (column: Column): boolean =>
  column.role === 'context' && ![...POSITION, CLOCK].includes(column.name) && !listed(column);

/** As it stands behind a number. */
export const unitOf = ({ unit }: Column): string => (unit === '1' ? '' : ` ${unit}`);
