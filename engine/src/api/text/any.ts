// Words for any value, in complaints about what nobody meant.

import { printable } from './printable.js';

const LONGEST = 120;
/** Parts of a list or record that are named, and lists in lists. */
const MOST_PARTS = 8;
const DEEPEST = 3;

/**
 * Any value in a few words, for a complaint: printable, at most `most` characters (120 by default), about as JSON writes it. Never
 * throws and never takes long, however deep, large, cyclic or hostile the value is. What is not there is `absent`.
 */
export function sayAny(value: unknown, most = LONGEST): string {
  return shortened(printable(worded(value, most, 0)), most);
}

/** The beginning of a text, whole characters only; a … stands for the rest. */
function shortened(text: string, most: number): string {
  // Half a character, also one that was cut, is replaced.
  return text.length <= most ? text.toWellFormed() : `${text.slice(0, most - 1).toWellFormed()}…`;
}

function worded(value: unknown, most: number, depth: number): string {
  if (typeof value === 'string') return JSON.stringify(value.length > most ? value.slice(0, most) : value);
  if (value === undefined) return 'absent';
  if (typeof value === 'number') return Object.is(value, -0) ? '-0' : String(value);
  if (typeof value === 'function') return 'a function';
  if (typeof value !== 'object' || value === null) return String(value);
  try {
    return partsOf(value, most, depth);
  } catch {
    // A property that throws when it is read, say.
    return 'an object that cannot be read';
  }
}

function partsOf(value: object, most: number, depth: number): string {
  const list = Array.isArray(value) || ArrayBuffer.isView(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'no date' : value.toISOString();
  if (depth >= DEEPEST) return list ? '[…]' : '{…}';
  const parts: string[] = [];
  let length = 0;
  for (const name in value) {
    if (parts.length >= MOST_PARTS || length > most) {
      parts.push('…');
      break;
    }
    const part = worded((value as Record<string, unknown>)[name], most, depth + 1);
    parts.push(list ? part : `${worded(name, most, depth)}:${part}`);
    length += parts.at(-1)!.length;
  }
  return list ? `[${parts.join(',')}]` : `{${parts.join(',')}}`;
}
