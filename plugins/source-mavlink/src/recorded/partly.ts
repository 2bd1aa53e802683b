import type { ObservationType } from '@quantstream/engine';

/** The same type with every field optional: an on-board log knows of most messages only a part. */
export function inPart(type: ObservationType): ObservationType {
  const fields = Object.entries(type.fields).map(([name, field]) => [name, { ...field, optional: true }] as const);
  return { ...type, fields: Object.fromEntries(fields) };
}
