// Who is answered when: at once, or when a checkpoint holds what was pushed.

import type { Push } from './push.js';

/** The pushes that wait for a checkpoint; without one they are answered at once. */
export class Answers {
  private readonly atOnce: boolean;
  private readonly waiting = new Set<Push>();
  /** What the last checkpoint holds, by number. */
  private committed = 0;

  constructor(atOnce: boolean) {
    this.atOnce = atOnce;
  }

  await(push: Push): void {
    if (this.atOnce) push.settle(true);
    else this.waiting.add(push);
  }

  /** A checkpoint holds everything up to a number. */
  commit(number: number): void {
    this.committed = number;
  }

  /** Answers those all of which is safe. @param whole those that wait for no more samples; what is answered is taken out */
  give(whole: Push[]): void {
    let left = 0;
    if (!this.atOnce)
      for (const push of whole) {
        if (push.upTo > this.committed) whole[left++] = push;
        else {
          push.settle(true);
          this.waiting.delete(push);
        }
      }
    whole.length = left;
  }

  /** Tells all that wait to come again. */
  end(): void {
    for (const push of this.waiting) push.settle(false);
    this.waiting.clear();
  }
}
