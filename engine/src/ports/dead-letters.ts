import type { DeadLetter } from '../api/index.js';

/** Where records go that can never be written. */
export interface DeadLetters {
  /** Resolves once the letter is safe. */
  put(part: string, letter: DeadLetter): Promise<void>;
  close(): Promise<void>;
}

/** Dead letters for tests. */
export class MemoryDeadLetters implements DeadLetters {
  readonly letters: (DeadLetter & { part: string })[] = [];
  async put(part: string, letter: DeadLetter): Promise<void> {
    this.letters.push({ ...letter, part });
  }
  async close(): Promise<void> {}
}
