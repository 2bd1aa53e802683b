// Whether what is said of an event is what labels say must be said: found by a sentence, not by any alarm.

import { median } from '../series.js';
import { byKind, type KindRecall } from './events.js';
import { type Field, type FieldEvent, NEITHER } from './field.js';

/** A topic at the moment when people hear of it. */
export interface ToldTopic {
  readonly key: string;
  /** ms since the epoch. */
  readonly time: number;
  readonly name: string;
  readonly reason: string;
  readonly subsystem?: string;
  /** The entity itself says so. */
  readonly said?: true;
}

/** A topic that was told in an event. */
export interface ToldThen extends ToldTopic {
  /** Whether it is one of those that the label asks for. */
  readonly fits: boolean;
}

/** An event that a label asks topics of, and what was told in it. */
export interface ToldEvent {
  readonly key: string;
  readonly kind: string;
  readonly from: number;
  readonly to: number;
  readonly wanted: readonly string[];
  /** The first topic that fits, s from the start of the event or from its first judged row; `NaN`: none. */
  readonly delay: number;
  /** In order of time. */
  readonly topics: readonly ToldThen[];
}

/** How many events were named for what they are. */
export interface Told {
  readonly events: number;
  /** Events in which a topic that the label asks for was told. One that was told before, and is not over, is not told. */
  readonly found: number;
  readonly recall: number;
  /** Events whose first told topic fits. */
  readonly firstRight: number;
  /** Topics told in events that do not fit. */
  readonly unfitting: number;
  /** s. */
  readonly medianDelay: number;
  readonly kinds: readonly KindRecall[];
  readonly list: readonly ToldEvent[];
}

/** Whether a topic is one of those named: by its name, by its name without the model's, or by its subsystem. */
export function fits({ name, subsystem }: Pick<ToldTopic, 'name' | 'subsystem'>, wanted: readonly string[]): boolean {
  const own = name.slice(name.indexOf('/') + 1);
  return wanted.some((one) => one === name || one === own || one === subsystem);
}

/**
 * Lays what was told over the events. An event takes what is told from its first row to its last one, grace included; of two events that
 * overlap both take it.
 * @param told in any order
 * @returns nothing where no label asks for topics
 */
export function toldOf(field: Field, scores: Float64Array, told: readonly ToldTopic[]): Told | undefined {
  const asked = field.events.filter(({ label }) => label.topics !== undefined && label.topics.length > 0);
  if (asked.length === 0) return undefined;
  const inOrder = [...told].sort((a, b) => a.time - b.time);
  const list = asked.map((event) => toldIn(field, scores, event, inOrder));
  const found = list.filter(({ delay }) => !Number.isNaN(delay));
  return {
    events: list.length,
    found: found.length,
    recall: found.length / list.length,
    firstRight: list.filter(({ topics }) => topics[0]?.fits).length,
    unfitting: list.reduce((sum, { topics }) => sum + topics.filter((topic) => !topic.fits).length, 0),
    medianDelay: median(found.map(({ delay }) => delay)),
    kinds: byKind(
      list.map(({ kind, delay }) => ({ kind, found: [!Number.isNaN(delay)] })),
      1,
    ),
    list,
  };
}

function toldIn(field: Field, scores: Float64Array, { label, first, end }: FieldEvent, told: readonly ToldTopic[]): ToldEvent {
  const { times, marks } = field;
  const wanted = label.topics ?? [];
  let begin = first;
  while (begin < end && (marks[begin] === NEITHER || Number.isNaN(scores[begin]!))) begin++;
  const topics =
    begin === end
      ? []
      : told
          .filter(({ key, time }) => key === label.key && time >= times[begin]! && time <= times[end - 1]!)
          .map((topic): ToldThen => ({ ...topic, fits: fits(topic, wanted) }));
  const right = topics.find((topic) => topic.fits);
  // A row that is stamped at its start may be stamped before the event.
  const delay = right ? Math.max(0, right.time - Math.max(label.from, times[begin]!)) / 1_000 : Number.NaN;
  return { key: label.key, kind: label.kind, from: label.from, to: label.to, wanted, delay, topics };
}
