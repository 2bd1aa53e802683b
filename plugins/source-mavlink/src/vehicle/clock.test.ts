import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { VehicleClock } from './clock.js';

const T = Date.UTC(2026, 2, 1);
const WRAP = 2 ** 32;

describe('the clock of a recorded vehicle', () => {
  it('takes the stamp at the first sight, and then goes by the boot clock whatever the stamps do', () => {
    const clock = new VehicleClock('recorded');
    expect(clock.timed(5_000, T)).toBe(T);
    expect(clock.timed(5_100, T + 3_600_000)).toBe(T + 100);
    expect(clock.timed(5_200, T - 3_600_000)).toBe(T + 200);
    expect(clock.untimed(T + 7_200_000)).toBe(T + 200);
    expect(clock.untimed(T + 7_202_900)).toBe(T + 200);
    expect(clock.untimed(T + 7_203_100)).toBe(T + 400);
    expect(clock.timed(5_300, T)).toBe(T + 400);
    expect(clock.timed(6_500, T)).toBe(T + 1_500);
  });

  it('takes the time of the GPS when that comes soon, and not when it comes late', () => {
    const soon = new VehicleClock('recorded');
    soon.timed(5_000, T);
    soon.timed(6_000, T + 1_000);
    soon.unix(T + 86_400_000, 6_000);
    expect(soon.time).toBe(T + 86_400_000);
    const late = new VehicleClock('recorded');
    late.timed(5_000, T);
    late.timed(20_000, T + 15_000);
    late.unix(T + 86_400_000, 20_000);
    expect(late.timed(20_100, T)).toBe(T + 15_100);
  });

  it('has what a GPS has shown of the recorder in common with the others, and beside them does not run away by itself', () => {
    const recorder = { correction: 0, vehicles: 1 };
    const first = new VehicleClock('recorded', undefined, recorder);
    first.timed(5_000, T);
    first.unix(T + 86_400_000, 5_000);
    recorder.vehicles = 2;
    const second = new VehicleClock('recorded', undefined, recorder);
    expect(second.timed(900_000, T + 500)).toBe(T + 86_400_500);
    second.unix(T + 2 * 86_400_000, 900_000);
    expect(second.timed(900_100, T)).toBe(T + 86_400_600);
    second.unix(T + 86_405_000, 900_100);
    const restored = new VehicleClock('recorded', JSON.parse(JSON.stringify(second.state())), recorder);
    expect(restored.time).toBe(second.time);
  });

  it('stands while a GPS sets it back by a little, and ignores one that would set it back by much or knows no time', () => {
    const clock = new VehicleClock('recorded');
    clock.timed(5_000, T);
    clock.unix(0, 5_000);
    clock.unix(T - 4_600, 5_000);
    expect(clock.timed(7_000, T)).toBe(T);
    expect(clock.timed(10_000, T)).toBe(T + 400);
    const other = new VehicleClock('recorded');
    other.timed(5_000, T);
    other.unix(T - 60_000, 5_000);
    expect(other.timed(6_000, T)).toBe(T + 1_000);
  });

  it('sees a reboot when two messages agree on it, and not in one that came late', () => {
    const clock = new VehicleClock('recorded');
    clock.timed(500_000, T);
    clock.timed(490_000, T + 10);
    expect([clock.rebootedAt, clock.time]).toEqual([Number.NaN, T]);
    clock.timed(500_020, T + 20);
    clock.timed(3_000, T + 9_000);
    expect(clock.rebootedAt).toBeNaN();
    clock.timed(3_010, T + 9_010);
    expect(clock.rebootedAt).toBe(T + 20);
    expect(clock.time).toBe(T + 9_010);
    clock.timed(3_020, T + 9_020);
    expect(clock.rebootedAt).toBeNaN();
  });

  it('does not go back over a reboot although the recorder was set back', () => {
    const clock = new VehicleClock('recorded');
    clock.timed(500_000, T);
    clock.timed(3_000, T - 500_000);
    clock.timed(3_100, T - 500_000);
    expect(clock.time).toBe(T);
    expect(clock.timed(4_100, T)).toBe(T + 1_000);
  });

  it('goes on over the end of the 32 bits', () => {
    const clock = new VehicleClock('recorded');
    clock.timed(WRAP - 100, T);
    expect(clock.timed(50, T)).toBe(T + 150);
    expect(clock.timed(WRAP - 50, T)).toBe(T + 150);
    expect(clock.timed(1_050, T)).toBe(T + 1_150);
    expect(clock.rebootedAt).toBeNaN();
  });
});

describe('the clock of a live vehicle', () => {
  it('goes by the least delay', () => {
    const clock = new VehicleClock('live');
    clock.timed(1_000, T + 300);
    expect(clock.timed(2_000, T + 1_100)).toBeCloseTo(T + 1_100, 0);
    expect(clock.timed(3_000, T + 2_900)).toBeCloseTo(T + 2_100, 0);
  });

  it('follows a boot clock that runs slow', () => {
    const clock = new VehicleClock('live');
    // 50 parts per million over ten hours: 1.8 s.
    for (let s = 0; s < 36_000; s++) clock.timed(Math.round(s * 1_000 * (1 - 5e-5)), T + s * 1_000);
    expect(Math.abs(clock.time - (T + 35_999_000))).toBeLessThan(10);
  });

  it('follows when our own clock was set forward, after some seconds', () => {
    const clock = new VehicleClock('live');
    for (let i = 0; i < 100; i++) clock.timed(i * 100, T + i * 100);
    for (let i = 100; i < 200; i++) clock.timed(i * 100, T + 60_000 + i * 100);
    expect(Math.abs(clock.time - (T + 60_000 + 19_900))).toBeLessThan(10);
  });
});

describe('a clock', () => {
  it('never goes back, and goes on from where it was saved as if it had not been', () => {
    const step = fc.record({
      raw: fc.oneof(fc.integer({ min: 0, max: 100_000 }), fc.integer({ min: WRAP - 10_000, max: WRAP - 1 })),
      stamp: fc.integer({ min: -100_000, max: 200_000 }),
      kind: fc.constantFrom('timed', 'untimed', 'unix'),
    });
    const property = fc.property(fc.constantFrom('recorded', 'live'), fc.array(step, { maxLength: 60 }), (timing, steps) => {
      const clock = new VehicleClock(timing as 'live');
      let saved = new VehicleClock(timing as 'live');
      let last = Number.NEGATIVE_INFINITY;
      for (const { raw, stamp, kind } of steps) {
        saved = new VehicleClock(timing as 'live', JSON.parse(JSON.stringify(saved.state())));
        for (const one of [clock, saved]) {
          if (kind === 'timed') one.timed(raw, T + stamp);
          else if (kind === 'untimed') one.untimed(T + stamp);
          else one.unix(T + stamp, raw);
        }
        if (Number.isNaN(clock.time)) continue;
        expect(clock.time).toBeGreaterThanOrEqual(last);
        last = clock.time;
        expect(saved.time).toBe(clock.time);
      }
    });
    fc.assert(property, { seed: 5, numRuns: 500 });
  });
});
