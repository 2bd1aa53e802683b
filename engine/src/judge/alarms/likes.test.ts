import { describe, expect, it } from 'vitest';
import { random } from '../../api/index.js';
import { Likes } from './likes.js';

const DAY = 86_400_000;
/** Scores as a model gives them. */
const scores = (seed: number, count: number) => {
  const next = random(seed);
  return Array.from({ length: count }, () => -Math.log(1 - next()));
};

/** Some keys lend for some hours, each to one of several who gather. */
function lent(gatherers: number, keys = 6): Likes {
  const front = new Likes(DAY);
  for (let hour = 1; hour <= 30; hour++) {
    front.turn(hour);
    const all = Array.from({ length: gatherers }, () => new Likes(DAY));
    for (let key = 0; key < keys; key++) {
      const one = all[key % gatherers]!;
      one.begin();
      for (const score of scores(hour * 100 + key, 60)) one.lend('level', score);
    }
    for (const one of all.reverse()) front.add(one.take());
  }
  front.turn(31);
  return front;
}

describe('what keys have lent', () => {
  it('is the same whoever gathers it, to the last bit', () => {
    const one = lent(1);
    const probes = [0.1, 1, 3, 6, 9, 14];
    const all = probes.map((score) => one.of('level')!.p(score));
    for (const p of all) expect(p).toBeGreaterThan(0);
    for (const gatherers of [2, 3, 6]) {
      const other = lent(gatherers);
      expect(probes.map((score) => other.of('level')!.p(score))).toEqual(all);
    }
  });

  it('says how often a score comes among all of them', () => {
    const level = lent(2).of('level')!;
    for (const score of [0.5, 2, 4]) expect(level.p(score) / Math.exp(-score)).toBeGreaterThan(0.8);
    for (const score of [0.5, 2, 4]) expect(level.p(score) / Math.exp(-score)).toBeLessThan(1.25);
    expect(level.scoreAt(Math.exp(-5))).toBeGreaterThan(4.4);
  });

  it('counts from the next hour on, and only of five keys or more', () => {
    const likes = new Likes(DAY);
    likes.turn(1);
    for (let key = 0; key < 5; key++) {
      likes.begin();
      for (const score of scores(key, 100)) likes.lend('level', score);
    }
    expect(likes.of('level')).toBeUndefined();
    likes.turn(2);
    expect(likes.of('level')).toBeDefined();
    expect(likes.of('other')).toBeUndefined();
    expect(lent(1, 4).of('level')).toBeUndefined();
    // After days in which nobody lent, nobody is known.
    likes.turn(2 + 24);
    expect(likes.of('level')).toBeUndefined();
  });

  it('is known again from what was saved, with what was lent in the hour at hand', () => {
    const likes = lent(1);
    likes.begin();
    likes.lend('level', 40);
    const again = new Likes(DAY, structuredClone(likes.saved));
    for (const one of [likes, again]) one.turn(32);
    expect(again.saved).toEqual(likes.saved);
    expect(again.of('level')!.p(30)).toBe(likes.of('level')!.p(30));
  });
});
