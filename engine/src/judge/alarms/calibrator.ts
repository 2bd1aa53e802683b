import { NO_FLOATS } from '../../api/index.js';
import { addCounts, addToSketch, binOf, edgeOf, FADED, initialSketch, keptAs, type Sketch, tidy } from './sketch.js';
import { excessAt, fitTail, survival, type Tail } from './tail.js';

/** What a calibrator remembers: plain data, so that a checkpoint holds it. */
export interface CalibratorState {
  sketch: Sketch;
  /** Scores taken in since the beginning, and at the last look. */
  seen: number;
  looked: number;
  /** Event time of the last score. */
  time: number;
  /** As of the last look: the share of scores at or above the lower edge of each bin, from bin `first` on. */
  survival: Float32Array;
  first: number;
  /** Where the tail begins, the share of scores above it, its shape, and on how many occasions that rests; `null` before the first look. */
  tail: { from: number; share: number; fit: Tail; occasions: number } | null;
  /** Scores in the tail, fading; of how many scores lay between them the sum, and of the squares; and which score was the last there. */
  above: number;
  between: number;
  squares: number;
  last: number;
}

export const initialCalibrator = (): CalibratorState => ({
  sketch: initialSketch(),
  seen: 0,
  looked: 0,
  time: Number.NEGATIVE_INFINITY,
  survival: NO_FLOATS,
  first: 0,
  tail: null,
  above: 0,
  between: 0,
  squares: 0,
  last: Number.NaN,
});

/** Scores before the first p-value. */
const FIRST = 200;
/** A new look after this share of the scores seen so far, at least and at most so many scores apart. */
const LOOK = { share: 0.02, least: 20, most: 500 } as const;
/** The tail is this share of the scores, or more while they are few. */
const TAIL_SHARE = 0.005;
const TAIL_COUNT = 60;
const LARGEST_TAIL = 0.15;
/** Counts of those fade by half whenever there are so many. */
const COUNTED = 2_000;
/** A tail rests on so many occasions at least. */
const FEWEST = 3;
/** What is beyond all scores is at least this part of one among them: n of them cannot know that something comes less than once in 100 n. */
const UNSEEN = 0.01;
/** No p-value is below this: what was never seen is not impossible. */
export const LEAST_P = 1e-30;

/**
 * Turns the scores of one model into p-values: the share of past scores that were as high, empirical in the body, a generalised Pareto
 * tail beyond its 99.5 % quantile (peaks over threshold: Pickands, Annals of Statistics 3, 1975; for streams: Siffer et al., KDD 2017).
 * The past fades with a half-life in event time. It is looked at anew at stated counts, so that replays and restarts agree.
 */
export class Calibrator {
  private readonly state: CalibratorState;
  private readonly halfLifeMs: number;

  constructor(state: CalibratorState, halfLifeMs: number) {
    this.state = state;
    this.halfLifeMs = halfLifeMs;
  }

  /** Scores that it had taken in when it looked at them last. */
  get looked(): number {
    return this.state.looked;
  }

  /** How ordinary a score is, above 0 … 1; NaN before there is anything to compare it with. */
  p(score: number): number {
    const { tail, survival: shares, first } = this.state;
    if (tail === null) return Number.NaN;
    const kept = keptAs(score);
    if (kept > tail.from) return Math.max(LEAST_P, tail.share * beyond(tail, kept - tail.from));
    const at = binOf(score) - first;
    if (at < 0) return 1;
    const here = shares[at] ?? tail.share;
    const above = Math.max(shares[at + 1] ?? tail.share, tail.share);
    const low = edgeOf(at + first);
    const position = (score - low) / (edgeOf(at + first + 1) - low);
    return Math.min(1, Math.max(LEAST_P, tail.share, here + (above - here) * Math.min(1, Math.max(0, position))));
  }

  /** The least p-value that so many scores can know of. What lies below tells odd scores apart, and is not to be said. */
  get least(): number {
    const { total, unit } = this.state.sketch;
    return Math.max(LEAST_P, (UNSEEN * unit) / total);
  }

