// A state that cannot be saved for now: tried again, said, and seen in /ready.

import { type Clock, isNamed, type Log, QuantStreamError } from '../api/index.js';
import { orAbort } from '../ports/waiting.js';

/** Between two lines of the log that say the same, ms. */
const AGAIN = 60_000;
/** Between two attempts to save the state before a run ends, ms. */
const RETRY = 500;

/**
 * Keeps a run going while its state cannot be saved. Rows are judged and delivered as before, as long as the keys that they need are in
 * memory and there is room for them: what was not saved is judged again after a restart, with the same ids. Only errors that may pass are
 * taken that way.
 */
export class Unsaved {
  private unsaved: string | undefined;
  private lacking: string | undefined;
  private readonly clock: Clock;
  private readonly log: Log;
  private said = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, log: Log) {
    this.clock = clock;
    this.log = log;
  }

  /** What is wrong, since when; `undefined` while nothing is. */
  get trouble(): string | undefined {
    return this.lacking ?? this.unsaved;
  }

  /**
   * Does what nothing goes on without: until then everything waits, as for a sink that does not accept.
   * @throws the signal's reason if it aborts first
   */
  async needed<T>(action: () => Promise<T>, signal: AbortSignal): Promise<T> {
    for (;;) {
      try {
        const result = await orAbort(action(), signal);
        if (this.lacking !== undefined) this.log.info({}, 'the state can be used again');
        this.lacking = undefined;
        return result;
      } catch (error) {
        if (!mayPass(error)) throw error;
        signal.throwIfAborted();
        const message = `nothing is judged until the state can be used: ${error.message}`;
        if (this.lacking === undefined) this.log.error({}, message);
        this.lacking = message;
        await this.clock.sleep(RETRY, signal).catch(() => signal.throwIfAborted());
      }
    }
  }

  /** Saves, or takes note that it cannot be done now. @returns whether it was done */
  async attempt(save: () => void | Promise<void>): Promise<boolean> {
    try {
      await save();
    } catch (error) {
      if (!mayPass(error)) throw error;
      this.note(error.message);
      return false;
    }
    if (this.unsaved !== undefined) this.log.info({}, 'the state is saved again');
    this.unsaved = undefined;
    this.said = Number.NEGATIVE_INFINITY;
    return true;
  }

  /** Saves before the end of a run: tries again for a while, then fails. */
  async insist(save: () => void | Promise<void>, forMs: number, given: AbortSignal): Promise<void> {
    const until = this.clock.now() + forMs;
    while (this.clock.now() < until && !given.aborted) {
      if (await this.attempt(save)) return;
      await this.clock.sleep(RETRY, given).catch(() => {});
    }
    try {
      await save();
    } catch (error) {
      if (!mayPass(error)) throw error;
      const message = `${error.message}; the next start judges again what came since the last checkpoint`;
      throw new QuantStreamError(error.code, message, { cause: error, retry: true });
    }
  }

  /** Does something that is as well done later. */
  async tolerate(action: () => void | Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      if (!mayPass(error)) throw error;
      this.note(error.message);
    }
  }

  private note(message: string): void {
    const now = this.clock.now();
    this.unsaved ??= `the state is not saved since ${new Date(now).toISOString()}: ${message}`;
    if (now - this.said < AGAIN) return;
    this.said = now;
    this.log.error(
      {},
      `the state cannot be saved: ${message}. Rows are judged and delivered as before; a restart would judge again what came since the last checkpoint`,
    );
  }
}

const mayPass = (error: unknown): error is QuantStreamError => isNamed(error) && error.retry;
