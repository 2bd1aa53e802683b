// What people said of episodes, as far as it changes how rows are judged.

import type { Example } from './example.js';

export type Holds = 'normal' | 'anomaly';

/** What somebody said of an episode, or took back: what holds from then on. */
export interface Taught {
  readonly episode: string;
  readonly key: string;
  /** Event times of the episode's first and last row, ms since the epoch. */
  readonly from: number;
  readonly to: number;
  readonly holds: Holds | null;
  readonly note?: string | undefined;
  /** When it was said, ms since the epoch: tells one from another. */
  readonly at: number;
  /** Rows later than this are judged by it, event time. */
  readonly since: number;
  /** What its rows were like, where that is known before they come: in a run over the past. */
  readonly like?: Example | undefined;
}

/** What was said of one episode, and what its rows were like: plain data, so that a checkpoint holds it. */
export interface Lesson {
  readonly episode: string;
  readonly from: number;
  readonly to: number;
  /** In order; the last ones. */
  readonly changes: Pick<Taught, 'since' | 'holds' | 'at' | 'note'>[];
  /** `null` until the first row that is later than the first change; `undefined`: the episode is not known here. */
  like: Example | null | undefined;
  /** Event time of the last row that was judged by it. */
  used: number;
}

/** What a key was taught: plain data, so that a checkpoint holds it. */
export interface LessonsState {
  /** What its last episodes were like, the oldest first. */
  examples: Example[];
  lessons: Lesson[];
}

/** Lessons of a key, and changes of mind about an episode, that are kept. */
export const MOST_LESSONS = 32;
const MOST_CHANGES = 8;
/** Characters of a note that are repeated. */
const NOTE = 200;

export const initialLessons = (): LessonsState => ({ examples: [], lessons: [] });

/** What came of saying something to a key. */
export interface Understood {
  /** Rows later than this are judged by it, event time. */
  readonly since: number;
  /** Event time of the last odd row of the episode so far, where its rows are known here. */
  readonly to?: number | undefined;
  /** What is to be said of it: that it teaches nothing, or what was forgotten for it. */
  readonly remark?: string | undefined;
}

/** Takes in what somebody said; what is known already stays as it is. */
export function teach(state: LessonsState, { episode, from, to, holds, note, at, since, like }: Taught): Understood {
  const change = { since, holds, at, note: note?.slice(0, NOTE) };
  const known = state.lessons.find((lesson) => lesson.episode === episode);
  if (known) {
    const same = known.changes.find((one) => one.at === at);
    const { to: until } = known.like ?? findExample(state, known) ?? {};
    if (same) return { since: same.since, to: until };
    known.changes.push(change);
    if (known.changes.length > MOST_CHANGES) known.changes.shift();
    return { since, to: until };
  }
  let gone: Lesson | undefined;
  if (state.lessons.length === MOST_LESSONS) {
    gone = state.lessons.reduce((least, lesson) => (lesson.used < least.used ? lesson : least));
    state.lessons.splice(state.lessons.indexOf(gone), 1);
  }
  const lesson: Lesson = { episode, from, to, changes: [change], like: like ?? null, used: since };
  state.lessons.push(lesson);
  if (like) return { since };
  const example = findExample(state, lesson);
  const remark = gone
    ? `a key remembers ${MOST_LESSONS} labels, and forgets what was said of ${gone.episode} for it`
    : example
      ? undefined
      : 'what its rows were like is not remembered any more, so that it teaches nothing';
  return { since, to: example?.to, remark };
}

/** What held of an episode at a moment. */
export function holdsAt({ changes }: Lesson, time: number): Lesson['changes'][number] | undefined {
  for (let i = changes.length - 1; i >= 0; i--) if (changes[i]!.since < time) return changes[i];
  return undefined;
}

/** The example that a lesson is about: of the episode itself, or, where it was judged in another way, of the one at that time. */
export function exampleOf(state: LessonsState, lesson: Lesson): Example | undefined {
  const found = findExample(state, lesson);
  return found && structuredClone(found);
}

/** By episode that somebody has spoken of, what its rows were like, as far as that is known. */
export function examplesOf(state: LessonsState | undefined): Map<string, Example> {
  const known = (state?.lessons ?? []).flatMap((lesson) => {
    const like = lesson.like ?? exampleOf(state!, lesson);
    return like ? [[lesson.episode, like] as const] : [];
  });
  return new Map(known);
}

const findExample = ({ examples }: LessonsState, { episode, from, to }: Lesson): Example | undefined =>
  examples.find((example) => example.episode === episode) ?? examples.find((example) => example.from <= to && example.to >= from);
