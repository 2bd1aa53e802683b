// The text that exporters expose: Prometheus 0.0.4 and OpenMetrics 1.0, a line a sample.
// https://prometheus.io/docs/instrumenting/exposition_formats/, https://prometheus.io/docs/specs/om/open_metrics_spec/

/** One sample; labels are read when they are asked for. */
export interface Found {
  readonly metric: string;
  /** As it stands in the text: name and labels. */
  readonly series: string;
  readonly value: number;
  labels(): ReadonlyMap<string, string> | undefined;
}

const [QUOTE, BACKSLASH, OPEN, CLOSE, SPACE, TAB, HASH] = [34, 92, 123, 125, 32, 9, 35];

/** An OpenMetrics text says that it is whole. */
export const isWhole = (text: string): boolean => /(^|\n)# EOF\n?$/.test(text);

/**
 * The samples of a text, of metrics that are wanted.
 * @param refuse told of lines that are none, with what is wrong with them
 */
export function readExposition(
  text: string,
  wants: (metric: string) => boolean,
  take: (found: Found) => void,
  refuse: (line: number, why: string) => void,
): void {
  let line = 0;
  for (let at = 0; at < text.length; ) {
    line++;
    let end = text.indexOf('\n', at);
    if (end < 0) end = text.length;
    const start = blanks(text, at, end);
    if (start < end && text.charCodeAt(start) !== HASH && text.charCodeAt(start) !== 13) {
      const why = sample(text, start, text.charCodeAt(end - 1) === 13 ? end - 1 : end, wants, take);
      if (why !== undefined) refuse(line, why);
    }
    at = end + 1;
  }
}

function sample(text: string, start: number, end: number, wants: (metric: string) => boolean, take: (found: Found) => void) {
  let at = start;
  while (at < end && !isBlank(text.charCodeAt(at)) && text.charCodeAt(at) !== OPEN) at++;
  let metric = text.slice(start, at);
  let close = at;
  at = blanks(text, at, end);
  const open = text.charCodeAt(at) === OPEN ? at : -1;
  if (open >= 0) {
    close = closing(text, open, end);
    if (close < 0) return 'its labels have no end';
    // Names of other characters stand within the braces, quoted.
    if (metric === '') metric = quotedName(text.slice(open + 1, close)) ?? '';
    close++;
    at = close;
  }
  if (metric === '') return 'it has no name';
  if (!wants(metric)) return undefined;
  at = blanks(text, at, end);
  let stop = at;
  while (stop < end && !isBlank(text.charCodeAt(stop))) stop++;
  const value = numberOf(text.slice(at, stop));
  if (value === undefined) return `its value is ${JSON.stringify(text.slice(at, Math.min(stop, at + 40)))}`;
  const rest = text.slice(stop, end).trim();
  if (rest !== '' && !/^[+-]?[\d.]/.test(rest) && !rest.startsWith('#')) return 'something stands behind its value';
  const within = open < 0 ? '' : text.slice(open + 1, close - 1);
  const series = text.slice(start, close);
  const labels = () => labelsOf(within);
  take({ metric, series, value, labels });
  return undefined;
}

const isBlank = (code: number) => code === SPACE || code === TAB;

function blanks(text: string, from: number, end: number): number {
  let at = from;
  while (at < end && isBlank(text.charCodeAt(at))) at++;
  return at;
}

/** The brace that closes the one at `from`; −1 where there is none in the line. */
function closing(text: string, from: number, end: number): number {
  let quoted = false;
  for (let i = from + 1; i < end; i++) {
    const code = text.charCodeAt(i);
    if (code === BACKSLASH && quoted) i++;
    else if (code === QUOTE) quoted = !quoted;
    else if (code === CLOSE && !quoted) return i;
  }
  return -1;
}

const QUOTED = /^\s*"((?:[^"\\]|\\.)*)"\s*(?:,|$)/s;
const LABEL = /\s*(?:([^\s=,"{}]+)|"((?:[^"\\]|\\.)*)")\s*=\s*"((?:[^"\\]|\\.)*)"\s*(?:,|$)/sy;

const quotedName = (within: string) => {
  const found = QUOTED.exec(within)?.[1];
  return found === undefined ? undefined : plain(found);
};

/** @returns `undefined` where they are none */
function labelsOf(within: string): Map<string, string> | undefined {
  const labels = new Map<string, string>();
  const named = QUOTED.exec(within);
  LABEL.lastIndex = named ? named[0].length : 0;
  while (LABEL.lastIndex < within.length) {
    const from = LABEL.lastIndex;
    const match = LABEL.exec(within);
    if (!match) return within.slice(from).trim() === '' ? labels : undefined;
    labels.set(match[1] ?? plain(match[2]!), plain(match[3]!));
  }
  return labels;
}

const plain = (text: string): string =>
  text.includes('\\') ? text.replaceAll(/\\(.)/gs, (_, one: string) => (one === 'n' ? '\n' : one)) : text;

/** As Go's ParseFloat takes them. @returns `undefined` where it is none */
function numberOf(text: string): number | undefined {
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text)) return Number(text);
  if (/^nan$/i.test(text)) return Number.NaN;
  const infinite = /^([+-]?)inf(inity)?$/i.exec(text);
  if (infinite) return infinite[1] === '-' ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return undefined;
}
