// Reads labels: JSON lines, windows by key, faults of a recording, CSV.

import { messageOf, QuantStreamError } from '../api/index.js';
import type { Ignored, Label } from './series.js';

export type LabelFormat = 'json lines' | 'windows' | 'faults' | 'csv';

/** What a label file says. */
export interface LabelFile {
  readonly format: LabelFormat;
  readonly labels: readonly Label[];
  readonly ignored: readonly Ignored[];
}

/**
 * Reads labels in any of four formats, told apart by their beginning:
 * JSON lines `{"key", "kind", "from", "to", "magnitude", "columns", "topics"}`; an object of windows by key `{"folder/file.csv": [["2014-02-26 22:05:00", …]]}`
 * (the Numenta Anomaly Benchmark); an object with `faults` (one recording, onsets in µs); CSV with the columns key, kind, from, to.
 * Times are ms since the epoch or ISO, in UTC unless they say otherwise.
 * @param file named in errors
 * @throws QS_CONFIG_VALUE with file and line
 */
export function parseLabels(text: string, file: string): LabelFile {
  const content = text.replace(/^\uFEFF/, '');
  const whole = content.trimStart().startsWith('{') ? tryJson(content) : undefined;
  if (whole !== undefined && Array.isArray((whole as { faults?: unknown }).faults))
    return parseFaults(whole as unknown as Faults, file);
  if (whole !== undefined && !('from' in whole)) return parseWindows(whole, content, file);
  const first = content.trimStart()[0];
  if (first === '{' || first === undefined) return { format: 'json lines', labels: parseLines(content, file), ignored: [] };
  return { format: 'csv', labels: parseCsv(content, file), ignored: [] };
}

function tryJson(text: string): Record<string, unknown> | undefined {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return undefined;
  }
}

function refuse(file: string, line: number, found: string, expected: string): QuantStreamError {
  return new QuantStreamError('QS_CONFIG_VALUE', `${file}:${line}: found ${found}, expected ${expected}`);
}

const TIME = 'a time: ms since the epoch, or ISO such as 2024-08-08T12:00:00Z';

/** ms since the epoch. ISO without a zone is UTC: what a label means must not depend on where it is read. */
function timeOf(value: unknown): number | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? value : undefined;
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  if (/^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  if (!/^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/.test(text)) return undefined;
  const zoned = /(Z|[+-]\d{2}:?\d{2})$/.test(text.slice(10)) || text.length === 10;
  const ms = Date.parse(`${text.replace(' ', 'T')}${zoned ? '' : 'Z'}`);
  return Number.isNaN(ms) ? undefined : ms;
}

interface Raw {
  readonly key?: unknown;
  readonly kind?: unknown;
  readonly from?: unknown;
  readonly to?: unknown;
  readonly magnitude?: unknown;
  readonly columns?: unknown;
  readonly topics?: unknown;
}

function labelOf(raw: Raw, file: string, line: number): Label {
  const show = (value: unknown) => (value === undefined ? 'nothing' : JSON.stringify(value));
  if (typeof raw.key !== 'string' || raw.key === '') throw refuse(file, line, `${show(raw.key)} as key`, 'the key of the rows');
  const kind = raw.kind === undefined || raw.kind === '' ? 'anomaly' : raw.kind;
  if (typeof kind !== 'string') throw refuse(file, line, `${show(raw.kind)} as kind`, 'a word');
  const [from, to] = [timeOf(raw.from), timeOf(raw.to)];
  if (from === undefined) throw refuse(file, line, `${show(raw.from)} as from`, TIME);
  if (to === undefined) throw refuse(file, line, `${show(raw.to)} as to`, TIME);
  if (to < from) throw refuse(file, line, `an end (${show(raw.to)}) before its start (${show(raw.from)})`, 'from ≤ to');
  const { magnitude, columns, topics } = raw;
  const isNames = (value: unknown) => Array.isArray(value) && value.every((name) => typeof name === 'string');
  if (columns !== undefined && !isNames(columns))
    throw refuse(file, line, `${show(columns)} as columns`, 'a list of names of columns');
  if (topics !== undefined && !isNames(topics))
    throw refuse(file, line, `${show(topics)} as topics`, 'a list of names of topics or of their subsystems');
  return {
    key: raw.key,
    kind,
    from,
    to,
    ...(typeof magnitude === 'number' ? { magnitude } : {}),
    ...(columns === undefined ? {} : { columns: columns as string[] }),
    ...(topics === undefined ? {} : { topics: topics as string[] }),
  };
}

