import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Observation } from '../api/index.js';
import { roundTrip } from '../state/codec.js';
import { initialEventTime } from '../state/saved.js';
import { EventTime } from './event-time.js';

const EPOCH = 1_700_000_000_000;
const at = (time: number, sequence = 1): Observation => ({ key: 'a', type: 'reading', sequence, time, received: 0, values: {} });

interface Taken {
  readonly sequence: number;
  readonly time: number;
  readonly late: boolean;
}

/** Feeds times; after each index in `cuts` the state is saved and loaded. `late`: behind the watermark before it was taken. */
function feed(times: readonly number[], settings = { latenessMs: 0, maxAheadMs: 5_000 }, cuts: ReadonlySet<number> = new Set()) {
  const taken: Taken[] = [];
  let watermark = Number.NEGATIVE_INFINITY;
  const take = ({ sequence, time }: Observation) => {
    taken.push({ sequence, time, late: time < watermark });
    watermark = clock.watermark;
  };
  let clock = new EventTime(initialEventTime(), settings, take);
  let ahead = 0;
  times.forEach((time, i) => {
    clock.begin(undefined);
    clock.offer(at(time, i + 1));
    if (!cuts.has(i)) return;
    ahead += clock.ahead;
    clock = new EventTime(roundTrip(clock.state), settings, take);
  });
  clock.end();
  return { taken, ahead: ahead + clock.ahead };
}

describe('event time', () => {
  it('hands every observation on, once and in order, wherever it is saved and loaded', () => {
    const times = fc.array(
      fc.integer({ min: 0, max: 40_000 }).map((ms) => EPOCH + ms),
      { minLength: 1, maxLength: 40 },
    );
    fc.assert(
      fc.property(times, fc.array(fc.nat(39)), (stamps, cuts) => {
        const whole = feed(stamps);
        expect(whole.taken.map(({ sequence }) => sequence)).toEqual(stamps.map((_, i) => i + 1));
        expect(feed(stamps, undefined, new Set(cuts))).toEqual(whole);
      }),
    );
  });

  it('is not moved by one wild stamp: it is clamped, and nothing that follows is late', () => {
    const steady = fc.array(fc.integer({ min: 0, max: 4_000 }), { minLength: 3, maxLength: 40 });
    fc.assert(
      fc.property(steady, fc.nat(), fc.integer({ min: 200_000, max: 2_000_000_000 }), (steps, place, jump) => {
        let time = EPOCH;
        const stamps = steps.map((step) => {
          time += step;
          return time;
        });
        const index = place % (stamps.length - 1);
        stamps[index]! += jump;
        const { taken, ahead } = feed(stamps);
        expect(ahead).toBe(1);
        expect(taken.filter(({ late }) => late)).toEqual([]);
        expect(Math.max(...taken.map((one) => one.time))).toBe(stamps.at(-1));
      }),
    );
  });

  it('moves on after a pause that the next stamp confirms', () => {
    const stamps = [0, 1_000, 3_600_000, 3_601_000].map((ms) => EPOCH + ms);
    const { taken, ahead } = feed(stamps);
    expect([ahead, taken.map(({ time }) => time)]).toEqual([0, stamps]);
  });

  it('lags by the lateness, and never runs back', () => {
    const clock = new EventTime(initialEventTime(), { latenessMs: 2_000, maxAheadMs: 1e12 }, () => {});
    clock.begin(EPOCH);
    const marks = [0, 5_000, 3_000, 9_000].map((ms) => {
      clock.offer(at(EPOCH + ms));
      return clock.watermark - EPOCH;
    });
    expect(marks).toEqual([-2_000, 3_000, 3_000, 7_000]);
    clock.tell(EPOCH + 4_000);
    expect(clock.watermark - EPOCH).toBe(7_000);
    clock.tell(EPOCH + 20_000);
    expect(clock.watermark - EPOCH).toBe(18_000);
  });

  it('where a batch says how far time has come, clamps what lies beyond at once', () => {
    const taken: number[] = [];
    const clock = new EventTime(initialEventTime(), { latenessMs: 0, maxAheadMs: 5_000 }, ({ time }) => taken.push(time - EPOCH));
    clock.begin(EPOCH + 1_000);
    for (const ms of [0, 4_000_000, 5_000, 6_001]) clock.offer(at(EPOCH + ms));
    // The last is within five seconds of the third, which time has come to meanwhile.
    expect([clock.ahead, taken]).toEqual([1, [0, 1_000, 5_000, 6_001]]);
  });
});
