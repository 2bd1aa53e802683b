// Laws as sentences, each with a check that looks for the first thing that breaks it.

import { setImmediate as turn } from 'node:timers/promises';
import { describe, it } from 'vitest';
import { messageOf } from '../api/index.js';

/** Looks for the first thing that breaks a law, and says what it is. */
export type Law<Trial> = (trial: Trial) => string | undefined | Promise<string | undefined>;
/** Laws by the sentence that is the name of their test. */
export type Laws<Trial> = Readonly<Record<string, Law<Trial>>>;

/** What breaks a law first; what is thrown breaks it as well, and so does a promise whose failure nobody hears of. */
export async function offender<Trial>(law: Law<Trial>, trial: Trial): Promise<string | undefined> {
  const others = process.listeners('unhandledRejection');
  let unheard: string | undefined;
  process.removeAllListeners('unhandledRejection');
  process.on('unhandledRejection', (error) => {
    unheard ??= `a promise was not waited for, and nobody heard that it failed: ${messageOf(error)}`;
  });
  try {
    const found = await law(trial);
    // Node tells of promises once their turn is over.
    await turn();
    return found ?? unheard;
  } catch (error) {
    return unheard ?? `it threw: ${messageOf(error)}`;
  } finally {
    process.removeAllListeners('unhandledRejection');
    for (const listener of others) process.on('unhandledRejection', listener);
  }
}

/** A test for each law. */
export function holdTo<Trial>(name: string, kind: string, laws: Laws<Trial>, trial: Trial, timeoutMs?: number): void {
  describe(`${name}: laws of a ${kind} plugin`, () => {
    it.each(Object.entries(laws))(
      '%s',
      async (sentence, law) => {
        const found = await offender(law, trial);
        if (found !== undefined) throw new Error(`${name} breaks the law "${sentence}": ${found}`);
      },
      timeoutMs,
    );
  });
}

/** What something comes to within so many ms, or `undefined`. */
export async function within<T>(ms: number, work: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, ms, undefined);
  });
  try {
    return await Promise.race([work, over]);
  } finally {
    clearTimeout(timer);
  }
}

/** Whether a schema lets a key pass that it does not know. */
export function unknownKeyPasses(schema: { parse(raw: unknown): unknown }, config: unknown): string | undefined {
  if (typeof config !== 'object' || config === null) return undefined;
  try {
    schema.parse({ ...config, no_such_option: 1 });
  } catch {
    return undefined;
  }
  return 'the schema takes no_such_option: 1; z.strictObject refuses it';
}

/** Runs something in another century and with other random numbers. It must not wait. */
export function elsewhere<T>(work: () => T): T {
  const { Date: ours, performance: watch } = globalThis;
  const { random } = Math;
  const now = () => ours.UTC(2101, 1, 3, 4, 5, 6, 7);
  const theirs = class extends ours {
    static override now = now;
    constructor(...given: []) {
      super(...((given.length === 0 ? [now()] : given) as []));
    }
  };
  globalThis.Date = theirs as DateConstructor;
  globalThis.performance = Object.assign(Object.create(watch), { now: () => 1e9 }) as typeof watch;
  let drawn = 0;
  Math.random = () => (++drawn * 0.618_033_988_75) % 1;
  try {
    return work();
  } finally {
    globalThis.Date = ours;
    globalThis.performance = watch;
    Math.random = random;
  }
}
