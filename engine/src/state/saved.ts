// What a checkpoint holds beside the keys' states.

import { messageOf, type Observation, QuantStreamError } from '../api/index.js';
import type { LikesState } from '../judge/alarms/likes.js';
import { decode, encode } from './codec.js';
import type { IncidentsState } from './incidents.js';
import type { ShapeList } from './shapes.js';

/** What must survive a restart of the clock that events drive. */
export interface EventTimeState {
  /** The greatest event time so far, over all keys. */
  latest: number;
  /** How far the source says that time has come. */
  told: number;
  /** The longest step that time usually makes, ms. */
  step: number;
  /** How many observations were taken, as far as that matters. */
  seen: number;
  recent: RecentState;
  /** Observations far ahead of all others, until it is known whether time really went on; each with what time it was when it came. */
  waiting: { observation: Observation; at: number }[];
  /** Keys that went on at the time of all meanwhile. */
  others: string[];
  /** What the source said was missing lately, by what it is. */
  lost: string[];
  /** How many keys there were when they were counted last, and the minute of event time then. */
  crowd: number;
  counted: number;
}

/** Keys heard in the present stretch of event time and in the one before it. */
export interface RecentState {
  present: string[];
  before: string[];
  /** Event time at which the present stretch began. */
  since: number;
}

export const initialEventTime = (): EventTimeState => ({
  latest: Number.NEGATIVE_INFINITY,
  told: Number.NEGATIVE_INFINITY,
  step: 0,
  seen: 0,
  recent: { present: [], before: [], since: Number.NEGATIVE_INFINITY },
  waiting: [],
  others: [],
  lost: [],
  crowd: 1,
  counted: Number.NEGATIVE_INFINITY,
});

/** What a checkpoint holds beside the keys' states. */
export interface Saved {
  /** Wall-clock ms; for people only. */
  readonly savedAt: number;
  readonly cursor: string | null;
  /** Whether what was open at the end of the stream is closed. */
  readonly closed: boolean;
  readonly time: EventTimeState;
  readonly signature: Signature;
  /** Names of the fields of states, see `shapes.ts`. */
  readonly shapes: ShapeList;
  /** How many keys each sender has made up. */
  readonly senders: readonly (readonly [sender: string, keys: number])[];
  /** Absent: nobody wants to know of incidents. */
  readonly incidents?: IncidentsState;
  /** Absent: no key borrows from others. */
  readonly likes?: LikesState;
}

/** The configuration that the state depends on, part by part, as canonical JSON. */
export type Signature = Readonly<Record<string, string>>;

export function encodeSaved(saved: Saved): Uint8Array {
  return encode(saved);
}

/** @throws QS_STATE_CORRUPT */
export function decodeSaved(bytes: Uint8Array): Saved {
  try {
    const saved = decode(bytes) as Saved & { closed?: boolean };
    // Of checkpoints from before these were kept.
    saved.time.lost ??= [];
    saved.time.crowd ??= 1;
    saved.time.counted ??= Number.NEGATIVE_INFINITY;
    const { incidents } = saved;
    if (incidents) {
      incidents.begun.times ??= 0;
      incidents.begun.lately ??= [];
    }
    return { ...saved, closed: saved.closed ?? true };
  } catch (error) {
    throw new QuantStreamError(
      'QS_STATE_CORRUPT',
      `the checkpoint cannot be read: ${messageOf(error)}; start afresh with --reset-state`,
      {
        cause: error,
      },
    );
  }
}

const parse = (text: string | undefined): unknown => (text === undefined ? undefined : JSON.parse(text));
const show = (value: unknown): string => (value === undefined ? 'absent' : JSON.stringify(value));

/** Where two values differ, a line each: `  source.with.connect: was …, is …`. */
export function differences(path: string, before: unknown, after: unknown): string[] {
  const maps = [before, after].every((value) => typeof value === 'object' && value !== null && !Array.isArray(value));
  if (!maps) return show(before) === show(after) ? [] : [`  ${path}: was ${show(before)}, is ${show(after)}`];
  const [old, current] = [before as Record<string, unknown>, after as Record<string, unknown>];
  const names = [...new Set([...Object.keys(old), ...Object.keys(current)])].sort();
  return names.flatMap((name) => differences(`${path}.${name}`, old[name], current[name]));
}

/** What of a configuration that state depends on has changed, a line each. */
export function changesOf(saved: Signature, now: Signature): string[] {
  const changed = [...new Set([...Object.keys(saved), ...Object.keys(now)])].filter((part) => saved[part] !== now[part]);
  return changed.flatMap((part) => differences(part, parse(saved[part]), parse(now[part])));
}

/** Refuses state that another configuration made. @throws QS_STATE_SIGNATURE */
export function checkSignature(saved: Signature, now: Signature, pipeline: string): void {
  const lines = changesOf(saved, now);
  if (lines.length === 0) return;
  throw new QuantStreamError(
    'QS_STATE_SIGNATURE',
    `the saved state of pipeline ${pipeline} was made by another configuration:\n${lines.join('\n')}\n` +
      'Forget that state with --reset-state, or give the pipeline another name and keep both.',
  );
}
