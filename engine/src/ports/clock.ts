// Time as the core sees it: the real clock, and one that tests move.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Clock } from '../api/index.js';

/** The real clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) => sleep(ms, undefined, signal ? { signal } : {}),
};

/** A clock for tests that only moves when it is told to. */
export class ManualClock implements Clock {
  private time: number;
  private sleepers: { at: number; wake: () => void }[] = [];
  constructor(start = 0) {
    this.time = start;
  }
  now(): number {
    return this.time;
  }
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const abort = () => reject(signal!.reason);
      signal?.addEventListener('abort', abort, { once: true });
      const wake = () => {
        signal?.removeEventListener('abort', abort);
        resolve();
      };
      this.sleepers.push({ at: this.time + ms, wake });
    });
  }
  /** Moves time on and wakes whoever is due. */
  tick(ms: number): void {
    this.time += ms;
    const due = this.sleepers.filter((sleeper) => sleeper.at <= this.time);
    this.sleepers = this.sleepers.filter((sleeper) => sleeper.at > this.time);
    for (const sleeper of due) sleeper.wake();
  }
}
