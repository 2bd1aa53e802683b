// Opens the state of a half or a partition, and waits for a store that is away.

import { type Clock, type Log, messageOf } from '../api/index.js';

/** Between two attempts, and between two lines of the log that say the same, ms. */
const AGAIN = 1_000;
const SAY_AGAIN = 60_000;

/**
 * Opens a state; a store that cannot be reached is waited for, as sinks are. @param note told what is wrong, and `undefined` once it is not
 * @throws the signal's reason if it aborts first; what else goes wrong
 */
export async function whenThere<T>(
  open: () => Promise<T>,
  { clock, log }: { readonly clock: Clock; readonly log: Log },
  signal: AbortSignal,
  note: (trouble: string | undefined) => void = () => {},
): Promise<T> {
  for (let said = Number.NEGATIVE_INFINITY; ; ) {
    try {
      const opened = await open();
      note(undefined);
      return opened;
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'QS_STORE_AWAY') throw error;
      const message = `the state cannot be opened: ${messageOf(error)}`;
      note(message);
      if (clock.now() - said >= SAY_AGAIN) {
        said = clock.now();
        log.warn({}, `${message}; it is tried again until it can`);
      }
      await clock.sleep(AGAIN, signal).catch(() => signal.throwIfAborted());
    }
  }
}
