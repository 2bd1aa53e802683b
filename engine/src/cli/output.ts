// What commands say to whoever called them.

import { isNamed, messageOf, printable } from '../api/index.js';

export const OK = 0;
export const FAILED = 1;
export const BAD_CONFIGURATION = 2;
/** A run ended well, and yet there is something that people should look at. */
export const LOOK_AT_IT = 3;

/** Text for people. Keys and reasons come from outside: what a terminal would obey is shown and not sent. */
export const print = (text: string): void => void process.stdout.write(`${safe(text)}\n`);

/** The same on standard error. */
export const printError = (text: string): void => void process.stderr.write(`${safe(text)}\n`);

/** Text for people with colours of our own. */
export const printColoured = (text: string): void =>
  void process.stdout.write(
    `${text
      .split(COLOUR)
      .map((part, i) => (i % 2 ? part : safe(part)))
      .join('')}\n`,
  );

/** JSON for machines, which has no control characters but those beyond ASCII. */
export const printData = (json: string): void =>
  void process.stdout.write(`${json.replace(/[\u007f-\u009f]/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`)}\n`);
export const printJson = (value: unknown): void => printData(JSON.stringify(value, null, 2));

// biome-ignore lint/suspicious/noControlCharactersInRegex: colours are made of them
const COLOUR = /(\u001b\[\d+m)/;
const safe = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.split('\t').map(printable).join('\t'))
    .join('\n');

/** Exit code 2 for what the user can mend in files and arguments, 1 for what went wrong while running. */
export function exitCodeOf(error: unknown): number {
  const { code, fault } = error as { code?: unknown; fault?: unknown };
  if (typeof code === 'string' && code.startsWith('commander.'))
    return (error as { exitCode: number }).exitCode === 0 ? OK : BAD_CONFIGURATION;
  return fault === 'user' ? BAD_CONFIGURATION : FAILED;
}

/**
 * Says on standard error what went wrong: problems with their places, our own errors with their code, anything else with its stack.
 * @param pipeline where there are several
 */
export function complain(error: unknown, pipeline?: string): void {
  const { problems } = error as { problems?: unknown };
  const said = problems
    ? messageOf(error)
    : isNamed(error)
      ? `error ${error.code}\n${messageOf(error)}`
      : ((error as Error).stack ?? error);
  printError(pipeline === undefined ? String(said) : `${pipeline}: ${said}`);
}
