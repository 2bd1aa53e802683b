// What of a recording could not be judged, for people: one line, and everything.

import { counted, group, percent, wrap } from '../charts/words.js';
import type { BlindColumn, CheckedKey } from './report.js';

const GAP = '  ';

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

/** `238 of 2,344 rows, 8 of 48 columns`; empty where everything was judged. */
export function notJudged({ rows, judgedRows, lookedAt, blind }: CheckedKey): string {
  const parts = [
    ...(judgedRows < rows ? [`${group(rows - judgedRows)} of ${counted(rows, 'row')}`] : []),
    ...(blind.length > 0 ? [`${blind.length} of ${counted(lookedAt, 'column')}`] : []),
  ];
  return parts.join(', ');
}

/** The inputs that never came, those that most columns lack first. */
export function lacking(blind: readonly BlindColumn[]): string[] {
  const inputs = new Map<string, number>();
  for (const { needs } of blind) for (const { input, came } of needs) if (!came) inputs.set(input, (inputs.get(input) ?? 0) + 1);
  return [...inputs].sort(([, a], [, b]) => b - a).map(([input]) => input);
}

/** One line: how much could not be judged, and what is missing most, as far as there is room. */
export function notJudgedLine(key: CheckedKey, width: number): string[] {
  const what = notJudged(key);
  if (what === '') return [];
  const names = lacking(key.blind);
  for (let count = names.length; count > 0; count--) {
    const more = count < names.length ? `, ${names.length - count} more` : '';
    const line = `Not judged: ${what} (no ${names.slice(0, count).join(', ')}${more}); --details`;
    if (line.length <= width) return ['', line];
  }
  return ['', `Not judged: ${what}; --details`];
}

/** Everything that could not be judged, and why. */
export function notJudgedList({ unjudged, blind }: CheckedKey, width: number, faint: (text: string) => string): string[] {
  const rows = Object.entries(unjudged).map(([reason, count]) => `${group(count)} with ${reason}`);
  return [
    ...(rows.length > 0 ? ['', ...wrap(`Rows not judged: ${rows.join('; ')}`, width)] : []),
    ...(blind.length > 0
      ? [
          '',
          'Not judged by, and why (share of the judged rows with a value; in brackets what looks at it)',
          ...blindList(blind, width, faint),
        ]
      : []),
  ];
}

function blindList(blind: readonly BlindColumn[], width: number, faint: (text: string) => string): string[] {
  return blindGroups(blind).flatMap(({ share, columns, why, parts }) => {
    const used = parts.length > 0 ? ` (${parts.join(', ')})` : '';
    const text = wrap(`${columns.join(', ')}${used}: ${why}`, width - 9);
    return text.map((line, i) => `  ${i === 0 ? faint(share.padStart(5)) : ' '.repeat(5)}${GAP}${line}`);
  });
}
