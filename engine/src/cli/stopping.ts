// When somebody asks this process to end.

import { FAILED } from './output.js';

/** Ctrl-C, a polite kill, and a terminal that closes: on Windows its window, some ten seconds before the system ends the process. */
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Calls `stop` when this process is asked to end, in place of its end. Asked once more, it ends at once, with 1.
 * @param but a signal that asks for something else
 * @returns undoes it
 */
export function onStop(stop: (signal: NodeJS.Signals) => void, but?: NodeJS.Signals): () => void {
  const signals = SIGNALS.filter((signal) => signal !== but);
  let asked = false;
  const onSignal = (signal: NodeJS.Signals) => {
    if (asked) process.exit(FAILED);
    asked = true;
    stop(signal);
  };
  for (const signal of signals) process.on(signal, onSignal);
  return () => {
    for (const signal of signals) process.off(signal, onSignal);
  };
}
