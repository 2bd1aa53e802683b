// What a recording says of how worn its entity is: one number for each column that the features remember.

import type { Wear } from '../../api/index.js';
import { quantile } from '../../judge/alarms/quantile.js';
import type { CheckTrack } from '../recording.js';
import type { CheckRun, Worn } from '../report.js';

/** Judged rows with a value before they say anything of a recording. */
const ENOUGH = 60;
/** What is meant by high: one row in twenty is higher. */
const HIGH = 0.95;

/** Of the judged rows in which the entity did what it is there for; only where there are enough of them. */
export function wearOf(
  { values }: CheckTrack,
  judged: Uint8Array,
  { columns, operating, wear = [] }: Pick<CheckRun, 'columns' | 'operating' | 'wear'>,
): Worn[] {
  const placeOf = (name: string) => columns.findIndex((column) => column.name === name);
  const of = (name: string) => values[placeOf(name)]!;
  const states = operating && of(operating.column);
  const counts = (row: number) => judged[row] === 1 && (!states || operating.values.includes(states[row]!));
  return wear.flatMap((one) => {
    const there = of(one.column).filter((value, row) => !Number.isNaN(value) && counts(row));
    if (there.length < ENOUGH) return [];
    return [{ ...one, unit: columns[placeOf(one.column)]!.unit, value: quantile(there.sort(), atOf(one.of)) }];
  });
}

const atOf = (which: Wear['of']): number => (which === 'median' ? 0.5 : HIGH);