  /** The score that a share of all scores lies above; NaN before there is anything to compare with. */
  scoreAt(p: number): number {
    const { tail, survival: shares, first } = this.state;
    if (tail === null) return Number.NaN;
    if (p < tail.share) {
      const { occasions } = tail;
      const hazard = occasions * ((tail.share / p) ** (1 / occasions) - 1);
      return tail.from + excessAt(tail.fit, Math.exp(-hazard));
    }
    let low = 0;
    let high = shares.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (shares[middle]! > p) low = middle + 1;
      else high = middle;
    }
    if (low === 0 || low >= shares.length) return edgeOf(first + low);
    const [above, below] = [shares[low]!, shares[low - 1]!];
    const [from, to] = [edgeOf(first + low - 1), edgeOf(first + low)];
    return to - (to - from) * ((p - above) / (below - above));
  }

  /** Takes in a score that counts as ordinary. Times must not run back. */
  add(score: number, time: number): void {
    const { state } = this;
    const passed = state.seen === 0 ? 0 : time - state.time;
    state.time = time;
    addToSketch(state.sketch, score, 2 ** (passed / this.halfLifeMs));
    state.seen++;
    if (state.tail !== null && keptAs(score) > state.tail.from) {
      if (!Number.isNaN(state.last)) {
        const between = state.seen - state.last - 1;
        state.above++;
        state.between += between;
        state.squares += between * Math.max(0, between - 1);
      }
      state.last = state.seen;
      if (state.above > COUNTED) {
        state.above /= 2;
        state.between /= 2;
        state.squares /= 2;
      }
    }
    if (state.seen < FIRST) return;
    const step = Math.min(LOOK.most, Math.max(LOOK.least, Math.floor(state.looked * LOOK.share)));
    if (state.tail === null || state.seen - state.looked >= step) this.look();
  }

  /** Takes in what was counted elsewhere, until a time. */
  addCounts(counts: Sketch, time: number): void {
    const { state } = this;
    const passed = state.seen === 0 ? 0 : time - state.time;
    state.time = time;
    addCounts(state.sketch, counts, 2 ** (passed / this.halfLifeMs));
    state.seen += counts.total;
    if (state.seen >= FIRST) this.look();
  }

  private look(): void {
    const { state } = this;
    tidy(state.sketch);
    const { bins, first, total } = state.sketch;
    state.looked = state.seen;
    const shares = new Float32Array(bins.length + 1);
    let above = 0;
    for (let i = bins.length - 1; i >= 0; i--) {
      above += bins[i]!;
      shares[i] = above / total;
    }
    state.survival = shares;
    state.first = first;
    state.tail = tailOf(state.sketch, apart(state));
  }
}

/**
 * How many occasions one score of the tail is: 1 where they come one by one, little where they come in runs (the extremal index by the
 * intervals estimator of Ferro & Segers, Journal of the Royal Statistical Society B 65, 2003).
 */
function apart({ above, between, squares }: CalibratorState): number {
  return squares > 0 ? Math.min(1, (2 * between * between) / (above * squares)) : 1;
}

/**
 * P(excess > y) for somebody who knows the tail from so many occasions only: with n of an exponential tail the predictive distribution is
 * (1 + H/n)^−n, where H is −ln of what the fitted tail says. Scores that come in long runs are fewer occasions than scores.
 */
function beyond({ fit, occasions }: NonNullable<CalibratorState['tail']>, y: number): number {
  const hazard = -Math.log(survival(fit, y));
  return Math.exp(-occasions * Math.log1p(hazard / occasions));
}

/**
 * The tail of the highest scores: as many as make up its share, as far as they are kept.
 * @param apart occasions a score
 */
function tailOf(sketch: Sketch, apart: number): NonNullable<CalibratorState['tail']> {
  const { top, topWeights, topCount, total, unit } = sketch;
  const share = Math.min(LARGEST_TAIL, Math.max(TAIL_SHARE, (TAIL_COUNT * unit) / total));
  let at = topCount;
  let weight = 0;
  // The lowest one that is kept is the last that can bound it.
  while (at > 1 && (weight + topWeights[at - 1]!) / total <= share) weight += topWeights[--at]!;
  // What is kept one by one has faded, and lower scores have come since: the tail begins above those.
  if (weight < FADED * unit) return alike(highestOf(sketch), sketch);
  const from = top[at - 1]!;
  // Scores that are alike stand on one side: those of counts come in large steps.
  while (at < topCount && top[at] === from) weight -= topWeights[at++]!;
  const size = topCount - at;
  const excesses = new Float64Array(size);
  const weights = new Float64Array(size);
  for (let i = 0; i < size; i++) {
    excesses[i] = top[at + i]! - from;
    weights[i] = topWeights[at + i]! / unit;
  }
  const occasions = Math.max(FEWEST, (apart * weight) / unit);
  if (size > 0) return { from, share: weight / total, fit: fitTail(excesses, weights, size), occasions };
  return alike(from, sketch);
}

/** A tail of none, or of scores that are all alike: whatever is higher is odd by as much as one score among all. */
const alike = (from: number, { total, unit }: Sketch): NonNullable<CalibratorState['tail']> => ({
  from,
  share: unit / total,
  fit: { shape: 0, scale: Math.max(Math.abs(from) * 0.01, 1e-9) },
  occasions: FEWEST,
});

/** What no score exceeds that has not faded, by their bins. */
function highestOf({ bins, first, unit }: Sketch): number {
  let bin = bins.length - 1;
  while (bin > 0 && bins[bin]! < FADED * unit) bin--;
  return edgeOf(first + bin + 1);
}
