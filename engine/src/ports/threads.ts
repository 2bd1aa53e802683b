// Threads beside this one, and how they are spoken with.

/** What is sent along without being copied. */
export type Handed = readonly ArrayBuffer[];

/** One end of what connects two threads: either side asks, and answers what it is asked. */
export interface Line {
  /** @throws what the other side throws, by its code; QS_THREAD_FAILED once it is gone */
  ask(question: unknown, handed?: Handed): Promise<unknown>;
  /** Says something that is not answered. */
  tell(news: unknown): void;
  /** Answers from now on. What is told is handed to it as well. */
  answer(answerer: (question: unknown) => unknown): void;
}

/** The threads of a pipeline. */
export interface Threads {
  readonly lines: readonly Line[];
  close(): Promise<void>;
}
