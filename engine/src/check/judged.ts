// Which rows and columns of a recording were judged, and why others were not.

import type { Column } from '../api/index.js';
import { namedParts } from './parts.js';
import type { CheckRecording, CheckTrack } from './recording.js';
import type { BlindColumn, CheckedKey, CheckRun } from './report.js';

/** Below this share of the judged rows a column could not be judged by. */
const ENOUGH = 0.5;
/** Why a row with a score is not judged. */
export const TOO_FEW = 'fewer than half of the columns that ever have a value';
/**
 * Rows that a model could judge: it scored them, and they have at least half of those of its columns that ever have a value. (A model
 * that accepts missing values scores a row of nothing as well.)
 */
export function judgedRows({ times, values, scored }: CheckTrack, { columns, models }: CheckRun): Uint8Array {
  const judged = new Uint8Array(times.length);
  models.forEach((model, m) => {
    const own = model.columns
      .map((name) => values[columns.findIndex((column) => column.name === name)]!)
      .filter((column) => column.some((value) => !Number.isNaN(value)));
    for (let i = 0; i < times.length; i++) {
      if (scored[m]![i] === 0 || judged[i] === 1) continue;
      let there = 0;
      for (const column of own) if (!Number.isNaN(column[i]!)) there++;
      if (there > 0 && 2 * there >= own.length) judged[i] = 1;
    }
  });
  return judged;
}

export function rangesOf(
  { values }: CheckTrack,
  columns: readonly Column[],
  judged: Uint8Array,
  rows: number,
): CheckedKey['columns'] {
  const ranges = columns.map(({ name }, c) => {
    let [min, max, there] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0];
    values[c]!.forEach((value, i) => {
      if (judged[i] === 0 || Number.isNaN(value)) return;
      min = Math.min(min, value);
      max = Math.max(max, value);
      there++;
    });
    const none = there === 0;
    return [name, { min: none ? Number.NaN : min, max: none ? Number.NaN : max, share: rows === 0 ? 0 : there / rows }] as const;
  });
  return Object.fromEntries(ranges);
}

export function blindOf(
  key: string,
  { columns, models }: CheckRun,
  ranges: CheckedKey['columns'],
  recording: CheckRecording,
): BlindColumn[] {
  const parts = models.flatMap((model) => (model.decides ? namedParts(model.config, model.columns) : []));
  return columns.flatMap(({ name, unit, needs = [], formula }) => {
    const own = models.filter((model) => model.columns.includes(name));
    const { share } = ranges[name]!;
    if (own.length === 0 || share >= ENOUGH) return [];
    return [
      {
        name,
        unit,
        share,
        needs: needs.map((input) => ({ input, came: recording.heard(key, input) })),
        formula,
        models: own.map((model) => model.name),
        parts: parts.filter((part) => part.columns.includes(name)).map((part) => part.name),
      },
    ];
  });
}
