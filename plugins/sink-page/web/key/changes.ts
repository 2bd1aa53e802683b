// What changed besides numbers: a key went from one state to another.

import type { About, ColumnInfo, KeyHistory } from '../../src/wire.js';
import { stateOf } from '../state/words.js';

/** What changes more often than so many times in the picture is no event. */
const CHANGES = 40;

interface Change {
  readonly time: number;
  readonly kind: 'change';
  readonly text: string;
}

/** Changes of what a view shows as states, and of what is context: the mode of a flight, say. */
export function changesOf(parts: KeyHistory, views: About['views'], columns: ReadonlyMap<string, ColumnInfo>): Change[] {
  const names = new Set(views.filter(({ kind }) => kind === 'states').flatMap((view) => view.columns));
  return [...names].flatMap((name) => {
    const column = columns.get(name);
    const values = parts.columns[name]?.last;
    if (column?.role !== 'context' || !values) return [];
    const changes: Change[] = [];
    let before: number | null = null;
    values.forEach((value, i) => {
      if (value === null) return;
      const text = `${name}: ${stateOf(column.about, value)}`;
      if (before !== null && value !== before) changes.push({ time: parts.time[i]!, kind: 'change', text });
      before = value;
    });
    return changes.length > CHANGES ? [] : changes;
  });
}
