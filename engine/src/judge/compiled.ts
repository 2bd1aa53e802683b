/**
 * Straight-line code for objects whose fields are declared: they then share one shape, and each field costs a read instead of a look-up (a
 * loop over names was several times slower). The text is made of declared names, quoted, and of nothing that comes in the stream.
 */

import { compiled } from '../api/index.js';

/** A declared number of an observation. */
export interface NumberField {
  readonly name: string;
  readonly optional: boolean;
}

/** True if every field is finite, or absent where it may be. */
export function compileFinite(fields: readonly NumberField[]): (values: Readonly<Record<string, number>>) => boolean {
  const conditions = fields.map(({ name, optional }) => {
    const value = `v[${JSON.stringify(name)}]`;
    return `Number.isFinite(${value})${optional ? ` || ${value} === undefined` : ''}`;
  });
  return compiled(['v'], `return ${conditions.map((one) => `(${one})`).join(' && ') || 'true'};`);
}

/** Gives the numbers of a row back their names. */
export function compileNames(names: readonly string[]): (row: Float64Array) => Record<string, number> {
  const properties = names.map((name, i) => {
    const key = JSON.stringify(name);
    // A plain "__proto__" would set the prototype.
    return `${name === '__proto__' ? `[${key}]` : key}: r[${i}]`;
  });
  return compiled(['r'], `return { ${properties.join(', ')} };`);
}
