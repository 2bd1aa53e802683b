import type { Column, View } from '../api/index.js';
import { listed } from '../charts/views/states.js';

/** The columns that a check knows by their names. */
export const CLOCK = 'boot_time';
export const PHASE = 'phase';
const POSITION = ['latitude', 'longitude'];

/** Columns whose values are drawn as a line beside episodes: not a position, a clock or a list of values. */
export const drawable = (column: Column): boolean => column.role === 'context' && isMeasured(column) && !listed(column);

/** Whether a column is neither a position nor a clock. */
export const isMeasured = ({ name }: Column): boolean => ![...POSITION, CLOCK].includes(name);

/** How rows are looked at whose features do not say: the first measurement that is context, what was the case, and the track. */
export function plainViews(columns: readonly Column[], has: (column: Column) => boolean): View[] {
  const there = columns.filter(has);
  const first = there.find(drawable) ?? there[0];
  const states = there.filter((column) => column.role === 'context' && listed(column));
  return [
    ...(first ? [{ title: first.name, kind: 'lines' as const, columns: [first.name], about: first.about }] : []),
    ...states.map(({ name, about }) => ({ title: name, kind: 'states' as const, columns: [name], about })),
    { title: 'Track', kind: 'map', columns: POSITION },
  ];
}

/** As it stands behind a number. */
export const unitOf = ({ unit }: Column): string => (unit === '1' ? '' : ` ${unit}`);
