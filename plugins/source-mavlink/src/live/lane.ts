// Questions of one sort, asked in order, so that one that is never answered does not hold the others up.

import type { FrameParser } from '../wire/frames.js';
import type { Outgoing } from './outbound.js';

/** How long an answer is waited for at first, and at most, ms. */
const PATIENCE = 1_000;
const MOST_PATIENCE = 4_000;
/** When what was never answered is asked again, doubling, ms. */
const LATER = 30_000;
const MOST_LATER = 600_000;

/** What a frame says of a question: `undefined` where it says nothing of it. */
export type Answer = 'done' | 'refused' | 'wait' | undefined;

/** Something asked: done when it is answered. */
export interface Ask {
  readonly outgoing: Outgoing;
  /** How often it is asked before it is left; 0: once, without an answer. */
  readonly tries: number;
  answer(frame: FrameParser): Answer;
  /** Called when it was refused. */
  refused?(): void;
  /** Worth asking again later. */
  readonly again?: true;
  /** How long its first answer is waited for, ms; and how often it goes to the end of the line when there was none. */
  readonly patience?: number;
  readonly rounds?: number;
}

interface Open {
  readonly ask: Ask;
  tries: number;
  due: number;
}

/** A line of questions, of which some may be open at once. Pure: `next` gives what to say now. */
export class Lane {
  private readonly window: number;
  private queue: Ask[] = [];
  private open: Open[] = [];
  private later: Ask[] = [];
  private laterAt = Number.POSITIVE_INFINITY;
  private pause = LATER;

  /** @param window questions that may wait for their answers at once */
  constructor(window: number) {
    this.window = window;
  }

  /** Whether nothing is open or waits for its turn. */
  get idle(): boolean {
    return this.queue.length === 0 && this.open.length === 0;
  }

  /** Forgets all questions. */
  clear(): void {
    this.queue = [];
    this.open = [];
    this.later = [];
    this.laterAt = Number.POSITIVE_INFINITY;
    this.pause = LATER;
  }

  add(...asks: readonly Ask[]): void {
    this.queue.push(...asks);
  }

  /** Before all that wait. */
  addFirst(...asks: readonly Ask[]): void {
    this.queue.unshift(...asks);
  }

  /** Leaves out what waits or is open. */
  drop(matches: (outgoing: Outgoing) => boolean): void {
    this.queue = this.queue.filter(({ outgoing }) => !matches(outgoing));
    this.later = this.later.filter(({ outgoing }) => !matches(outgoing));
    this.open = this.open.filter(({ ask }) => !matches(ask.outgoing));
  }

  /** Takes in a frame; also a late answer is one. */
  heard(frame: FrameParser, now: number): void {
    for (const one of this.open) {
      const answer = one.ask.answer(frame);
      if (answer === undefined) continue;
      if (answer === 'wait') {
        one.due = now + MOST_PATIENCE;
        return;
      }
      this.open = this.open.filter((other) => other !== one);
      if (answer === 'refused') one.ask.refused?.();
      return;
    }
  }

  /** What to say now, if anything. */
  next(now: number): Outgoing | undefined {
    for (const one of this.open) {
      if (now < one.due) continue;
      if (one.tries < one.ask.tries) return this.say(one, now);
      this.open = this.open.filter((other) => other !== one);
      this.giveUp(one.ask, now);
    }
    if (this.queue.length === 0 && now >= this.laterAt) {
      this.queue = this.later;
      this.later = [];
      this.laterAt = Number.POSITIVE_INFINITY;
    }
    if (this.open.length >= this.window) return undefined;
    const ask = this.queue.shift();
    if (ask === undefined) return undefined;
    if (ask.tries === 0) return ask.outgoing;
    const one = { ask, tries: 0, due: now };
    this.open.push(one);
    return this.say(one, now);
  }

  private say(one: Open, now: number): Outgoing {
    one.due = now + Math.min(MOST_PATIENCE, (one.ask.patience ?? PATIENCE) * 2 ** one.tries);
    one.tries++;
    return one.ask.outgoing;
  }

  private giveUp(ask: Ask, now: number): void {
    if (ask.rounds) {
      this.queue.push({ ...ask, rounds: ask.rounds - 1 });
      return;
    }
    if (!ask.again) return;
    this.later.push(ask);
    if (this.laterAt !== Number.POSITIVE_INFINITY) return;
    this.laterAt = now + this.pause;
    this.pause = Math.min(MOST_LATER, this.pause * 2);
  }
}
