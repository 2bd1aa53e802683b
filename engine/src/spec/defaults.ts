// The models of a pipeline that names none: what is known of an unknown domain.

import type { RowKind } from '../api/index.js';
import type { Place } from './file/problems.js';
import type { MapTree, Tree } from './file/tree.js';

/** What its own past does not let expect, column by column, and what does not go together; each hour against its like. */
const MODELS = {
  baseline: { use: 'baseline', transform: { rhythm: 'auto' } },
  distance: { use: 'mahalanobis', transform: { rhythm: 'auto' }, with: { halfLife: 10_000, warmUp: 500, tails: 'student' } },
} as const;
/** Beside them the shape of the latest rows, which costs ten times as much: for few keys. */
const THOROUGH = { ...MODELS, shape: { use: 'discord', transform: { rhythm: 'auto' } } } as const;
/**
 * What may stand in place of models, and how they become one. Of the first either sees most faults, and the other would only water that
 * down; a shape is odd for as long as it is within a window, and what begins in it is told apart by the others.
 */
export const SETS = { default: { models: MODELS, combine: 'any' }, thorough: { models: THOROUGH, combine: 'sum' } } as const;
/** Anomalous rows a day and key. */
const PER_DAY = 1;
const RULES = ['perDay', 'contamination', 'threshold'];

/** Which set of models a file asks for; undefined where it names its own, or a set that there is not. */
export function setOf(tree: Tree): keyof typeof SETS | undefined {
  if (tree.kind !== 'map') return undefined;
  const models = tree.entries.get('models')?.value;
  if (models === undefined) return 'default';
  return models.kind === 'scalar' && Object.hasOwn(SETS, String(models.value)) ? (models.value as keyof typeof SETS) : undefined;
}

/**
 * The same file with models over all features of the row, and a budget, where it has neither.
 * @param row absent: the features have a mistake, and it does not matter which columns there are
 */
export function withModels(tree: Tree, row: RowKind | undefined): Tree {
  const set = setOf(tree);
  if (set === undefined || tree.kind !== 'map') return tree;
  const columns = row ? row.columns.filter(({ role }) => role === 'feature').map(({ name }) => name) : ['any'];
  const models = Object.fromEntries(Object.entries(SETS[set].models).map(([name, model]) => [name, { columns, ...model }]));
  const alarms = tree.entries.get('alarms')?.value;
  const given = alarms?.kind === 'map' ? [...alarms.entries.keys()] : [];
  const ruled = alarms !== undefined && (alarms.kind !== 'map' || RULES.some((rule) => given.includes(rule)));
  const { place } = tree;
  const entries = new Map(tree.entries);
  entries.set('models', { key: place, value: grown(models, place) });
  const combine = !ruled || given.includes('perDay') ? SETS[set].combine : 'any';
  const rule = {
    ...(ruled ? {} : { perDay: PER_DAY }),
    ...(given.includes('combine') ? {} : { combine }),
  };
  if (alarms === undefined || alarms.kind === 'map') {
    const all = new Map([...(grown(rule, place) as MapTree).entries, ...(alarms?.entries ?? [])]);
    entries.set('alarms', { key: place, value: { kind: 'map', place: alarms?.place ?? place, entries: all } });
  }
  return { ...tree, entries };
}

/** A plain value as if it stood at a place of the file. */
export function grown(value: unknown, place: Place): Tree {
  if (Array.isArray(value)) return { kind: 'list', place, items: value.map((item) => grown(item, place)) };
  if (typeof value !== 'object' || value === null) return { kind: 'scalar', place, value: value as string | number };
  const entries = Object.entries(value).map(([key, item]) => [key, { key: place, value: grown(item, place) }] as const);
  return { kind: 'map', place, entries: new Map(entries) };
}
