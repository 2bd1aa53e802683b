// Which limits of single columns a condition sets, to be drawn beside them.

import type { Comparison, Limit } from '@quantstream/engine';
import type { Settings } from './config.js';

/** `column > 0.5%` or `abs(column) >= 3`, as a part of a condition. */
const COMPARISON = /^\(*\s*(abs\(\s*)?([a-z][a-z0-9_]*)\s*\)?\s*(>=?|<=?|==|!=)\s*(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)\s*(%?)\s*\)*$/i;

interface Part extends Comparison {
  readonly text: string;
  readonly absolute: boolean;
}

function partOf(text: string, columns: ReadonlySet<string>): Part | undefined {
  const [, absolute, column, sign, number, percent] = COMPARISON.exec(text) ?? [];
  if (column === undefined || !columns.has(column)) return undefined;
  const value = Number(number) / (percent === '%' ? 100 : 1);
  return { text, column, sign: sign as Comparison['sign'], value, absolute: absolute !== undefined };
}

/** The comparisons of a column with a number that `when` is made of, and what has to hold besides. */
export function limitsOf(rules: Settings['rules'], columns: ReadonlySet<string>): Limit[] {
  return Object.entries(rules).flatMap(([name, { when, severity, for: lasting, until }]) => {
    const parts = when.split(/\s+(?:and|or)\s+/).map((text) => partOf(text.trim(), columns));
    return parts.flatMap((part, i): Limit[] => {
      if (!part || part.sign === '==' || part.sign === '!=') return [];
      const { column, sign, value, absolute, text } = part;
      const others = parts.filter((_, other) => other !== i);
      const plain = others.every((other) => other && !other.absolute) && !/\bor\b|\bnot\b/.test(when);
      const is = sign.startsWith('>') ? 'above' : 'below';
      const also = others.flatMap((other) => (other ? [{ column: other.column, sign: other.sign, value: other.value }] : []));
      const limit: Limit = {
        ...{ column, is, value, severity, text: `${name}: ${when}`, part: text },
        ...(plain && also.length > 0 ? { also } : {}),
        ...(plain && lasting === 0 && until === undefined ? {} : { more: true }),
      };
      return absolute && is === 'above' ? [limit, { ...limit, is: 'below', value: -value }] : [limit];
    });
  });
}
