// What keys that have a past know together, for those that have none yet.

import { Calibrator, type CalibratorState, initialCalibrator } from './calibrator.js';
import { addCounts, addToSketch, initialSketch, type Sketch } from './sketch.js';

/** What keys have lent since it was last put together: whole numbers, so that it does not matter who adds up what. */
export interface Lent {
  /** By what scored. */
  scores: Record<string, Sketch>;
  /** How many keys have lent. */
  keys: number;
}

/** What a checkpoint holds of it: plain data. */
export interface LikesState {
  /** The hour of event time that it goes on with. */
  hour: number;
  past: Record<string, CalibratorState>;
  lent: Lent;
  /** Keys that the past rests on: as many as lent in one hour, which one that was, and fading since. */
  keys: number;
  counted: number;
}

const HOUR = 3_600_000;
/** What fewer keys than this know is no more than what they are like themselves. */
const FEWEST_KEYS = 5;

const nothingLent = (): Lent => ({ scores: {}, keys: 0 });
export const initialLikes = (): LikesState => ({
  hour: Number.NEGATIVE_INFINITY,
  past: {},
  lent: nothingLent(),
  keys: 0,
  counted: 0,
});

/**
 * The scores of all keys of a pipeline that have a past of their own, for those that have none yet. What is lent during an hour of event
 * time counts from the next one on, for every key alike: so what a key borrows depends on the stream alone, not on who judges which key.
 */
export class Likes {
  private readonly halfLifeMs: number;
  private readonly state: LikesState;
  private readonly calibrators = new Map<string, Calibrator>();

  constructor(halfLifeMs: number, state: LikesState = initialLikes()) {
    this.halfLifeMs = halfLifeMs;
    this.state = state;
    this.attach();
  }

  get hour(): number {
    return this.state.hour;
  }

  /** For a checkpoint, and for those who judge elsewhere. */
  get saved(): LikesState {
    return this.state;
  }

  /** What scores of this name are measured against; nothing before enough keys have lent. */
  of(name: string): Calibrator | undefined {
    return this.keys >= FEWEST_KEYS ? this.calibrators.get(name) : undefined;
  }

  /** A key lends a score that counts as ordinary. */
  lend(name: string, score: number): void {
    const { scores } = this.state.lent;
    scores[name] ??= initialSketch();
    addToSketch(scores[name], score, 1);
  }

  /** One more key has begun to lend in this hour. */
  begin(): void {
    this.state.lent.keys++;
  }

  /** What was lent since this was last asked. */
  take(): Lent {
    const { lent } = this.state;
    this.state.lent = nothingLent();
    return lent;
  }

  /** Adds what was lent elsewhere, in this hour. */
  add({ scores, keys }: Lent): void {
    const { lent } = this.state;
    lent.keys += keys;
    for (const [name, counts] of Object.entries(scores)) {
      lent.scores[name] ??= initialSketch();
      addCounts(lent.scores[name], counts, 1);
    }
  }

  /** An hour has begun: what was lent before counts. */
  turn(hour: number): void {
    const { state } = this;
    if (hour <= state.hour) return;
    state.hour = hour;
    const { scores, keys } = this.take();
    if (keys >= this.keys) Object.assign(state, { keys, counted: hour });
    for (const name of Object.keys(scores).sort()) {
      state.past[name] ??= initialCalibrator();
      this.attach(name);
      this.calibrators.get(name)!.addCounts(scores[name]!, hour * HOUR);
    }
  }

  /** Goes on with what others have put together. */
  tell(state: LikesState | undefined): void {
    Object.assign(this.state, state ?? initialLikes());
    this.calibrators.clear();
    this.attach();
  }

  /** How many keys the past rests on. */
  private get keys(): number {
    const { keys, counted, hour } = this.state;
    return keys === 0 ? 0 : keys * 2 ** (((counted - hour) * HOUR) / this.halfLifeMs);
  }

  private attach(...names: string[]): void {
    for (const name of names.length > 0 ? names : Object.keys(this.state.past))
      this.calibrators.set(name, new Calibrator(this.state.past[name]!, this.halfLifeMs));
  }
}

/** For the keys of a lane, where its alarms go by a budget that they borrow for. */
export const likesFor = (rule: object & { readonly borrows?: boolean; readonly halfLifeMs?: number }): Likes | undefined =>
  rule.borrows ? new Likes(rule.halfLifeMs!) : undefined;
