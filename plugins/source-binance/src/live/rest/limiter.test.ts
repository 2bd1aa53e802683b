import { describe, expect, it } from 'vitest';
import { Lateness } from '../watermark.js';
import { Backoff, Budget, WeightLimiter } from './limiter.js';

const MINUTE = 60_000;

describe('the weight limiter', () => {
  it('lets go up to the limit less the reserve, then waits for the next minute of the exchange', () => {
    const limiter = new WeightLimiter(100, 0.2);
    limiter.skew = 5_000;
    const now = MINUTE * 1_000 + 10_000;
    expect([limiter.ask(now, 50), limiter.ask(now, 30)]).toEqual([0, 0]);
    const wait = limiter.ask(now, 1);
    expect(wait).toBe(45_500);
    limiter.done(now, 50, 50);
    limiter.done(now, 30, 80);
    expect(limiter.ask(now + wait - 2_000, 1)).toBeGreaterThan(0);
    expect(limiter.ask(now + wait, 1)).toBe(0);
  });

  it('believes the exchange where that has counted more: others may live behind the same address', () => {
    const limiter = new WeightLimiter(100, 0);
    const now = MINUTE * 1_000 + 10_000;
    limiter.ask(now, 10);
    limiter.done(now, 10, 95);
    expect(limiter.used).toBe(95);
    expect(limiter.ask(now, 10)).toBeGreaterThan(0);
  });

  it('lets a single request that is heavier than everything allowed go alone', () => {
    const limiter = new WeightLimiter(10, 0.5);
    expect(limiter.ask(MINUTE * 5, 20)).toBe(0);
    expect(limiter.ask(MINUTE * 5, 1)).toBeGreaterThan(0);
  });

  it('sends nothing during a ban', () => {
    const limiter = new WeightLimiter(100, 0);
    limiter.pause(5_000);
    limiter.pause(2_000);
    expect([limiter.ask(1_000, 1), limiter.ask(5_000, 1)]).toEqual([4_000, 0]);
  });
});

describe('attempts', () => {
  it('are counted over a sliding span', () => {
    const budget = new Budget(2, 1_000);
    expect([0, 10, 20, 1_000, 1_005, 1_010].map((now) => budget.take(now))).toEqual([true, true, false, true, false, true]);
  });

  it('pause twice as long at most each time, up to a limit, and are told ever more rarely', () => {
    const backoff = new Backoff(100, 1_000, () => 1);
    const told: boolean[] = [];
    const pauses = Array.from({ length: 9 }, () => {
      const pause = backoff.next();
      told.push(backoff.worthTelling);
      return pause;
    });
    expect(pauses).toEqual([100, 200, 400, 800, 1_000, 1_000, 1_000, 1_000, 1_000]);
    expect(told).toEqual([true, true, false, true, false, false, false, true, false]);
    expect(new Backoff(100, 1_000, () => 0).next()).toBe(25);
  });
});

describe('the allowance of the watermark', () => {
  it('is half a second and the skew before anything has come', () => {
    const lateness = new Lateness();
    expect(lateness.allowance).toBe(500);
    lateness.skew = 2_000;
    expect(lateness.allowance).toBe(-1_500);
  });

  it('is the longest delay of late, as clocks show it', () => {
    const lateness = new Lateness();
    lateness.seen(1_000, 1_040);
    lateness.seen(2_000, 2_010);
    expect(lateness.allowance).toBe(65);
    for (let now = 32_000; now < 100_000; now += 1_000) lateness.seen(now, now + 10);
    expect(lateness.allowance).toBe(35);
  });

  it('takes a clock that runs behind the exchange for what it is, and one straggler for an exception', () => {
    const lateness = new Lateness();
    lateness.skew = 3_000;
    lateness.seen(10_000, 7_040);
    expect(lateness.allowance).toBe(-2_935);
    lateness.seen(10_000, 70_000);
    expect(lateness.allowance).toBe(2_025);
  });
});
