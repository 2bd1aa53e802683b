import type { Severity } from '../api/index.js';
import { counted, group, length, moment, percent, since } from '../charts/words.js';
import {
  type BlindColumn,
  badRemarks,
  type CheckedEpisode,
  type CheckedKey,
  type CheckReport,
  episodesIn,
  foundIn,
} from './report.js';

/** Columns of characters that a report fills at most. */
export const WIDTH = 100;
const GAP = '  ';

/** Before this a clock was not set (those that were not begin in 1970, 1980 or 2000), ms since the epoch: 2001. */
const CALENDAR = 978_307_200_000;
/** A time of day, UTC, with its day in a recording of several; – where the recording knows none. */
export const dayTime = (ms: number, { from, to }: Pick<CheckReport, 'from' | 'to'>) =>
  ms >= CALENDAR ? moment(ms).slice(moment(from).slice(0, 10) === moment(to).slice(0, 10) ? 11 : 5) : '–';
export const date = (ms: number) => (ms >= CALENDAR ? `${moment(ms)} UTC` : 'no calendar');
/** The clock of what was recorded, s. */
export const clockTime = (seconds: number | null) => (seconds === null ? '–' : `${seconds.toFixed(1)} s`);

const COLOURS: Readonly<Record<Severity | 'head', string>> = { info: '36', warning: '33', critical: '31;1', head: '2' };
type Paint = (kind: keyof typeof COLOURS, text: string) => string;

/** Text in lines of at most so many characters; words that are longer are cut. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (let word of text.split(/\s+/).filter(Boolean)) {
    if (line !== '' && line.length + 1 + word.length <= width) {
      line += ` ${word}`;
      continue;
    }
    if (line !== '') lines.push(line);
    for (; word.length > width; word = word.slice(width)) lines.push(word.slice(0, width));
    line = word;
  }
  return line === '' ? lines : [...lines, line];
}

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

function episodeTable(report: CheckReport, episodes: readonly CheckedEpisode[], width: number, paint: Paint): string {
  const clocked = episodes.some(({ clock }) => clock !== null);
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
    const what = episode.findings.flatMap(({ reason, since: at, severity }, i) => {
      const late = at - episode.since >= 1_000 ? `${since(at)} ` : '';
      const other = severity === episode.severity ? '' : `${severity}: `;
      return wrap(`${i === 0 ? '' : '+ '}${late}${other}${reason}`, left);
    });
    return laidOut([...columns.map(({ of }) => of(episode)), what], widths, (c, text) =>
      c === widths.length - 1 && text === episode.severity ? paint(episode.severity, text) : text,
    );
  });
  const head = laidOut([...heads, ['what']], widths, (_, text) => (text === '' ? '' : paint('head', text)));
  return [head, ...rows].join('\n');
}

/** Columns that share what keeps them from being judged, told together. */
export interface BlindGroup {
  readonly share: string;
  readonly columns: readonly string[];
  readonly why: string;
  readonly parts: readonly string[];
}

/** What could not be judged and why, columns with the same reason together. */
export function blindGroups(blind: readonly BlindColumn[]): BlindGroup[] {
  const groups = new Map<string, { share: string; columns: string[]; why: string; parts: Set<string> }>();
  for (const column of blind) {
    const why = whyBlind(column);
    const share = column.share === 0 ? 'never' : percent(column.share);
    // Those that never had a value come for one reason; of the others each has a share of its own.
    const id = `${share} ${why}`;
    const group = groups.get(id) ?? { share, columns: [], why, parts: new Set<string>() };
    groups.set(id, group);
    group.columns.push(column.name);
    for (const part of column.parts) group.parts.add(part);
  }
  return [...groups.values()]
    .sort((a, b) => Number(b.share === 'never') - Number(a.share === 'never'))
    .map((group) => ({ ...group, parts: [...group.parts] }));
}

/** Of a column whose inputs came and still made no value; why, only its formula can say. */
export const INPUTS_CAME = 'although what they are made of came; engine plugins and the page say how';

