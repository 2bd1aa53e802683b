import { describe, expect, it } from 'vitest';
import { adviceOf, isTelemetry, Telemetry } from '../src/live/telemetry.js';
import type { Vehicle } from '../src/vehicle/vehicle.js';

const [one, other] = [{ key: 'vehicle-1' }, { key: 'vehicle-2' }] as Vehicle[];

/** A clock in seconds, at whose ticks vehicles say something. */
function hearing() {
  const telemetry = new Telemetry();
  let now = 0;
  const news: string[] = [];
  const run = (seconds: number, says: readonly (readonly [Vehicle, string | undefined])[]) => {
    for (let i = 0; i < seconds; i++) {
      now += 1_000;
      for (const [vehicle, type] of says) telemetry.note(vehicle, type !== undefined && isTelemetry(type), now);
      for (const { vehicle, lacking } of telemetry.look(now)) news.push(`${now / 1_000} ${vehicle.key} ${lacking}`);
    }
  };
  return { telemetry, news, run, now: () => now };
}

describe('a vehicle that is heard', () => {
  it('and sends only HEARTBEAT and the like is told after 10 s, once, and so is the end of that', () => {
    const { telemetry, news, run } = hearing();
    run(10, [
      [one!, 'heartbeat'],
      [one!, 'statustext'],
      [one!, 'link'],
      [one!, undefined],
    ]);
    expect([news, telemetry.lacking, telemetry.allLacking]).toEqual([[], 0, false]);
    run(20, [[one!, 'heartbeat']]);
    expect([news, telemetry.lacking, telemetry.allLacking]).toEqual([['11 vehicle-1 true'], 1, true]);
    run(1, [[one!, 'attitude']]);
    expect([news, telemetry.lacking, telemetry.allLacking]).toEqual([['11 vehicle-1 true', '31 vehicle-1 false'], 0, false]);
    // It stops again.
    run(12, [[one!, 'heartbeat']]);
    expect(news.at(-1)).toBe('41 vehicle-1 true');
  });

  it('is one of several: where one sends telemetry, not all is in vain', () => {
    const { telemetry, news, run } = hearing();
    run(12, [
      [one!, 'heartbeat'],
      [other!, 'gps_raw_int'],
    ]);
    expect([news, telemetry.lacking, telemetry.allLacking]).toEqual([['11 vehicle-1 true'], 1, false]);
  });

  it('is not told while it is silent, nor for what was lost while we stood still', () => {
    const { telemetry, news, run, now } = hearing();
    run(5, [[one!, 'attitude']]);
    run(60, []);
    expect([news, telemetry.lacking, telemetry.allLacking]).toEqual([[], 0, false]);
    run(9, [[one!, 'heartbeat']]);
    telemetry.forgive(now());
    run(9, [[one!, 'heartbeat']]);
    expect(news).toEqual([]);
  });

  it('goes on lacking it through a silence, and where we stood still', () => {
    const { telemetry, news, run, now } = hearing();
    run(12, [[one!, 'heartbeat']]);
    run(20, []);
    run(3, [[one!, 'heartbeat']]);
    telemetry.forgive(now());
    run(3, [[one!, 'heartbeat']]);
    expect([news, telemetry.allLacking]).toEqual([['11 vehicle-1 true'], true]);
    run(1, [[one!, 'attitude']]);
    expect(news.at(-1)).toBe('39 vehicle-1 false');
  });

  it('is told with what to do', () => {
    expect(adviceOf('vehicle-1', false)).toMatch(/^vehicle-1 is heard and sends nothing .* set mode: active, .* SRn_EXTRA1/);
    expect(adviceOf('vehicle-1', true)).toContain('though it was asked');
  });
});
