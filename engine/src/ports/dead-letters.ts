// Where records are put away that can never be written or taken.

import { messageOf } from '../api/index.js';
import type { Letter, Mark } from './letters/letter.js';
import type { Entry } from './letters/read.js';

/** Where an entry was read, and what it says; or why what stands there cannot be read. */
export type Found = { readonly where: string } & ({ readonly entry: Entry } | { readonly why: string });

/** What stands somewhere, or why it cannot be read. */
export function foundAt(where: string, read: () => Entry): Found {
  try {
    return { where, entry: read() };
  } catch (error) {
    return { where, why: messageOf(error) };
  }
}

/** Where letters are kept, in order: they are put behind each other, and marks behind them. */
export interface DeadLetters {
  /** Resolves once it is safe. */
  put(entry: Letter | Mark): Promise<void>;
  /** Everything that is there by now. */
  read(): AsyncIterable<Found>;
  /** For people. */
  readonly place: string;
  close(): Promise<void>;
}
