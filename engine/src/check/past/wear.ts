// What a recording says of how worn its entity is: one number for each column that the features remember.

import { quantile } from '../../judge/alarms/quantile.js';
import { levelOf, type Worn } from '../../judge/wear/change.js';
import type { CheckTrack } from '../recording.js';
import type { CheckRun } from '../report.js';

/** Judged rows with a value before they say anything of a recording. */
const ENOUGH = 60;
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
    return [{ ...one, unit: columns[placeOf(one.column)]!.unit, value: quantile(there.sort(), levelOf(one.of)) }];
  });
}
