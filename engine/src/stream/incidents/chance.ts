// How many episodes begin together by chance.

import type { Begun } from '../../state/incidents.js';

const DAY = 86_400_000;
/** How improbable more beginnings are than there are by chance. */
export const IMPROBABLE = 1e-3;
/** Things that are known to have been counted: as many as a restart may bring again. */
const LATELY = 200;
/** Half-life of what is remembered of how often episodes begin, ms. */
const HALF_LIFE = 3 * DAY;

/** P(X ≥ least) where so many are expected (Poisson). */
export function tail(least: number, expected: number): number {
  if (least <= 0) return 1;
  if (expected <= 0) return 0;
  // In logarithms: e^−λ of a large λ is nothing.
  let log = -expected;
  let below = Math.exp(log);
  for (let i = 1; i < least; i++) {
    log += Math.log(expected / i);
    below += Math.exp(log);
  }
  return Math.max(0, 1 - below);
}

/** The fewest that are improbable where so many are expected. */
export function fewest(expected: number): number {
  let log = -expected;
  let below = Math.exp(log);
  let least = 1;
  while (1 - below >= IMPROBABLE) {
    log += Math.log(expected / least);
    below += Math.exp(log);
    least++;
  }
  return least;
}

export const initialBegun = (): Begun => ({
  amount: 0,
  at: Number.NEGATIVE_INFINITY,
  since: Number.POSITIVE_INFINITY,
  times: 0,
  lately: [],
});

/** Something began by itself, or turned out to be so much less; what was counted lately counts once. */
export function count(begun: Begun, id: string, time: number, amount = 1): void {
  const { lately } = begun;
  if (lately.includes(id)) return;
  lately.push(id);
  if (lately.length > LATELY) lately.shift();
  begun.times++;
  begun.since = Math.min(begun.since, time);
  if (time > begun.at) {
    begun.amount *= faded(time - begun.at);
    begun.at = time;
  }
  begun.amount = Math.max(0, begun.amount + amount);
}

/**
 * How many episodes begin in a stretch, over so many keys: what their budgets allow, or what was seen where that is more, as it is with rules
 * that nobody has given a budget.
 */
export function expectedIn(stretchMs: number, keys: number, perDay: number, begun: Begun): number {
  const allowed = keys * perDay;
  const over = begun.at - begun.since;
  // At first a day of the budget stands beside what was seen: a single hour says little.
  const prior = over > 0 ? faded(over) : 1;
  const days = ((1 - prior) * HALF_LIFE) / Math.LN2 / DAY;
  const seen = (begun.amount + prior * allowed) / (days + prior);
  return (Math.max(allowed, seen) * stretchMs) / DAY;
}

const faded = (ms: number): number => (Number.isFinite(ms) ? 2 ** (-ms / HALF_LIFE) : 0);
