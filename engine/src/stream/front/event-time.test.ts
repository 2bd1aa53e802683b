import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { random } from '../../api/index.js';
import { roundTrip } from '../../state/codec.js';
import { initialEventTime } from '../../state/saved.js';
import { EventTime, type TimeEvents } from './event-time.js';

const EPOCH = 1_700_000_000_000;
const DAY = 86_400_000;
const MONTH = 30 * DAY;

/** One observation: its key and its time since the epoch of the test, ms. */
type Stamp = readonly [key: string, ms: number];

interface Outcome {
  /** Sequences, in the order in which they were taken. */
  readonly taken: number[];
  readonly refused: number[];
  /** Taken, and behind the watermark before them. */
  readonly late: number[];
  readonly repeats: number;
  readonly latest: number;
}

/** Feeds stamps, the sequence of each its place unless said otherwise; after each index in `cuts` the state is saved and loaded. */
function feed(
  stamps: readonly Stamp[],
  settings: { latenessMs?: number; maxAheadMs?: number; cuts?: ReadonlySet<number>; sequences?: readonly number[] } = {},
): Outcome {
  const { latenessMs = 0, maxAheadMs = 5_000, cuts = new Set(), sequences = stamps.map((_, i) => i + 1) } = settings;
  const out = { taken: [] as number[], refused: [] as number[], late: [] as number[], repeats: 0 };
  const seen = new Set<number>();
  const events: TimeEvents = {
    take: (observation) => {
      const { sequence, time } = observation;
      if (seen.has(sequence)) {
        out.repeats++;
        return;
      }
      seen.add(sequence);
      if (time < clock.watermark) out.late.push(sequence);
      out.taken.push(sequence);
      clock.reach(observation);
    },
    refuse: ({ sequence }) => {
      seen.add(sequence);
      out.refused.push(sequence);
    },
    keys: () => 1,
    repeated: ({ sequence }) => seen.has(sequence),
    repeat: () => {
      out.repeats++;
    },
  };
  let clock = new EventTime(initialEventTime(), { latenessMs, maxAheadMs }, events);
  stamps.forEach(([key, ms], i) => {
    clock.begin(undefined);
    clock.offer({ key, type: 'reading', sequence: sequences[i]!, time: EPOCH + ms, received: 0, values: {} });
    if (cuts.has(i)) clock = new EventTime(roundTrip(clock.state), { latenessMs, maxAheadMs }, events);
  });
  clock.end();
  return { ...out, latest: clock.now - EPOCH };
}

const all = (stamps: readonly Stamp[]) => stamps.map((_, i) => i + 1);
/** Some keys in turn, each a second apart in its own time. */
const turns = (keys: readonly string[], count: number, from = 0): Stamp[] =>
  Array.from({ length: count }, (_, i) => [keys[i % keys.length]!, from + Math.floor(i / keys.length) * 1_000] as const);

