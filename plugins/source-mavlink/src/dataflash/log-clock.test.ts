import { describe, expect, it } from 'vitest';
import { LogClock, unixOfGps } from './log-clock.js';

describe('GPS time', () => {
  it.each([
    [0, 0, '1980-01-06T00:00:00.000Z'],
    // The seconds before and behind the leap at the end of 2016.
    [1_930, 16_999, '2016-12-31T23:59:59.999Z'],
    [1_930, 18_000, '2017-01-01T00:00:00.000Z'],
    [2_194, 554_002_600, '2022-01-29T09:53:04.600Z'],
    [1_928, 483_338_600, '2016-12-23T14:15:21.600Z'],
  ])('week %i, %i ms is %s', (week, milliseconds, iso) => {
    expect(new Date(unixOfGps(week, milliseconds)).toISOString()).toBe(iso);
  });
});

describe('the clock of a log', () => {
  it('adds boot time to the moment of the boot, and never goes back for a record that was written late', () => {
    const clock = new LogClock(1_000_000, 500);
    expect(clock.time).toBe(1_000_500);
    expect([600, 800, 700, Number.NaN, 900].map((boot) => clock.at(boot))).toEqual([
      1_000_600, 1_000_800, 1_000_800, 1_000_800, 1_000_900,
    ]);
  });

  it('takes no jump that a single record makes, in either direction', () => {
    const clock = new LogClock(0, 0);
    expect([1_000, 5e9, 1_100, 0, 1_200].map((boot) => clock.at(boot))).toEqual([1_000, 1_000, 1_100, 1_100, 1_200]);
    clock.at(90_000);
    expect(clock.at(90_100)).toBe(90_100);
  });

  it('goes on behind a reboot, which it tells once', () => {
    const clock = new LogClock(0, 0);
    clock.at(50_000);
    clock.at(100_000);
    clock.at(200);
    expect(clock.rebootedAt).toBeNaN();
    expect(clock.at(300)).toBe(100_000);
    expect(clock.rebootedAt).toBe(100_000);
    expect(clock.at(1_300)).toBe(101_000);
    expect(clock.rebootedAt).toBeNaN();
  });

  it('stands where its state says', () => {
    const clock = new LogClock(0, 0);
    for (const boot of [50_000, 300]) clock.at(boot);
    const other = new LogClock(7, 7);
    other.restore(JSON.parse(JSON.stringify(clock.state())));
    for (const boot of [400, 500]) expect(other.at(boot)).toBe(clock.at(boot));
  });
});
