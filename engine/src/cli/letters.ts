// Dead letters for people: tables, one of them whole, and what became of them.

import { bufferOf, type Kept, placeOf, type RawRecord, type Unreadable } from '../compose/letters/kept.js';
import type { Replayed } from '../compose/letters/replay.js';
import { hexdump, textOf } from './hexdump.js';
import { print, printError } from './output.js';

/** How many of the newest letters a list shows. */
const EXAMPLES = 5;
/** How many letters of one outcome and reason are named. */
const NAMED = 3;

/** Letters of one code and place. */
interface Group {
  readonly code: string;
  readonly place: string;
  letters: number;
  waiting: number;
  refused: number;
  first: string;
  last: string;
}

function groupsOf(kept: readonly Kept[]): Group[] {
  const groups = new Map<string, Group>();
  for (const { letter, first, state } of kept) {
    const { code, at } = letter;
    const place = placeOf(letter, true);
    const id = JSON.stringify([code, place]);
    const group = groups.get(id) ?? { code, place, letters: 0, waiting: 0, refused: 0, first, last: at };
    groups.set(id, group);
    group.letters++;
    if (state !== 'replayed') group.waiting++;
    if (state === 'refused') group.refused++;
    if (first < group.first) group.first = first;
    if (at > group.last) group.last = at;
  }
  return [...groups.values()].sort((a, b) => b.waiting - a.waiting || b.letters - a.letters);
}

function printTable(rows: readonly (readonly string[])[]): void {
  const widths = rows[0]!.map((_, i) => Math.max(...rows.map((row) => row[i]!.length)));
  for (const row of rows)
    print(
      row
        .map((cell, i) => cell.padEnd(widths[i]!))
        .join('  ')
        .trimEnd(),
    );
}

const cut = (text: string, most = 100): string => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
const second = (at: string): string => at.replace(/\.\d+Z$/, 'Z');
const counted = (count: number): string => `${count} ${count === 1 ? 'letter' : 'letters'}`;

/** Says what cannot be read, of however many letters. */
export function complainOf(unreadable: readonly Unreadable[]): void {
  const [first] = unreadable;
  if (first) printError(`${counted(unreadable.length)} cannot be read, the first in ${first.where}: ${first.why}`);
}

export function printList(kept: readonly Kept[], where: string): void {
  if (kept.length === 0) {
    print(`no dead letters in ${where}`);
    return;
  }
  const groups = groupsOf(kept);
  printTable([
    ['CODE', 'PLACE', 'LETTERS', 'WAITING', 'FIRST', 'LAST'],
    ...groups.map(({ code, place, letters, waiting, refused, first, last }) => [
      code,
      place,
      String(letters),
      refused === 0 ? String(waiting) : `${waiting} (${refused} refused again)`,
      second(first),
      second(last),
    ]),
  ]);
  print('');
  const newest = [...kept].sort((a, b) => (a.letter.at < b.letter.at ? 1 : -1)).slice(0, EXAMPLES);
  print(newest.length === kept.length ? 'all of them:' : 'the newest:');
  for (const { letter, state } of newest)
    print(
      `  ${letter.id}  ${second(letter.at)}  ${placeOf(letter)}${state === 'waiting' ? '' : ` (${state})`}: ${cut(letter.reason)}`,
    );
}

function printBytes(title: string, bytes: Buffer | null): void {
  if (bytes === null) {
    print(`${title}: none`);
    return;
  }
  print(`${title}, ${bytes.length} ${bytes.length === 1 ? 'byte' : 'bytes'}:`);
  const text = textOf(bytes);
  for (const line of text === undefined ? hexdump(bytes) : text.split('\n')) print(`  ${line}`);
}

export function printLetter({ letter, first, times, state, where, again }: Kept): void {
  const { id, at, pipeline, part, engine, plugin, kind, code, reason, layout, record } = letter;
  const by = plugin ? `${plugin.name} ${plugin.version}`.trim() : 'not known';
  const rows = {
    id,
    kind,
    code,
    reason,
    place: placeOf(letter),
    when: times === 1 ? at : `${at}, ${times} times since ${first}`,
    state: state === 'refused' ? `refused again: ${again}` : state,
    'refused by': `${by}, as ${part} of ${pipeline}, engine ${engine ?? 'not known'}`,
    'stands in': `${where} (layout ${layout})`,
  };
  for (const [name, value] of Object.entries(rows)) print(`${name.padEnd(10)} ${value}`);
  print('');
  if (kind !== 'record') {
    print(`record:\n${JSON.stringify(record, null, 2)}`);
    return;
  }
  const { key, value, headers } = record as RawRecord;
  printBytes('key', bufferOf(key));
  printBytes('value', bufferOf(value));
  for (const [name, bytes] of Object.entries(headers)) printBytes(`header ${name}`, bufferOf(bytes));
}

export function printReplayed(all: readonly Replayed[], dryRun: boolean): void {
  const groups = new Map<string, Replayed[]>();
  for (const one of all) {
    const id = JSON.stringify([one.outcome, one.why]);
    groups.set(id, [...(groups.get(id) ?? []), one]);
  }
  const words = { replayed: dryRun ? 'would be replayed' : 'replayed', refused: 'refused again', left: 'left alone' };
  const order = ['replayed', 'refused', 'left'];
  for (const group of [...groups.values()].sort((a, b) => order.indexOf(a[0]!.outcome) - order.indexOf(b[0]!.outcome))) {
    const { outcome, why } = group[0]!;
    print(`${counted(group.length)} ${words[outcome]}${why === undefined ? '' : `: ${why}`}`);
    for (const { id, place } of group.slice(0, NAMED)) print(`  ${id}  ${place}`);
    if (group.length > NAMED) print(`  and ${group.length - NAMED} more`);
  }
}
