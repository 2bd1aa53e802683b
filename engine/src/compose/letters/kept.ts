// The dead letters of a pipeline as they stand: each once, with what has become of it.

import type { DeadLetters } from '../../ports/dead-letters.js';
import type { Letter } from '../../ports/letters/letter.js';
import { isMark } from '../../ports/letters/read.js';

export type State = 'waiting' | 'replayed' | 'refused';

/** A letter, and what has become of it. */
export interface Kept {
  readonly letter: Letter;
  /** Where it stands: a line of a file, or a record of a topic. */
  readonly where: string;
  /** When it was put away for the first time. */
  readonly first: string;
  /** How often it was put away: a restart that judges again repeats it. */
  readonly times: number;
  readonly state: State;
  /** Why it was refused when it was replayed. */
  readonly again?: string;
}

/** What cannot be read of the letters, and why. */
export interface Unreadable {
  readonly where: string;
  readonly why: string;
}

/** Which letters are meant. */
export interface Filter {
  readonly ids?: readonly string[];
  readonly code?: string | undefined;
  /** A part of the place, as {@link placeOf} writes it. */
  readonly place?: string | undefined;
  /** Put away since, ms since the epoch. */
  readonly since?: number | undefined;
}

/** A place in words: `db/readings/pump-1`, or `readings/3@1042`. */
export function placeOf({ place }: Letter, short = false): string {
  const { sink, table, key, topic, partition, offset, ...others } = place;
  const more = Object.values(others);
  if (topic !== undefined) return `${topic}/${partition}${short || offset === undefined ? '' : `@${offset}`}`;
  return [sink, table, ...more, ...(short ? [] : [key])].filter((part) => part !== undefined).join('/');
}

/** Reads all letters that are meant, in the order in which they were put away first. @param whole whether with what was refused */
export async function lettersOf(
  letters: DeadLetters,
  { ids = [], code, place, since }: Filter,
  whole: boolean,
): Promise<{ readonly kept: Kept[]; readonly unreadable: Unreadable[] }> {
  const kept = new Map<string, Kept>();
  const unreadable: Unreadable[] = [];
  for await (const found of letters.read()) {
    if ('why' in found) {
      unreadable.push(found);
      continue;
    }
    const { entry, where } = found;
    if (isMark(entry)) {
      const about = kept.get(entry.mark);
      const again = entry.reason === undefined ? {} : { again: entry.reason };
      if (about) kept.set(entry.mark, { ...about, state: entry.outcome, ...again });
      continue;
    }
    const before = kept.get(entry.id);
    const letter = whole ? entry : { ...entry, record: undefined };
    // What a restart reads again does not undo what was done about it.
    const { first = entry.at, times = 0, state = 'waiting', ...rest } = before ?? {};
    kept.set(entry.id, { ...rest, letter, where, first, times: times + 1, state });
  }
  const meant = [...kept.values()].filter(
    ({ letter }) =>
      (ids.length === 0 || ids.some((id) => letter.id.startsWith(id))) &&
      (code === undefined || letter.code === code) &&
      (place === undefined || placeOf(letter).includes(place)) &&
      (since === undefined || Date.parse(letter.at) >= since),
  );
  return { kept: meant, unreadable };
}

export { type Bytes, bufferOf, type Letter, type RawRecord } from '../../ports/letters/letter.js';
