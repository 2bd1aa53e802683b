import type { Severity } from '../api/index.js';
import { counted, group, length, moment, percent, since, wrap } from '../charts/words.js';
import {
  badRemarks,
  type CheckedEpisode,
  type CheckedKey,
  type CheckedWords,
  type CheckReport,
  type Finding,
  toldIn,
} from './report.js';
import { firstFound, sentenceOf } from './sentence.js';
import { comparisonText } from './settings.js';
import { notJudgedLine, notJudgedList } from './unjudged.js';

/** Columns of characters that a report fills at most. */
export const WIDTH = 100;
const GAP = '  ';

/** Before this a clock was not set (those that were not begin in 1970, 1980 or 2000), ms since the epoch: 2001. */
export const CALENDAR = 978_307_200_000;
/** A time of day, UTC, with its day in a recording of several; – where the recording knows none. */
export const dayTime = (ms: number, { from, to }: Pick<CheckReport, 'from' | 'to'>) =>
  ms >= CALENDAR ? moment(ms).slice(moment(from).slice(0, 10) === moment(to).slice(0, 10) ? 11 : 5) : '–';
export const date = (ms: number) => (ms >= CALENDAR ? `${moment(ms)} UTC` : 'no calendar');
/** The clock of what was recorded, s. */
export const clockTime = (seconds: number | null) => (seconds === null ? '–' : `${seconds.toFixed(1)} s`);

const COLOURS: Readonly<Record<Severity | 'head', string>> = { info: '36', warning: '33', critical: '31;1', head: '2' };
type Paint = (kind: keyof typeof COLOURS, text: string) => string;

/** Cells of several lines each as columns of fixed widths. */
function laidOut(
  cells: readonly (readonly string[])[],
  widths: readonly number[],
  paint: (column: number, text: string) => string,
): string {
  const height = Math.max(...cells.map((cell) => cell.length));
  return Array.from({ length: height }, (_, line) =>
    cells
      // Colours have no width, so they come last.
      .map(
        (cell, c) => paint(c, cell[line] ?? '') + ' '.repeat(c === cells.length - 1 ? 0 : widths[c]! - (cell[line] ?? '').length),
      )
      .join(GAP)
      .trimEnd(),
  ).join('\n');
}

function episodeTable(
  report: CheckReport,
  episodes: readonly CheckedEpisode[],
  width: number,
  details: boolean,
  paint: Paint,
): string {
  const clocked = details && episodes.some(({ clock }) => clock !== null);
  const dated = episodes.some(({ start }) => start >= CALENDAR);
  const phased = episodes.some(({ phase }) => phase !== null);
  const columns = [
    { head: 'at', of: (one: CheckedEpisode) => [since(one.since)], least: 5 },
    ...(clocked ? [{ head: 'clock', of: (one: CheckedEpisode) => [clockTime(one.clock)], least: 5 }] : []),
    ...(dated ? [{ head: 'UTC', of: (one: CheckedEpisode) => [dayTime(one.start, report)], least: 8 }] : []),
    { head: 'lasts', of: (one: CheckedEpisode) => [length(one.end - one.start)], least: 5 },
    {
      head: phased ? 'severity, phase' : 'severity',
      of: (one: CheckedEpisode) => [one.severity, ...wrap(one.phase ?? '', 10)],
      least: 8,
    },
  ];
  const heads = columns.map(({ head }) => wrap(head, 9));
  const widths = columns.map(({ of, least }, c) =>
    Math.max(least, ...heads[c]!.map((text) => text.length), ...episodes.flatMap((one) => of(one).map((text) => text.length))),
  );
  const left = Math.max(30, width - widths.reduce((sum, one) => sum + one + GAP.length, 0));
  const rows = episodes.map((episode) => {
    const what = toldIn(episode).flatMap((one, i) => {
      const { since: at } = one;
      const late = at - episode.since >= 1_000 ? `${since(at)} ` : '';
      const severity = 'severity' in one ? one.severity : 'info';
      const other = severity === episode.severity ? '' : `${severity}: `;
      const caused =
        'follows' in one && one.follows !== null ? `${other === '' ? '' : `${other.slice(0, -2)}, `}follows: ` : other;
      return wrap(`${i === 0 ? '' : '+ '}${late}${caused}${withWhoFirst(one)}`, left);
    });
    return laidOut([...columns.map(({ of }) => of(episode)), what], widths, (c, text) =>
      c === widths.length - 1 && text === episode.severity ? paint(episode.severity, text) : text,
    );
  });
  const head = laidOut([...heads, ['what']], widths, (_, text) => (text === '' ? '' : paint('head', text)));
  return [head, ...rows].join('\n');
}

