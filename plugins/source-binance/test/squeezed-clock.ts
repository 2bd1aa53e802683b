import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '@quantstream/engine';
import { pause } from './live-helpers.js';

interface Sleeper {
  readonly at: number;
  readonly wake: () => void;
}

/** A clock that jumps to whatever is due next as soon as the sockets are quiet: a day passes in seconds. */
export class SqueezedClock implements Clock {
  private time: number;
  private sleepers: Sleeper[] = [];

  constructor(start: number) {
    this.time = start;
  }

  now(): number {
    return this.time;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const abort = () => {
        this.sleepers = this.sleepers.filter((one) => one !== sleeper);
        reject(signal!.reason);
      };
      const wake = () => {
        signal?.removeEventListener('abort', abort);
        resolve();
      };
      const sleeper = { at: this.time + Math.max(0, ms), wake };
      signal?.addEventListener('abort', abort, { once: true });
      this.sleepers.push(sleeper);
    });
  }

  /**
   * Lets time pass up to `end`.
   * @param pending answers that are on their way: time stands while there are any, for a moment
   */
  async pass(end: number, pending: () => number): Promise<void> {
    while (this.time < end) {
      for (let i = 0; i < 3; i++) await turn();
      for (let i = 0; i < 40 && pending() > 0; i++) await pause(1);
      const next = this.sleepers.reduce((least, { at }) => Math.min(least, at), end);
      this.time = Math.max(this.time, next);
      const due = this.sleepers.filter(({ at }) => at <= this.time);
      this.sleepers = this.sleepers.filter(({ at }) => at > this.time);
      for (const { wake } of due) wake();
    }
  }
}
