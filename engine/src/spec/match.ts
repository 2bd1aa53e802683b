// Whether what a source emits is what the features consume, by name and unit.

import type { Column, Consumes, Emits, RowKind } from '../api/index.js';
import { suggestion } from './file/problems.js';

/** A unit that features take whatever it is: general statistics have no opinion. */
const ANY_UNIT = '*';

/** What is wrong between what a source emits and what features consume, by name and unit; a sentence each. */
export function matchInputs(emits: Emits, consumes: Consumes, source: string, features: string): string[] {
  const problems: string[] = [];
  for (const [type, fields] of Object.entries(consumes)) {
    const emitted = emits[type];
    if (!emitted) {
      if (Object.values(fields).every((want) => typeof want === 'object')) continue;
      const known = Object.keys(emits);
      problems.push(
        `features "${features}" consume observations of type "${type}", but source "${source}" emits ${known.join(', ') || 'nothing'}.${suggestion(type, known)}`,
      );
      continue;
    }
    for (const [name, want] of Object.entries(fields)) {
      const unit = typeof want === 'string' ? want : want.unit;
      const optional = typeof want === 'object';
      const field = emitted.fields[name];
      if (!field) {
        if (optional) continue;
        const known = Object.keys(emitted.fields);
        problems.push(
          `features "${features}" need ${type}.${name}${unit === ANY_UNIT ? '' : ` in ${unit}`}, but source "${source}" emits ${type} with ${known.join(', ')}.${suggestion(name, known)}`,
        );
      } else if (unit !== ANY_UNIT && field.unit !== unit) {
        problems.push(`features "${features}" need ${type}.${name} in ${unit}, but source "${source}" emits it in ${field.unit}`);
      } else if (field.optional && !optional) {
        problems.push(
          `features "${features}" need ${type}.${name} in every observation, but source "${source}" may leave it out`,
        );
      }
    }
  }
  return problems;
}

/** Chosen columns whose optional inputs the source does not emit. */
export function matchColumns(emits: Emits, row: RowKind, source: string): { column: Column; message: string }[] {
  return row.columns.flatMap((column) =>
    (column.needs ?? [])
      .filter((need) => {
        const dot = need.indexOf('.');
        return !emits[need.slice(0, dot)]?.fields[need.slice(dot + 1)];
      })
      .map((need) => ({
        column,
        message: `column ${column.name} needs ${need}, which source "${source}" does not emit here; leave the column out or change the source`,
      })),
  );
}

/** The columns of a model within a row: their indexes, or what is wrong with each name. */
export function pickColumns(
  names: readonly string[],
  row: RowKind,
): { indexes: number[]; problems: { index: number; message: string }[] } {
  const features = row.columns.filter(({ role }) => role !== 'context').map(({ name }) => name);
  const problems: { index: number; message: string }[] = [];
  const indexes = names.map((name, index) => {
    const at = row.columns.findIndex((column) => column.name === name);
    if (at < 0) {
      problems.push({
        index,
        message: `no column "${name}" in the rows of the features; they have ${features.join(', ')}.${suggestion(name, features)}`,
      });
    } else if (row.columns[at]!.role === 'context') {
      problems.push({
        index,
        message: `column "${name}" is context for people, not a feature for models; choose from ${features.join(', ')}`,
      });
    } else if (names.indexOf(name) < index) {
      problems.push({ index, message: `column "${name}" stands here twice` });
    }
    return at;
  });
  return { indexes, problems };
}
