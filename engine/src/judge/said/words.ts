// What an entity says of itself, heard beside the models that decide by themselves.

import { LONGEST_WORDS, printable, SAID, type Severity, type Topic, type Words } from '../../api/index.js';

const RANK: Readonly<Record<Severity, number>> = { info: 0, warning: 2, critical: 3 };
const NOBODY: readonly Topic[] = [];

const cut = (text: string): string => {
  const shown = printable(text.slice(0, LONGEST_WORDS));
  return (shown.length > LONGEST_WORDS ? `${shown.slice(0, LONGEST_WORDS - 1)}…` : shown).toWellFormed();
};

/** Words as topics of an episode, fit to be shown and stored. */
export function topicsSaid(words: readonly Words[]): readonly Topic[] {
  if (words.length === 0) return NOBODY;
  return words.map(({ name, severity, reason, subsystem }) => ({
    name: `${SAID}/${cut(name)}`,
    severity,
    reason: cut(reason),
    said: true as const,
    ...(subsystem === undefined ? {} : { subsystem }),
  }));
}

/** How bad the worst of it is, as rules count: 2 (warning), 3 (critical); 0 where it is no more than worth knowing. */
export const worstSaid = (topics: readonly Topic[]): number =>
  topics.reduce((worst, { severity }) => Math.max(worst, RANK[severity]), 0);

/** Whether people are to hear of it: what is only worth knowing is no finding. */
export const isFinding = ({ said, severity }: Topic): boolean => !said || severity !== 'info';
