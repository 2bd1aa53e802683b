// The sentence that a report begins with: what to think of a recording.

import { counted, group, length, percent, since } from '../charts/words.js';
import { badRemarks, type CheckedKey, type CheckReport, type Finding } from './report.js';

/** Characters of a key or of a reason within the sentence at most. */
const LONGEST = 60;
const cut = (text: string) => (text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text);
const sum = <T>(all: readonly T[], of: (one: T) => number) => all.reduce((total, one) => total + of(one), 0);

/** Findings of all episodes of some keys. */
export const findingsIn = (keys: readonly CheckedKey[]): Finding[] =>
  keys.flatMap(({ episodes }) => episodes.flatMap(({ findings }) => findings));

/** `4.1 min in the air, all of it judged: 2 findings, the worst critical; the first explains the second.` */
export function sentenceOf({ keys, from, to }: CheckReport): string {
  const found = foundPart(keys);
  const unheard = keys.filter(({ judgedRows }) => judgedRows === 0);
  if (unheard.length === keys.length) {
    const why = whyUnjudged(keys);
    return `No row could be judged${why === '' ? '' : `: ${why}`}${found === '' ? '' : `; still, ${found}`}.`;
  }
  if (judgedOf(keys).judged === 0)
    return `${timePart(keys, to - from)}, none of it could be judged${found === '' ? '' : `; still, ${found}`}.`;
  const none = unheard.length > 0 ? `; of ${counted(unheard.length, 'key')} no row could be judged` : '';
  return `${timePart(keys, to - from)}, ${judgedPart(keys)}: ${found || 'nothing was found'}${none}.`;
}

/** What was found first, without the advice behind it: `First, at 3:24: no position (fix 1, 3 satellites).`; empty: nothing. */
export function firstFound({ keys }: CheckReport): string {
  const [first] = keys
    .flatMap(({ key, episodes }) => episodes.flatMap(({ findings }) => findings.map((one) => ({ key, ...one }))))
    .sort((a, b) => a.since - b.since);
  if (!first) return '';
  const who = keys.length > 1 ? `${cut(first.key)}: ` : '';
  return `First, at ${since(first.since)}: ${who}${first.reason.split('; ')[0]!}.`;
}

/** How long, in the words of the features where they have some. */
function timePart(keys: readonly CheckedKey[], whole: number): string {
  const [first] = keys;
  const several = keys.length > 1 ? counted(keys.length, 'key') : '';
  if (!first!.operating) {
    if (several !== '') return `${several} over ${length(whole)}`;
    return first!.covered > 0 ? length(first!.covered) : counted(first!.rows, 'row');
  }
  const { called } = first!.operating;
  const ms = sum(keys, ({ operating }) => operating?.ms ?? 0);
  if (ms === 0)
    return `${several === '' ? 'Never' : `${several}, never`} ${called} in ${length(several === '' ? first!.covered : whole)}`;
  return several === '' ? `${length(ms)} ${called}` : `${several}, ${length(ms)} ${called} together`;
}

/** Rows of the time that is told of, and how many of them were judged. */
function judgedOf(keys: readonly CheckedKey[]): { rows: number; judged: number } {
  const operated = keys.some(({ operating }) => operating && operating.rows > 0);
  const of = (key: CheckedKey) => (operated ? (key.operating ?? { rows: 0, judgedRows: 0 }) : key);
  return { rows: sum(keys, (key) => of(key).rows), judged: sum(keys, (key) => of(key).judgedRows) };
}

/** How much of that was judged, and by how many columns where those are few. */
function judgedPart(keys: readonly CheckedKey[]): string {
  const { rows, judged } = judgedOf(keys);
  const share = judged / rows;
  // Nothing is told as all, or as none, that is not.
  const told = share > 0.99 ? '99 %' : share < 0.01 ? 'less than 1 %' : percent(share);
  const how = judged === rows ? 'all of it judged' : `${told} of it judged`;
  const few = keys.filter(({ judgedRows, lookedAt, blind }) => judgedRows > 0 && 2 * blind.length > lookedAt);
  if (few.length === 0) return how;
  if (keys.length > 1)
    return `${how}, ${few.length === keys.length ? '' : `${few.length} of them `}by less than half of the columns`;
  return `${how}, by only ${few[0]!.lookedAt - few[0]!.blind.length} of ${counted(few[0]!.lookedAt, 'column')}`;
}

/** What was found, how bad it is, and whether one thing explains the others; empty: nothing. */
function foundPart(keys: readonly CheckedKey[]): string {
  const findings = findingsIn(keys);
  // What is wrong with the recording as such, without the advice behind it.
  const remarks = keys.flatMap((key) =>
    badRemarks(key).map(({ text }) => `${keys.length > 1 ? `${cut(key.key)}: ` : ''}${text.split(': ')[0]!}`),
  );
  const told = remarks.length > 2 ? [...remarks.slice(0, 2), `${remarks.length - 2} more such things`] : remarks;
  return [...told, ...(findings.length > 0 ? [countPart(keys, findings)] : [])].join('; ');
}

function countPart(keys: readonly CheckedKey[], findings: readonly Finding[]): string {
  const odd = keys.filter(({ episodes }) => episodes.length > 0);
  const episodes = sum(odd, (key) => key.episodes.length);
  const worst = (['critical', 'warning', 'info'] as const).find((severity) => findings.some((one) => one.severity === severity))!;
  const several = findings.length > 1;
  const same = !several || findings.every(({ severity }) => severity === worst);
  const among = several && episodes < findings.length && episodes > 1 ? ` in ${group(episodes)} episodes` : '';
  const where =
    keys.length === 1
      ? ''
      : odd.length < 3
        ? ` at ${odd.map((one) => cut(one.key)).join(' and ')}`
        : ` at ${odd.length} of the keys`;
  const bad = same ? `${findings.length === 2 ? 'both ' : several ? 'all ' : ''}${worst}` : `the worst ${worst}`;
  return `${counted(findings.length, 'finding')}${where}${among}, ${bad}${episodes === 1 && several ? becausePart(findings) : ''}`;
}

function becausePart(findings: readonly Finding[]): string {
  const others = findings.length - 1;
  const explained = findings.filter((one) => one.explained).length;
  if (explained === 0) return ', in one episode';
  if (explained < others) return `; the first explains ${explained} of the others`;
  return `; the first explains the ${others === 1 ? 'second' : `other ${others}`}`;
}

/** Why nothing was judged: what the features say of the recording, or the reason that most rows have. */
function whyUnjudged(keys: readonly CheckedKey[]): string {
  const remark =
    keys.length === 1 ? keys[0]!.remarks.find(({ severity, describes }) => severity === 'info' && !describes) : undefined;
  if (remark) return cut(remark.text.split(': ')[0]!);
  const reasons = new Map<string, number>();
  for (const { unjudged } of keys)
    for (const [reason, rows] of Object.entries(unjudged)) reasons.set(reason, (reasons.get(reason) ?? 0) + rows);
  const [most, ...others] = [...reasons].sort(([, a], [, b]) => b - a);
  if (!most) return '';
  const rest = sum(others, ([, rows]) => rows);
  return `${most[0]} (${counted(most[1], 'row')}${rest > 0 ? `, and ${group(rest)} for other reasons` : ''})`;
}
