// The models of a pipeline that names none: what is known of an unknown domain.

import type { RowKind } from '../api/index.js';
import type { Place } from './file/problems.js';
import type { MapTree, Tree } from './file/tree.js';

/** What does not go together, and what is far out by itself; each hour against its like. */
const MODELS = {
  distance: { use: 'mahalanobis', transform: { rhythm: 'auto' }, with: { halfLife: 10_000, warmUp: 500 } },
  tails: { use: 'tails', transform: { rhythm: 'auto' }, with: { window: 6_000, warmUp: 500, refitEvery: 200 } },
} as const;
/** Anomalous rows a day and key. */
const PER_DAY = 1;
const RULES = ['perDay', 'contamination', 'threshold'];

/**
 * The same file with models over all features of the row, and a budget, where it has neither.
 * @param row absent: the features have a mistake, and it does not matter which columns there are
 */
export function withModels(tree: Tree, row: RowKind | undefined): Tree {
  if (tree.kind !== 'map' || tree.entries.has('models')) return tree;
  const columns = row ? row.columns.filter(({ role }) => role === 'feature').map(({ name }) => name) : ['any'];
  const models = Object.fromEntries(Object.entries(MODELS).map(([name, model]) => [name, { columns, ...model }]));
  const alarms = tree.entries.get('alarms')?.value;
  const ruled = alarms?.kind === 'map' ? RULES.some((rule) => alarms.entries.has(rule)) : alarms !== undefined;
  const { place } = tree;
  const entries = new Map(tree.entries);
  entries.set('models', { key: place, value: grown(models, place) });
  if (!ruled) {
    const rule = grown({ perDay: PER_DAY }, place) as MapTree;
    const all = alarms?.kind === 'map' ? new Map([...rule.entries, ...alarms.entries]) : rule.entries;
    entries.set('alarms', { key: place, value: { kind: 'map', place: alarms?.place ?? place, entries: all } });
  }
  return { ...tree, entries };
}

function grown(value: unknown, place: Place): Tree {
  if (Array.isArray(value)) return { kind: 'list', place, items: value.map((item) => grown(item, place)) };
  if (typeof value !== 'object' || value === null) return { kind: 'scalar', place, value: value as string | number };
  const entries = Object.entries(value).map(([key, item]) => [key, { key: place, value: grown(item, place) }] as const);
  return { kind: 'map', place, entries: new Map(entries) };
}
