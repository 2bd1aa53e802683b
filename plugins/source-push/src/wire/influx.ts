// Influx line protocol. https://docs.influxdata.com/influxdb/v2/reference/syntax/line-protocol/

import type { Directory, Samples } from './intake.js';

const [TAB, NEWLINE, SPACE, QUOTE, COMMA, EQUALS, BACKSLASH] = [9, 10, 32, 34, 44, 61, 92];
/** How many ms a unit of a time is: what `precision` says; nanoseconds by default. */
export const PRECISIONS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  n: 1e-6,
  us: 1e-3,
  u: 1e-3,
  µ: 1e-3,
  ms: 1,
  s: 1e3,
  m: 60e3,
  h: 3_600e3,
};

/** A text in quotes goes on for so many characters beyond its line, at most. */
const LONGEST_TEXT = 65_536;
/** What of a line is shown when it is complained of. */
const SHOWN = 80;

/**
 * Reads lines; those that are none are refused one by one. A field is the metric `measurement.field`, its tags are the labels.
 * @param now what stands for the time of a line that has none, ms since the epoch
 * @param scale ms in a unit of the times
 */
export function readLines<Series>(
  bytes: Buffer,
  now: number,
  scale: number,
  directory: Directory<Series>,
  out: Samples<Series>,
): void {
  const text = bytes.toString('utf8');
  for (let at = 0; at < text.length; ) {
    const end = lineEnd(text, at);
    const line = text.slice(at, end).trim();
    at = end + 1;
    if (line === '' || line.startsWith('#')) continue;
    const wrong = readLine(line, now, scale, directory, out);
    if (wrong !== undefined) out.refuse('bad_line', `${wrong}: ${line.slice(0, SHOWN)}`);
  }
}

/** Where a line ends: texts in quotes may hold line breaks. */
function lineEnd(text: string, from: number): number {
  const plain = text.indexOf('\n', from);
  const end = plain < 0 ? text.length : plain;
  if (!text.slice(from, end).includes('"')) return end;
  let quoted = false;
  const most = Math.min(text.length, end + LONGEST_TEXT);
  for (let at = from; at < most; at++) {
    const code = text.charCodeAt(at);
    if (code === BACKSLASH) at++;
    else if (code === QUOTE) quoted = !quoted;
    else if (code === NEWLINE && !quoted) return at;
  }
  // A quote that is never closed costs its own line only; at the end of the body all is said.
  return quoted || most < text.length ? end : text.length;
}

/** @returns what is wrong with it */
function readLine<Series>(
  line: string,
  now: number,
  scale: number,
  directory: Directory<Series>,
  out: Samples<Series>,
): string | undefined {
  const series = closing(line, 0, SPACE);
  if (series <= 0) return 'expected a measurement, a space and fields';
  const fields = closing(line, skipped(line, series), SPACE, true);
  const stamp = line.slice(fields).trim();
  let time = now;
  if (stamp !== '') {
    if (!/^-?\d+$/.test(stamp)) return 'the time is no whole number';
    time = Number(stamp) * scale;
  }
  const [measurement = '', ...tags] = split(line.slice(0, series));
  const labels = new Map<string, string>();
  for (const tag of tags) {
    const equals = closing(tag, 0, EQUALS);
    if (equals <= 0 || equals >= tag.length - 1) return 'a tag is not name=value';
    labels.set(plain(tag.slice(0, equals)), plain(tag.slice(equals + 1)));
  }
  const given = split(line.slice(skipped(line, series), fields), true);
  const found: [string, number][] = [];
  for (const field of given) {
    const equals = closing(field, 0, EQUALS);
    if (equals <= 0) return 'a field is not name=value';
    const value = valueIn(field.slice(equals + 1));
    if (value === undefined) return 'the value of a field is none';
    if (value !== null) found.push([`${plain(measurement)}.${plain(field.slice(0, equals))}`, value]);
  }
  const tagged = JSON.stringify([...labels]);
  for (const [metric, value] of found) {
    if (!directory.wants(metric)) {
      out.leaveOut(metric);
      continue;
    }
    const identity = `${metric}\n${tagged}`;
    let one = directory.find(identity);
    if (one === undefined) one = directory.make(identity, metric, labels);
    if (one === null) out.leaveOut(metric);
    else if (one) out.add(one, time, value);
  }
  return undefined;
}

/** Where a character stands from `at` on that is neither escaped nor, if asked, in quotes; the length where it does not. */
function closing(text: string, at: number, code: number, quotes = false): number {
  let quoted = false;
  for (let i = at; i < text.length; i++) {
    const found = text.charCodeAt(i);
    if (found === BACKSLASH) i++;
    else if (quotes && found === QUOTE) quoted = !quoted;
    else if (found === code && !quoted) return i;
  }
  return text.length;
}

function skipped(text: string, at: number): number {
  let to = at;
  while (text.charCodeAt(to) === SPACE || text.charCodeAt(to) === TAB) to++;
  return to;
}

/** Parts between commas. */
function split(text: string, quotes = false): string[] {
  const parts: string[] = [];
  for (let at = 0; at <= text.length; ) {
    const end = closing(text, at, COMMA, quotes);
    parts.push(text.slice(at, end));
    at = end + 1;
  }
  return parts;
}

const plain = (text: string) => (text.includes('\\') ? text.replaceAll(/\\([,= \\])/g, '$1') : text);

/** A number, `null` for a text, `undefined` for what is neither. */
function valueIn(text: string): number | null | undefined {
  if (text.charCodeAt(0) === QUOTE) return text.length > 1 && text.endsWith('"') ? null : undefined;
  if (/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?[iu]?$/i.test(text)) return Number(text.replace(/[iu]$/, ''));
  if (/^(t|true)$/i.test(text)) return 1;
  return /^(f|false)$/i.test(text) ? 0 : undefined;
}