describe('event time', () => {
  it('settles every observation once, wherever it is saved and loaded', () => {
    const key = fc.constantFrom('a', 'b', 'c');
    const stamps = fc.array(fc.tuple(key, fc.oneof(fc.nat(40_000), fc.constantFrom(DAY, MONTH))), {
      minLength: 1,
      maxLength: 60,
    });
    fc.assert(
      fc.property(stamps, fc.array(fc.nat(59)), (given, cuts) => {
        const whole = feed(given);
        expect([...whole.taken, ...whole.refused].sort((a, b) => a - b)).toEqual(all(given));
        expect(feed(given, { cuts: new Set(cuts) })).toEqual(whole);
      }),
    );
  });

  it('is not moved by one wild stamp, at the beginning neither: it is refused, and nothing that follows is late', () => {
    const steady = fc.array(fc.integer({ min: 0, max: 2_500 }), { minLength: 5, maxLength: 40 });
    fc.assert(
      fc.property(steady, fc.nat(), fc.integer({ min: 200_000, max: 2_000_000_000 }), (steps, place, jump) => {
        let time = 0;
        const stamps = steps.map((step): Stamp => {
          time += step;
          return ['a', time];
        });
        // The last has nothing behind it that could contradict it.
        const index = place % (stamps.length - 2);
        const wild = stamps.map(([key, ms], i): Stamp => [key, i === index ? ms + jump : ms]);
        const { refused, late, latest } = feed(wild);
        expect({ refused, late, latest }).toEqual({ refused: [index + 1], late: [], latest: stamps.at(-1)![1] });
      }),
    );
  });

  it('believes a few keys that are ahead no more than one, however often they say so', () => {
    const next = random(7);
    for (let round = 0; round < 100; round++) {
      const keys = Array.from({ length: 3 + Math.floor(next() * 30) }, (_, i) => `host ${i}`);
      const wild = new Set(keys.filter(() => next() < 0.4).slice(0, Math.floor((keys.length - 1) / 2)));
      const from = keys.length * (1 + Math.floor(next() * 5));
      const ahead = 60_000 + next() * MONTH;
      const good = turns(keys, keys.length * 40);
      const stamps = good.map(([key, ms], i): Stamp => [key, i >= from && wild.has(key) ? ms + ahead : ms]);
      const { late, latest, refused } = feed(stamps);
      const wrong = stamps.flatMap(([key], i) => (i >= from && wild.has(key) ? [i + 1] : []));
      expect({ round, late, latest }).toEqual({ round, late: [], latest: good.at(-1)![1] });
      expect(refused).toEqual(wrong);
    }
  });

  it('moves on after a pause: of one key, of many, of a few that come back, and of one whose others stay away', () => {
    const keys = ['a', 'b', 'c', 'd'];
    const pause = 2 * DAY;
    for (const [before, after] of [
      [['a'], ['a']],
      [keys, keys],
      [keys, ['b', 'd']],
      [keys, ['c']],
    ] as const) {
      const stamps = [...turns(before, 100), ...turns(after, 100, pause)];
      expect(feed(stamps), `${before} then ${after}`).toEqual({
        taken: all(stamps),
        refused: [],
        late: [],
        repeats: 0,
        latest: stamps.at(-1)![1],
      });
    }
  });

  it('holds nothing back for long in a stream of long steps', () => {
    let taken = 0;
    const clock: EventTime = new EventTime(
      initialEventTime(),
      { latenessMs: 0, maxAheadMs: 5_000 },
      {
        take: (observation) => {
          taken++;
          clock.reach(observation);
        },
        refuse: () => expect.unreachable('nothing is wild here'),
        keys: () => 1,
        repeated: () => false,
        repeat: () => {},
      },
    );
    for (let i = 1; i <= 50; i++) {
      clock.begin(undefined);
      clock.offer({ key: 'a', type: 'reading', sequence: i, time: EPOCH + i * DAY, received: 0, values: {} });
      // Three that are a day apart show that days are its steps.
      expect(taken).toBe(i < 3 ? 0 : i);
    }
  });

  it('takes what is ahead by little when time has come near it', () => {
    // A clock that is seven seconds ahead of the other's.
    const stamps = turns(['a', 'b'], 60).map(([key, ms], i): Stamp => [key, key === 'b' && i > 9 ? ms + 7_000 : ms]);
    const { taken, refused } = feed(stamps);
    expect([taken.length, refused]).toEqual([60, []]);
  });

  it('asks nothing of what came before: a repeat neither settles a jump nor is held twice', () => {
    const minute: Stamp[] = [
      ['a', 0],
      ['a', 1_000],
      ['a', 61_000],
    ];
    const twice = feed([...minute, ...minute], { sequences: [1, 2, 3, 1, 2, 3] });
    expect(twice).toEqual({ taken: [1, 2, 3], refused: [], late: [], repeats: 3, latest: 61_000 });
  });

  it('lags by the lateness, and never runs back', () => {
    const clock: EventTime = new EventTime(
      initialEventTime(),
      { latenessMs: 2_000, maxAheadMs: 1e12 },
      { take: (o) => clock.reach(o), refuse: () => {}, repeated: () => false, repeat: () => {}, keys: () => 1 },
    );
    clock.begin(EPOCH);
    const marks = [0, 5_000, 3_000, 9_000].map((ms, i) => {
      clock.offer({ key: 'a', type: 'reading', sequence: i, time: EPOCH + ms, received: 0, values: {} });
      return clock.watermark - EPOCH;
    });
    expect(marks).toEqual([-2_000, 3_000, 3_000, 7_000]);
    clock.tell(EPOCH + 4_000);
    expect(clock.watermark - EPOCH).toBe(7_000);
    clock.tell(EPOCH + 20_000);
    expect(clock.watermark - EPOCH).toBe(18_000);
  });

  it('where a batch says how far time has come, refuses what lies beyond at once', () => {
    const taken: number[] = [];
    const refused: number[] = [];
    const clock: EventTime = new EventTime(
      initialEventTime(),
      { latenessMs: 0, maxAheadMs: 5_000 },
      {
        take: (o) => {
          taken.push(o.time - EPOCH);
          clock.reach(o);
        },
        refuse: (_, byMs) => void refused.push(byMs),
        keys: () => 1,
        repeated: () => false,
        repeat: () => {},
      },
    );
    clock.begin(EPOCH + 1_000);
    for (const [i, ms] of [0, 4_000_000, 5_000, 6_001].entries())
      clock.offer({ key: 'a', type: 'reading', sequence: i, time: EPOCH + ms, received: 0, values: {} });
    // The last is within five seconds of the third, which time has come to meanwhile.
    expect([refused, taken]).toEqual([[3_999_000], [0, 5_000, 6_001]]);
  });
});
