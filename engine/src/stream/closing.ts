// Closes what may hang, within a time.

import { type Clock, type Log, messageOf } from '../api/index.js';

/** How long a source, a broker or the sinks may take to close, ms: when told to stop, and at the end of a recording. */
export const CLOSE_STOPPED = 1_500;
export const CLOSE_FINISHED = 30_000;

export interface ClosingParts {
  readonly clock: Clock;
  readonly log: Log;
}

/** Waits for something to end, but not for ever: what hangs or throws is logged and left behind. */
export async function endWithin(ms: number, what: string, { clock, log }: ClosingParts, action: () => unknown): Promise<void> {
  const done = new AbortController();
  const late = clock.sleep(ms, done.signal).then(
    () => log.warn({}, `${what} did not close within ${ms} ms and is left behind`),
    () => {},
  );
  const closed = (async () => {
    try {
      await action();
    } catch (error) {
      log.warn({}, `${what} did not close: ${messageOf(error)}`);
    }
  })();
  await Promise.race([closed, late]);
  done.abort(new Error('closed'));
}
