import { type ErrorCode, nearest, printable } from '../../api/index.js';
import { withoutPasswords } from './echoed.js';

/** Where a value was written. */
export interface Place {
  /** A path as the user gave it, or `--set`. */
  readonly file: string;
  /** From 1; 0 where there are no lines. */
  readonly line: number;
  readonly column: number;
  /** The text of that line. */
  readonly source: string;
  /** How many characters to underline. */
  readonly width: number;
}

/** One mistake in a pipeline file. */
export interface Problem {
  readonly code: ErrorCode;
  readonly place?: Place;
  /** What was found, what is allowed, what to do. */
  readonly message: string;
}

/** All mistakes of a pipeline file at once; its message is what a user reads. */
export class ConfigError extends Error {
  readonly code: ErrorCode;
  readonly fault = 'user';
  readonly retry = false;
  readonly problems: readonly Problem[];

  constructor(found: readonly Problem[]) {
    const problems = shownOf(found);
    super(problems.map(render).join('\n\n'));
    this.name = 'ConfigError';
    this.code = problems[0]!.code;
    this.problems = problems;
  }
}

/** Most mistakes that are told at once: nobody reads more of them. */
const MOST = 200;

/** Problems without what a terminal would obey, and without passwords, whoever wrote them into the file. */
function shownOf(found: readonly Problem[]): Problem[] {
  // All mistakes of a line that is a whole file would each look through it.
  const lines = new Map<string, string>();
  const lineOf = (source: string): string => {
    const known = lines.get(source);
    if (known !== undefined) return known;
    const line = clean(source);
    lines.set(source, line);
    return line;
  };
  const told = found.slice(0, MOST).map(({ code, place, message }): Problem => {
    const text = message.split('\n').map(clean).join('\n');
    if (!place) return { code, message: text };
    return { code, message: text, place: { ...place, file: clean(place.file), source: lineOf(place.source) } };
  });
  const more = (found.length - told.length).toLocaleString('en');
  return found.length > MOST ? [...told, { code: found[MOST]!.code, message: `… and ${more} more mistakes` }] : told;
}

const clean = (text: string): string => withoutPasswords(text).split('\t').map(printable).join('\t');

/**
 * A problem as text:
 *
 *     pipelines/demo.yaml:7:26: error QS_CONFIG_UNKNOWN_KEY
 *       7 | features: { use: market, wiht: {} }
 *         |                          ^^^^
 *     unknown key "wiht" in features; allowed: use, with. Did you mean "with"?
 */
export function render({ code, place, message }: Problem): string {
  if (!place) return `error ${code}\n${message}`;
  if (place.line === 0) return `${place.file}: error ${code}\n${message}`;
  const number = String(place.line);
  // A long line is cut around the place; tabs keep their width under the caret.
  const from = Math.max(0, place.column - 1 - 60);
  const text = place.source.slice(from, from + 120);
  const lead = text.slice(0, place.column - 1 - from).replace(/[^\t]/g, ' ');
  const carets = '^'.repeat(Math.max(1, Math.min(place.width, text.length - lead.length)));
  return [
    `${place.file}:${place.line}:${place.column}: error ${code}`,
    `  ${number} | ${text}`,
    `  ${' '.repeat(number.length)} | ${lead}${carets}`,
    message,
  ].join('\n');
}

/** ` Did you mean "x"?`, or nothing. */
export function suggestion(name: string, valid: readonly string[]): string {
  const near = nearest(name, valid);
  return near === undefined ? '' : ` Did you mean "${near}"?`;
}
