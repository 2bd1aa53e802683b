// A key that has no past of its own yet, among keys that have one.

import { Calibrator, type CalibratorState, initialCalibrator } from './calibrator.js';
import type { Likes } from './likes.js';

/** What a newcomer has shown so far, by what scored: plain data, so that a checkpoint holds it. */
export type NewcomerState = Record<string, CalibratorState>;

/** Where sizes are compared: the score that is exceeded by so much of all. */
const QUANTILES = [0.1, 0.02, 0.005] as const;

/**
 * What a score means of a key that is new. How far scores go once in a long time is known from its likes; how large they are, from the
 * little that itself has shown: a score is divided by as much as the key is wilder than they are, and measured against theirs (the index
 * flood method: Hosking & Wallis, Regional Frequency Analysis, Cambridge 1997). Scores that may be negative have no such size: they must be
 * as odd among its own. All scores of the key count, as there is nothing yet to tell its odd ones by.
 */
export class Newcomer {
  private readonly own: readonly Calibrator[];
  private readonly likes: readonly Calibrator[];
  /** How much wilder the key is, and after how many of its scores that was seen; NaN where scores have no size. */
  private readonly wilder: Float64Array;
  private readonly seen: Float64Array;

  private constructor(own: readonly Calibrator[], likes: readonly Calibrator[]) {
    this.own = own;
    this.likes = likes;
    this.wilder = new Float64Array(own.length);
    this.seen = new Float64Array(own.length).fill(Number.NaN);
  }

  /** @returns nothing where its likes cannot say of all of it */
  static among(likes: Likes, names: readonly string[], state: NewcomerState, halfLifeMs: number): Newcomer | undefined {
    const all: Calibrator[] = [];
    for (const name of names) {
      const one = likes.of(name);
      if (!one) return undefined;
      all.push(one);
    }
    const own = names.map((name) => {
      state[name] ??= initialCalibrator();
      return new Calibrator(state[name], halfLifeMs);
    });
    return new Newcomer(own, all);
  }

  /** How ordinary the nth score is; NaN before the key has shown enough. */
  p(nth: number, score: number): number {
    const [own, likes] = [this.own[nth]!, this.likes[nth]!];
    const p = own.p(score);
    if (Number.isNaN(p)) return p;
    const wilder = this.wilderBy(nth);
    if (Number.isNaN(wilder)) return Math.max(p, likes.p(score));
    return likes.p(score > 0 ? score / wilder : score);
  }

  /** The score that the nth must exceed. */
  scoreAt(nth: number, p: number): number {
    const [own, likes] = [this.own[nth]!, this.likes[nth]!];
    const wilder = this.wilderBy(nth);
    return Number.isNaN(wilder) ? Math.max(own.scoreAt(p), likes.scoreAt(p)) : likes.scoreAt(p) * wilder;
  }

  /** The least p-value that is known of. */
  least(nth: number): number {
    return this.likes[nth]!.least;
  }

  /** Takes in what models have scored, in order; NaN where one has not. */
  add(scores: Float64Array, time: number): void {
    for (let i = 0; i < scores.length; i++) if (!Number.isNaN(scores[i]!)) this.own[i]!.add(scores[i]!, time);
  }

  /** And what they say together, which comes last. */
  addTogether(said: number, time: number): void {
    this.own.at(-1)!.add(said, time);
  }

  private wilderBy(nth: number): number {
    const [own, likes] = [this.own[nth]!, this.likes[nth]!];
    if (this.seen[nth] !== own.looked) {
      this.seen[nth] = own.looked;
      this.wilder[nth] = wilderBy(own, likes);
    }
    return this.wilder[nth]!;
  }
}

/** At least 1: a key that seems tamer than its likes has not shown everything yet. */
function wilderBy(own: Calibrator, likes: Calibrator): number {
  let most = 1;
  for (const share of QUANTILES) {
    const [ours, theirs] = [own.scoreAt(share), likes.scoreAt(share)];
    if (!(ours > 0 && theirs > 0)) return Number.NaN;
    most = Math.max(most, ours / theirs);
  }
  return most;
}
