// How an example plugin is changed in one place.

import { readFileSync } from 'node:fs';

/** `live-source` is a source as well: one that listens, and never ends by itself. */
export type Example = 'source' | 'live-source' | 'features' | 'model' | 'sink';

/** One mistake, as authors make them. */
export interface Change {
  /** The mistake, a short sentence. */
  readonly name: string;
  /** Text that stands once in the example, and what stands there instead. */
  readonly find: string;
  readonly replace: string;
  /** What goes wrong for whoever uses the plugin. */
  readonly wrong: string;
  /** What would have to be shown to catch it. */
  readonly shows: string;
}

export interface Mutation extends Change {
  readonly plugin: Example;
}

/** The example as it is, TypeScript whose types can be stripped; it imports nothing but modules of Node. */
export function textOf(plugin: Example): string {
  return readFileSync(new URL(`examples/${plugin}.ts`, import.meta.url), 'utf8');
}

/** The example with the mistake in it. What a compiler of types would refuse is left in: plugins are written in JavaScript, too. */
export function mutated({ plugin, name, find, replace }: Mutation): string {
  const text = textOf(plugin);
  const at = text.indexOf(find);
  if (at < 0) throw new Error(`${plugin}: "${name}" changes what is not in the example: ${find}`);
  if (text.includes(find, at + 1)) throw new Error(`${plugin}: "${name}" changes what is in the example more than once: ${find}`);
  return text.slice(0, at) + replace + text.slice(at + find.length);
}
