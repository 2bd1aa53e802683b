// Recordings of each entity in order of time, for a terminal.

import { length, short, wrap } from '../../charts/words.js';
import { date } from '../text.js';
import { type Past, wornOf } from './past.js';
import { changeSentence, firstOf, pastHead, whyAlone } from './words.js';

const GAP = '  ';
/** The narrowest column of values. */
const LEAST = 6;

/** Nothing where each entity was recorded once. */
export function pastText(pasts: readonly Past[], width: number): string {
  const compared = pasts.filter((past) => past.compared);
  const alone = pasts.filter((past) => !past.compared && past.recordings.length > 1);
  const first = firstOf(compared);
  return [
    ...(first === '' ? [] : [...wrap(first, width), '']),
    ...compared.flatMap((past) => [...pastLines(past, width), '']),
    ...alone.flatMap((past) => wrap(whyAlone(past), width)),
  ]
    .join('\n')
    .trimEnd();
}

function pastLines(past: Past, width: number): string[] {
  const counted = past.recordings.filter(({ again }) => !again).length;
  return [
    ...wrap(pastHead(past), width),
    ...table(past, width),
    ...past.changes.flatMap((change) => wrap(`worse: ${changeSentence(change)}`, width)),
    ...past.recurring.flatMap(({ name, recordings, reason }) =>
      wrap(`recurs: ${name} in ${recordings} of ${counted}: ${reason}`, width),
    ),
  ];
}

function table({ recordings, columns, called }: Past, width: number): string[] {
  const cells = recordings.map((one) => [
    date(one.from),
    length(one.ms),
    one.again ? 'again' : String(one.findings),
    ...columns.map(({ name }) => short(wornOf(one.wear, name)?.value ?? Number.NaN, 3)),
  ]);
  const heads = [['from'], [called || 'lasts'], ['findings'], ...columns.map(({ name, unit }) => headOf(name, unit))];
  const widths = heads.map((head, c) =>
    Math.max(LEAST, ...head.map((line) => line.length), ...cells.map((row) => row[c]!.length)),
  );
  // As many as have room: the page has all.
  let shown = 0;
  let taken = 0;
  while (shown < widths.length && taken + widths[shown]! <= width) taken += widths[shown++]! + GAP.length;
  const line = (row: readonly string[]) =>
    row
      .slice(0, shown)
      .map((cell, c) => cell.padEnd(widths[c]!))
      .join(GAP)
      .trimEnd();
  const height = Math.max(...heads.slice(0, shown).map((head) => head.length));
  const top = Array.from({ length: height }, (_, i) => line(heads.map((head) => head[i] ?? '')));
  const left = columns.slice(Math.max(0, shown - 3)).map(({ name }) => name);
  return [...top, ...cells.map(line), ...(left.length > 0 ? wrap(`On the page and in the JSON: ${left.join(', ')}`, width) : [])];
}

/** `motor_imbalance` in %, in lines. */
const headOf = (name: string, unit: string): string[] => [...name.split('_'), ...(unit === '1' ? [] : [unit])];
