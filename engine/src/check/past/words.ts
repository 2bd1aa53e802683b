// What has changed over recordings, in sentences.

import { counted, length } from '../../charts/words.js';
import { type Change, sayChange } from '../../judge/wear/change.js';
import type { Past } from './past.js';

/** `vibration is 24.1 m/s², 40 % above the median of the 5 recordings before, and worse each time of late`. */
export const changeSentence = (change: Change): string => sayChange(change, 'recording');

/** `0027001F 3435510E: 6 recordings, 41 min in the air`. */
export function pastHead({ name, recordings, called }: Past): string {
  const ms = recordings.reduce((sum, one) => sum + (one.again ? 0 : one.ms), 0);
  return `${name}: ${counted(recordings.length, 'recording')}, ${length(ms)}${called === '' ? '' : ` ${called}`}`;
}

/** Why they were not compared. */
export const whyAlone = ({ name, recordings }: Past): string =>
  `${counted(recordings.length, 'recording')} of ${name} are not compared: none of them says which one it is of; --together takes them for one`;

/** What to look at first, over all; empty: nothing has changed or come back. */
export function firstOf(pasts: readonly Past[]): string {
  const changed = pasts.filter(({ changes }) => changes.length > 0);
  const [first] = changed;
  if (!first) {
    const recurring = pasts.find((past) => past.recurring.length > 0);
    if (!recurring) return '';
    const { name, recordings } = recurring.recurring[0]!;
    return `Look first at ${recurring.name}: ${name} was found in ${recordings} of its recordings`;
  }
  return `Look first at ${first.name}: ${changeSentence(first.changes[0]!)}`;
}
