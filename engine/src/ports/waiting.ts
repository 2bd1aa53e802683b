// Waits for something, but not beyond an end that may come.

/**
 * A promise that gives up when the signal aborts: what hangs cannot hold a shutdown. Nothing of it stays with the signal once the promise
 * is settled, unlike a race against a promise that lives as long as the run.
 */
export function orAbort<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}
