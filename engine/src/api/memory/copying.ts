// Copies of observations, for states.

import { compiled } from './compiled.js';

type Numbers = Readonly<Record<string, number>>;

/**
 * A function that copies the named numbers of an observation, as far as they are there: what a state keeps must be its own. A complete
 * one costs no more than its reads, where a spread or a loop over names costs several times that.
 * @param fields declared names, never such as come in the stream
 */
export function copying(fields: readonly string[]): (values: Numbers) => Record<string, number> {
  const some = (values: Numbers) =>
    Object.fromEntries(fields.filter((name) => values[name] !== undefined).map((name) => [name, values[name]!]));
  const keys = fields.map((name) => JSON.stringify(name));
  const absent = keys.map((key) => `values[${key}] === undefined`);
  // A plain "__proto__" would set the prototype.
  const properties = keys.map((key) => `${key === '"__proto__"' ? `[${key}]` : key}: values[${key}]`);
  const text = `return (values) => (${absent.join(' || ') || 'false'}) ? some(values) : { ${properties.join(', ')} };`;
  return compiled<(some: object) => ReturnType<typeof copying>>(['some'], text)(some);
}