function whyBlind({ needs, formula }: BlindColumn): string {
  const absent = needs.filter(({ came }) => !came).map(({ input }) => input);
  if (absent.length > 0) return `${absent.join(', ')} never came`;
  return needs.length > 0 ? INPUTS_CAME : formula;
}

function blindList(blind: readonly BlindColumn[], width: number, paint: Paint): string[] {
  return blindGroups(blind).flatMap(({ share, columns, why, parts }) => {
    const used = parts.length > 0 ? ` (${parts.join(', ')})` : '';
    const text = wrap(`${columns.join(', ')}${used}: ${why}`, width - 9);
    return text.map((line, i) => `  ${i === 0 ? paint('head', share.padStart(5)) : ' '.repeat(5)}${GAP}${line}`);
  });
}

/** `2,344 rows in 7.81 min, 90 % of them judged, by 36 of 43 columns`. */
export function howJudged({ rows, covered, judgedRows, lookedAt, blind }: CheckedKey): string {
  const by = judgedRows > 0 ? `, by ${lookedAt - blind.length} of ${counted(lookedAt, 'column')}` : '';
  return `${counted(rows, 'row')} in ${length(covered)}, ${percent(judgedRows / rows)} of them judged${by}`;
}

/** What stands where there are no episodes. */
export const nothingFound = (key: CheckedKey): string =>
  badRemarks(key).length > 0 ? 'Nothing else was found.' : 'Nothing was found.';

function remarkText(severity: Severity, text: string, width: number, paint: Paint): string[] {
  const indent = ' '.repeat(severity.length + GAP.length);
  return wrap(text, width - indent.length).map((line, i) => `${i === 0 ? paint(severity, severity) + GAP : indent}${line}`);
}

function keyText(report: CheckReport, key: CheckedKey, width: number, paint: Paint): string[] {
  const unjudged = Object.entries(key.unjudged).map(([reason, rows]) => `${group(rows)} with ${reason}`);
  const { episodes, blind, remarks } = key;
  return [
    ...wrap(`${key.key}: ${howJudged(key)}`, width),
    ...remarks.flatMap(({ severity, text }) => ['', ...remarkText(severity, text, width, paint)]),
    '',
    episodes.length === 0 ? nothingFound(key) : episodeTable(report, episodes, width, paint),
    ...(key.judgedRows === 0 ? ['No row could be judged.'] : []),
    ...(unjudged.length > 0 ? ['', ...wrap(`Rows not judged: ${unjudged.join('; ')}`, width)] : []),
    ...(blind.length > 0
      ? [
          '',
          'Not judged by, and why (share of the judged rows with a value; in brackets what looks at it)',
          ...blindList(blind, width, paint),
        ]
      : []),
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

/** The report of one recording for a terminal. @param colour whether escape sequences may be used */
export function checkText(report: CheckReport, { width = WIDTH, colour = false } = {}): string {
  const paint: Paint = (kind, text) => (colour ? `\u001b[${COLOURS[kind]}m${text}\u001b[0m` : text);
  const losses = lossesOf(report);
  return [
    ...wrap(`${report.file}: ${length(report.to - report.from)} from ${date(report.from)}, pipeline ${report.pipeline}`, width),
    ...report.keys.flatMap((key) => keyText(report, key, width, paint)),
    ...(losses.length > 0 ? ['', ...wrap(`Of the recording: ${losses.join('; ')}`, width)] : []),
  ].join('\n');
}

/** One line for a recording among several. */
export function checkLine(report: CheckReport): string {
  const found = episodesIn(report);
  const worst = (['critical', 'warning', 'info'] as const).find((severity) =>
    report.keys.some((key) => [...key.episodes, ...badRemarks(key)].some((one) => one.severity === severity)),
  );
  const remarks = report.keys.flatMap((key) => badRemarks(key).map(({ text }) => text));
  const told = [...remarks, ...(found > 0 ? [counted(found, 'episode')] : [])].join('; ');
  return `${report.file}: ${foundIn(report) === 0 ? 'nothing found' : `${told}, the worst ${worst}`}`;
}
