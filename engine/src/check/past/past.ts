// Recordings of one entity in order of time: what has changed over them, and what comes back.

import type { Severity } from '../../api/index.js';
import { type Change, changeOf, type Worn } from '../../judge/wear/change.js';
import { badRemarks, type CheckedKey, type CheckReport } from '../report.js';
import { findingsIn } from '../sentence.js';
import { CALENDAR } from '../text.js';

/** One of the recordings of an entity. */
export interface PastRecording {
  readonly file: string;
  /** Event times of the first and the last row, ms since the epoch. */
  readonly from: number;
  readonly to: number;
  /** How long it did what it is there for; where the features do not say so, how long it was recorded, ms. */
  readonly ms: number;
  readonly findings: number;
  readonly wear: readonly Worn[];
  /** An earlier one is of the same time: this is another recording of it, and counts for nothing. */
  readonly again: boolean;
}

/** A column that is worse in the latest recording than it was. */
/** Something that was found in several recordings. */
export interface Recurring {
  readonly name: string;
  readonly severity: Severity;
  /** As it was said the last time. */
  readonly reason: string;
  /** In how many of the recordings. */
  readonly recordings: number;
}

/** One entity over its recordings. */
export interface Past {
  /** What it is known by in each of them; where none says so, the key that they have in common. */
  readonly name: string;
  readonly known: boolean;
  /** Whether they were compared: they are of one entity, or were said to be. */
  readonly compared: boolean;
  /** In the words of the features: `in the air`; empty where they have none. */
  readonly called: string;
  readonly recordings: readonly PastRecording[];
  /** The columns that are remembered and have a value in some of them, those that have changed first. */
  readonly columns: readonly { readonly name: string; readonly unit: string }[];
  /** The farthest first. */
  readonly changes: readonly Change[];
  /** The most frequent first. */
  readonly recurring: readonly Recurring[];
}

interface One {
  readonly report: CheckReport;
  readonly key: CheckedKey;
}

/**
 * The entities of several recordings, those with most to look at first.
 * @param together whether recordings that do not say which entity they are of are of one
 */
export function pastsOf(reports: readonly CheckReport[], together = false): Past[] {
  const groups = new Map<string, One[]>();
  for (const report of reports)
    for (const key of report.keys) {
      const name = key.identity === '' ? `?${key.key}` : `=${key.identity}`;
      groups.set(name, [...(groups.get(name) ?? []), { report, key }]);
    }
  const pasts = [...groups].map(([name, all]) => pastOf(name.slice(1), name.startsWith('='), all, together));
  const weight = ({ changes, recurring }: Past) => changes.reduce((sum, { times }) => sum + times, 0) + recurring.length / 100;
  return pasts.sort((a, b) => weight(b) - weight(a));
}

function pastOf(name: string, known: boolean, given: readonly One[], together: boolean): Past {
  const all = inOrder(given);
  const recordings = toldOf(all);
  const counted = all.filter((_, i) => !recordings[i]!.again);
  const compared = (known || together) && counted.length > 1;
  const units = new Map(recordings.flatMap(({ wear }) => wear.map(({ column, unit }) => [column, unit] as const)));
  const found = [...units.keys()].flatMap((column) => changeIn(counted.map(({ key }) => wornOf(key.wear, column))));
  const changes = compared ? found.sort((a, b) => b.times - a.times) : [];
  // What has changed is looked at first.
  const names = new Set([...changes.map(({ column }) => column), ...units.keys()]);
  return {
    name,
    known,
    compared,
    called: given[0]!.key.operating?.called ?? '',
    recordings,
    columns: [...names].map((name) => ({ name, unit: units.get(name)! })),
    changes,
    recurring: compared ? recurringIn(counted) : [],
  };
}

export const wornOf = (wear: readonly Worn[], name: string): Worn | undefined => wear.find(({ column }) => column === name);

/** In order of time; as they were given where one of them knows no calendar. */
const inOrder = (all: readonly One[]): readonly One[] =>
  all.some(({ key }) => key.from < CALENDAR) ? all : [...all].sort((a, b) => a.key.from - b.key.from);

function toldOf(all: readonly One[]): PastRecording[] {
  let until = Number.NEGATIVE_INFINITY;
  return all.map(({ report, key }) => {
    const { from, to, operating, covered, wear } = key;
    const again = from >= CALENDAR && from < until;
    if (from >= CALENDAR) until = Math.max(until, to);
    const findings = findingsIn([key]).length + badRemarks(key).length;
    return { file: report.file, from, to, ms: operating?.ms ?? covered, findings, wear, again };
  });
}

/** Whether the latest recording is worse in a column: only what that shows is news. @param all in order of time; absent where one says nothing of it */
function changeIn(all: readonly (Worn | undefined)[]): Change[] {
  const latest = all.at(-1);
  const change =
    latest &&
    changeOf(
      latest,
      all.slice(0, -1).flatMap((one) => one?.value ?? []),
    );
  return change ? [change] : [];
}

/** What was found in more than one recording, by the name of its part. */
function recurringIn(all: readonly One[]): Recurring[] {
  const found = new Map<string, Omit<Recurring, 'name'>>();
  for (const { key } of all) {
    const here = new Map(findingsIn([key]).flatMap((one) => (one.said ? [] : [[one.name, one] as const])));
    for (const [name, { severity, reason }] of here)
      found.set(name, { severity, reason, recordings: (found.get(name)?.recordings ?? 0) + 1 });
  }
  return [...found]
    .flatMap(([name, one]) => (one.recordings > 1 ? [{ name, ...one }] : []))
    .sort((a, b) => b.recordings - a.recordings);
}