function parseLines(content: string, file: string): Label[] {
  return content.split('\n').flatMap((text, i) => {
    if (text.trim() === '') return [];
    let raw: unknown;
    try {
      raw = JSON.parse(text);
    } catch (error) {
      throw refuse(
        file,
        i + 1,
        `${JSON.stringify(text.trim().slice(0, 60))} (${messageOf(error)})`,
        'a JSON object in each line',
      );
    }
    if (typeof raw !== 'object' || raw === null || Array.isArray(raw))
      throw refuse(file, i + 1, JSON.stringify(raw), '{"key", "kind", "from", "to"}');
    const label = labelOf(raw, file, i + 1);
    // What a person called normal (engine labels --only all) is no event.
    return label.kind === 'normal' ? [] : [label];
  });
}

/** The line of the n-th time that a text stands in the file: JSON has lost its lines. */
function lineOf(content: string, text: string): number {
  const at = content.indexOf(text);
  return at < 0 ? 1 : content.slice(0, at).split('\n').length;
}

function parseWindows(whole: Record<string, unknown>, content: string, file: string): LabelFile {
  const expected = 'lists of windows by key: {"folder/file.csv": [["2014-02-26 22:05:00", "2014-02-27 00:00:00"]]}';
  const labels = Object.entries(whole).flatMap(([key, windows]) => {
    const line = lineOf(content, JSON.stringify(key));
    if (!Array.isArray(windows)) throw refuse(file, line, `${JSON.stringify(windows)?.slice(0, 60)} under "${key}"`, expected);
    return windows.map((window: unknown) => {
      if (!Array.isArray(window) || window.length !== 2)
        throw refuse(file, line, `${JSON.stringify(window)?.slice(0, 60)} as a window of "${key}"`, 'two times');
      const at = typeof window[0] === 'string' ? lineOf(content, JSON.stringify(window[0])) : line;
      return labelOf({ key, kind: 'anomaly', from: window[0], to: window[1] }, file, at);
    });
  });
  return { format: 'windows', labels, ignored: [] };
}

interface Faults {
  readonly file?: unknown;
  readonly faults: readonly Record<string, unknown>[];
  readonly flight?: Record<string, unknown>;
  readonly time?: Record<string, unknown>;
}

/** One recording with its faults: what comes behind a fault, and what is not in the air, says nothing. */
function parseFaults({ file: recording, faults, flight, time }: Faults, file: string): LabelFile {
  const key = typeof recording === 'string' ? recording : file;
  const number = (value: unknown, name: string) => {
    if (typeof value !== 'number') throw refuse(file, 1, `${JSON.stringify(value) ?? 'nothing'} as ${name}`, 'a number');
    return value;
  };
  const ignored: Ignored[] = [];
  const start = typeof time?.start_unix_us === 'number' ? time.start_unix_us / 1_000 : undefined;
  const labels = faults.map((fault, i) => {
    const from = number(fault.onset_unix_us, `faults[${i}].onset_unix_us`) / 1_000;
    const to = number(fault.end_unix_us, `faults[${i}].end_unix_us`) / 1_000;
    const after = fault.after_effects_until_boot_ms;
    if (typeof after === 'number' && start !== undefined && start + after > to)
      ignored.push({ key, from: to, to: start + after });
    return labelOf({ key, kind: fault.type, from, to, topics: fault.topics }, file, 1);
  });
  if (start !== undefined && typeof flight?.takeoff_alt_reached_boot_ms === 'number')
    ignored.push({ key, from: Number.NEGATIVE_INFINITY, to: start + flight.takeoff_alt_reached_boot_ms });
  if (start !== undefined && typeof flight?.disarmed_boot_ms === 'number')
    ignored.push({ key, from: start + flight.disarmed_boot_ms, to: Number.POSITIVE_INFINITY });
  return { format: 'faults', labels, ignored };
}

function parseCsv(content: string, file: string): Label[] {
  const [head, ...lines] = content.split('\n');
  const names = head!.split(',').map((name) => name.trim().toLowerCase());
  for (const name of ['key', 'from', 'to'])
    if (!names.includes(name)) throw refuse(file, 1, JSON.stringify(head!.trim().slice(0, 80)), 'the columns key,kind,from,to');
  return lines.flatMap((text, i) => {
    if (text.trim() === '') return [];
    const cells = text.split(',').map((cell) => cell.trim().replace(/^"(.*)"$/, '$1'));
    if (cells.length !== names.length)
      throw refuse(file, i + 2, `${cells.length} cells`, `${names.length} as in the first line (no commas within a cell)`);
    const { columns: _columns, topics: _topics, ...raw } = Object.fromEntries(names.map((name, column) => [name, cells[column]]));
    const magnitude = raw.magnitude === undefined || raw.magnitude === '' ? {} : { magnitude: Number(raw.magnitude) };
    return [labelOf({ ...raw, ...magnitude }, file, i + 2)];
  });
}
