import type { Place } from './problems.js';

/** A value of a pipeline file that knows where it was written. */
export type Tree = MapTree | ListTree | ScalarTree;

export interface MapTree {
  readonly kind: 'map';
  readonly place: Place;
  readonly entries: Map<string, { readonly key: Place; readonly value: Tree }>;
}
export interface ListTree {
  readonly kind: 'list';
  readonly place: Place;
  readonly items: readonly Tree[];
}
export interface ScalarTree {
  readonly kind: 'scalar';
  readonly place: Place;
  readonly value: string | number | boolean | null;
  /** True once a variable was filled in: the schema may then read text as a number or a truth value. */
  readonly filled?: boolean;
  /** True for the content of a secret file or variable: never shown. */
  readonly secret?: boolean;
}

export type Path = readonly (string | number)[];

/** The plain value of a tree. */
export function plain(tree: Tree): unknown {
  if (tree.kind === 'scalar') return tree.value;
  if (tree.kind === 'list') return tree.items.map(plain);
  return Object.fromEntries([...tree.entries].map(([key, { value }]) => [key, plain(value)]));
}

/** What stands at a path, or the closest thing above it. */
export function find(tree: Tree, path: Path): { readonly tree: Tree; readonly complete: boolean } {
  let at = tree;
  for (const step of path) {
    const next =
      at.kind === 'map' ? at.entries.get(String(step))?.value : at.kind === 'list' ? at.items[Number(step)] : undefined;
    if (!next) return { tree: at, complete: false };
    at = next;
  }
  return { tree: at, complete: true };
}

/** Where the key of a map entry was written. */
export function keyPlace(tree: Tree, path: Path, key: string): Place {
  const { tree: parent } = find(tree, path);
  return (parent.kind === 'map' ? parent.entries.get(key)?.key : undefined) ?? parent.place;
}

/** One file laid over another: maps merge, lists and scalars replace, `null` removes. */
export function overlay(base: Tree, top: Tree): Tree {
  if (base.kind !== 'map' || top.kind !== 'map') return top;
  const entries = new Map(base.entries);
  for (const [key, entry] of top.entries) {
    const below = entries.get(key);
    if (entry.value.kind === 'scalar' && entry.value.value === null) entries.delete(key);
    else entries.set(key, below ? { key: entry.key, value: overlay(below.value, entry.value) } : entry);
  }
  return { kind: 'map', place: top.place, entries };
}

/** The same tree with each scalar replaced by what `change` makes of it. */
export function mapScalars(tree: Tree, change: (scalar: ScalarTree) => ScalarTree): Tree {
  if (tree.kind === 'scalar') return change(tree);
  if (tree.kind === 'list') return { ...tree, items: tree.items.map((item) => mapScalars(item, change)) };
  const entries = new Map(
    [...tree.entries].map(([key, { key: place, value }]) => [key, { key: place, value: mapScalars(value, change) }]),
  );
  return { ...tree, entries };
}
