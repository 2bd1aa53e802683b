// What commands say to whoever called them.

import { isNamed, messageOf } from '../api/index.js';

export const OK = 0;
export const FAILED = 1;
export const BAD_CONFIGURATION = 2;
/** A run ended well, and yet there is something that people should look at. */
export const LOOK_AT_IT = 3;

export const print = (text: string): void => void process.stdout.write(`${text}\n`);
export const printJson = (value: unknown): void => print(JSON.stringify(value, null, 2));

/** Says on standard error what went wrong: problems with their places, our own errors with their code, anything else with its stack. */
export function complain(error: unknown): void {
  const { problems } = error as { problems?: unknown };
  const said = problems
    ? messageOf(error)
    : isNamed(error)
      ? `error ${error.code}\n${messageOf(error)}`
      : ((error as Error).stack ?? error);
  process.stderr.write(`${said}\n`);
}
