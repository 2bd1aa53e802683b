// Where records are put away that can never be written or taken.

import type { Letter, Mark } from './letters/letter.js';
import type { Entry } from './letters/read.js';

/** Where an entry was read, and what it says; or why what stands there cannot be read. */
export type Found = { readonly where: string } & ({ readonly entry: Entry } | { readonly why: string });

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