/** A sentence; of what the entity said itself with how much later, or earlier, that was than the first finding of its episode. */
export function withWhoFirst(one: Finding | CheckedWords): string {
  if (!('afterOurs' in one) || one.afterOurs === null) return one.reason;
  const { reason, afterOurs } = one;
  if (afterOurs === 0) return `${reason} (at the same time)`;
  return `${reason} (${length(Math.abs(afterOurs))} ${afterOurs > 0 ? 'after' : 'before'} this was found)`;
}

/** `2,344 rows in 7.81 min, 90 % of them judged, by 36 of 43 columns`. */
export function howJudged({ rows, covered, judgedRows, lookedAt, blind }: CheckedKey): string {
  const by = judgedRows > 0 ? `, by ${lookedAt - blind.length} of ${counted(lookedAt, 'column')}` : '';
  return `${counted(rows, 'row')} in ${length(covered)}, ${percent(judgedRows / rows)} of them judged${by}`;
}

/** What stands where there are no episodes: nothing that could not be judged is told as fine. */
export function nothingFound(key: CheckedKey): string {
  if (key.judgedRows === 0) return 'No row could be judged.';
  return badRemarks(key).length > 0 ? 'Nothing else was found.' : 'Nothing was found.';
}

function remarkText(severity: Severity, text: string, width: number, paint: Paint): string[] {
  const indent = ' '.repeat(severity.length + GAP.length);
  return wrap(text, width - indent.length).map((line, i) => `${i === 0 ? paint(severity, severity) + GAP : indent}${line}`);
}

function keyText(report: CheckReport, key: CheckedKey, width: number, details: boolean, paint: Paint): string[] {
  const { episodes, remarks } = key;
  return [
    ...wrap(`${key.key}: ${howJudged(key)}`, width),
    ...remarks.flatMap(({ severity, text }) => ['', ...remarkText(severity, text, width, paint)]),
    '',
    episodes.length === 0 ? nothingFound(key) : episodeTable(report, episodes, width, details, paint),
    ...(details ? notJudgedList(key, width, (text) => paint('head', text)) : notJudgedLine(key, width)),
  ];
}

/** What is known of the recording as such: drops and losses. */
export function lossesOf({ dropped, missing, late, repeated, ahead }: CheckReport): string[] {
  const stretches = Object.entries(missing.reasons).map(
    ([reason, one]) =>
      `${counted(one.stretches, `stretch${one.stretches === 1 ? '' : 'e'}`)} missing: ${reason}${one.ms > 0 ? ` (${length(one.ms)})` : ''}`,
  );
  return [
    ...Object.entries(dropped).map(([reason, count]) => `${group(count)} dropped: ${reason}`),
    ...stretches,
    ...(late > 0 ? [`${counted(late, 'observation')} too late to be judged`] : []),
    ...(repeated > 0 ? [`${counted(repeated, 'observation')} repeated`] : []),
    ...(ahead > 0 ? [`${counted(ahead, 'observation')} ahead of time`] : []),
  ];
}

export interface TextOptions {
  readonly width?: number;
  /** Whether escape sequences may be used. */
  readonly colour?: boolean;
  /** Whether everything that could not be judged is listed, in place of one line. */
  readonly details?: boolean;
}

/** The report of one recording for a terminal. */
export function checkText(report: CheckReport, { width = WIDTH, colour = false, details = false }: TextOptions = {}): string {
  const paint: Paint = (kind, text) => (colour ? `\u001b[${COLOURS[kind]}m${text}\u001b[0m` : text);
  const losses = lossesOf(report);
  return [
    ...wrap(sentenceOf(report), width),
    ...wrap(firstFound(report), width),
    '',
    ...wrap(`${report.file}: ${length(report.to - report.from)} from ${date(report.from)}, pipeline ${report.pipeline}`, width),
    ...report.keys.flatMap((key) => keyText(report, key, width, details, paint)),
    ...(report.against ? comparisonText(report.against, width, details) : []),
    ...(losses.length > 0 ? ['', ...wrap(`Of the recording: ${losses.join('; ')}`, width)] : []),
  ].join('\n');
}

/** One line for a recording among several. */
export const checkLine = (report: CheckReport): string => `${report.file}: ${sentenceOf(report)}`;
