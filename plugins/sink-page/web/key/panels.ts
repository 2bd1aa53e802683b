// Which pictures a key has: those that the declaration names, then all columns that none of them shows, by unit.

import type { About, ColumnInfo, ViewInfo } from '../../src/wire.js';
import { unitOf } from '../state/words.js';

export interface Panel {
  readonly id: string;
  readonly title: string;
  readonly kind: ViewInfo['kind'] | 'score';
  readonly columns: readonly string[];
  readonly unit: string;
  readonly about: string;
}

/** More lines than this in one picture cannot be told apart. */
const MOST = 4;

const groupsOf = (columns: readonly ColumnInfo[]): ColumnInfo[][] => {
  const byUnit = new Map<string, ColumnInfo[]>();
  for (const column of columns) {
    const kind = `${column.role === 'context'} ${column.unit}`;
    byUnit.set(kind, [...(byUnit.get(kind) ?? []), column]);
  }
  return [...byUnit.values()].flatMap((group) => {
    // Without a unit, nothing says that two numbers are of one size.
    const most = unitOf(group[0]!.unit) ? MOST : 1;
    return Array.from({ length: Math.ceil(group.length / most) }, (_, i) => group.slice(i * most, (i + 1) * most));
  });
};

export function panelsOf(about: About): Panel[] {
  const byName = new Map(about.columns.map((column) => [column.name, column]));
  const known = (names: readonly string[]) => names.flatMap((name) => byName.get(name) ?? []);
  const lines = (title: string, columns: readonly ColumnInfo[], told: string): Panel[] =>
    groupsOf(columns).map((group) => ({
      id: `lines ${group.map((one) => one.name).join(' ')}`,
      title: title || (group.length === 1 ? group[0]!.name : `In ${unitOf(group[0]!.unit)}`),
      kind: 'lines',
      columns: group.map((one) => one.name),
      unit: group[0]!.unit,
      about: told || (group.length === 1 ? group[0]!.about : ''),
    }));
  const seen = new Set<string>();
  const views = about.views.flatMap((view): Panel[] => {
    for (const name of view.columns) seen.add(name);
    const columns = known(view.columns);
    // A picture of so many columns would ask for all of them again and again: reports have it.
    if (columns.length === 0 || view.kind === 'heatmap') return [];
    if (view.kind === 'lines') return lines(view.title, columns, view.about ?? '');
    return [
      {
        id: `${view.kind} ${view.title}`,
        title: view.title,
        kind: view.kind,
        columns: columns.map((one) => one.name),
        unit: columns[0]!.unit,
        about: view.about ?? '',
      },
    ];
  });
  const rest = about.columns.filter((column) => !seen.has(column.name));
  return [
    ...views,
    ...lines(
      '',
      rest.filter((one) => one.role !== 'context'),
      '',
    ),
    ...lines(
      '',
      rest.filter((one) => one.role === 'context'),
      '',
    ),
  ];
}

export const SCORE: Panel = {
  id: 'score',
  title: 'Score',
  kind: 'score',
  columns: [],
  unit: '',
  about: 'How odd the row is, and the threshold from which on it is an anomaly.',
};
