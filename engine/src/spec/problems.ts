import type { ErrorCode } from '../api/index.js';

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

  constructor(problems: readonly Problem[]) {
    super(problems.map(render).join('\n\n'));
    this.name = 'ConfigError';
    this.code = problems[0]!.code;
    this.problems = problems;
  }
}

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

/** The valid name that a misspelt one is closest to, if any is close. */
export function nearest(name: string, valid: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = Math.max(1, Math.floor(name.length / 3)) + 1;
  for (const candidate of valid) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

/** ` Did you mean "x"?`, or nothing. */
export function suggestion(name: string, valid: readonly string[]): string {
  const near = nearest(name, valid);
  return near === undefined ? '' : ` Did you mean "${near}"?`;
}

/** Damerau–Levenshtein (optimal string alignment): insertions, deletions, substitutions and swaps of neighbours. */
function editDistance(a: string, b: string): number {
  const rows = Array.from({ length: a.length + 1 }, (_, i) => [i, ...new Array<number>(b.length).fill(0)]);
  for (let j = 0; j <= b.length; j++) rows[0]![j] = j;
  for (let i = 1; i <= a.length; i++) {
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      let cost = Math.min(rows[i - 1]![j]! + 1, rows[i]![j - 1]! + 1, rows[i - 1]![j - 1]! + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) cost = Math.min(cost, rows[i - 2]![j - 2]! + 1);
      rows[i]![j] = cost;
    }
  }
  return rows[a.length]![b.length]!;
}
