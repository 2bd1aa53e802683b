// `columns: all`, written out: what a source emits, or all features of a row.

import type { Emits, FeaturesPlugin, RowKind } from '../api/index.js';
import { grown } from './defaults.js';
import { find, type MapTree, type Path, plain, type Tree } from './file/tree.js';

const isAll = (tree: Tree, path: Path): boolean => {
  const { tree: at, complete } = find(tree, path);
  return complete && at.kind === 'scalar' && at.value === 'all';
};

/** Whether the features are to have a column of all that the source emits. */
export const asksForAll = (tree: Tree): boolean => isAll(tree, ['features', 'with', 'columns']);

/** The same file with the columns of the features written out, where the plugin knows what all of them are. */
export function withAllEmitted(tree: Tree, { all }: FeaturesPlugin, emits: Emits): Tree {
  const path = ['features', 'with'];
  const { tree: given } = find(tree, path);
  if (!all || given.kind !== 'map') return tree;
  const { place } = find(tree, [...path, 'columns']).tree;
  const { entries } = grown(all(emits, plain(given) as Record<string, unknown>), place) as MapTree;
  return put(tree, path, { ...given, entries: new Map([...given.entries, ...entries]) });
}

/** The same file with the columns of each model written out that asks for all. */
export function withAllFeatures(tree: Tree, row: RowKind | undefined): Tree {
  const { tree: models, complete } = find(tree, ['models']);
  if (!row || !complete || models.kind !== 'map') return tree;
  const features = row.columns.filter(({ role }) => role === 'feature').map(({ name }) => name);
  // What is wrong is then said of the features.
  if (features.length === 0) return tree;
  let written = tree;
  for (const name of models.entries.keys()) {
    const path = ['models', name, 'columns'];
    if (isAll(tree, path)) written = put(written, path, grown(features, find(tree, path).tree.place));
  }
  return written;
}

function put(tree: Tree, [step, ...rest]: Path, value: Tree): Tree {
  if (step === undefined) return value;
  if (tree.kind !== 'map') return tree;
  const entry = tree.entries.get(String(step));
  if (!entry) return tree;
  return { ...tree, entries: new Map(tree.entries).set(String(step), { ...entry, value: put(entry.value, rest, value) }) };
}
