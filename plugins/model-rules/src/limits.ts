// Which limits of single columns a condition sets, to be drawn beside them.

import type { Limit } from '@quantstream/engine';
import type { Settings } from './config.js';

/** `column > 0.5%` or `abs(column) >= 3`, as a part of a condition. */
const COMPARISON = /^\(*\s*(abs\(\s*)?([a-z][a-z0-9_]*)\s*\)?\s*(>=?|<=?)\s*(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)\s*(%?)\s*\)*$/i;

/** The comparisons of a column with a number that `when` is made of; what else it asks for is in the text. */
export function limitsOf(rules: Settings['rules'], columns: ReadonlySet<string>): Limit[] {
  return Object.entries(rules).flatMap(([name, { when, severity }]) =>
    when.split(/\s+(?:and|or)\s+/).flatMap((part): Limit[] => {
      const [, absolute, column, sign, number, percent] = COMPARISON.exec(part.trim()) ?? [];
      if (column === undefined || !columns.has(column)) return [];
      const value = Number(number) / (percent === '%' ? 100 : 1);
      const is = sign!.startsWith('>') ? 'above' : 'below';
      const limit = { column, is, value, severity, text: `${name}: ${when}` } as const;
      return absolute && is === 'above' ? [limit, { ...limit, is: 'below', value: -value }] : [limit];
    }),
  );
}
