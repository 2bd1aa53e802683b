import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergedTime, type Stand, sharedOut, undecided } from './merged.js';

const time = fc.oneof(fc.integer({ min: 0, max: 1_000 }), fc.constant(Number.NEGATIVE_INFINITY));
const keysOf = (partition: number) => fc.subarray(Array.from({ length: 8 }, (_, i) => `${partition}-${i}`));

/** Partitions as checkpoints have them: no key is in two of them. */
const standOf = (partition: number): fc.Arbitrary<Stand> =>
  keysOf(partition).chain((keys) => {
    const some: fc.Arbitrary<string[]> = fc.subarray(keys);
    return fc.record({
      keys: fc.constant(keys),
      senders: fc.uniqueArray(fc.tuple(fc.constantFrom('x', 'y', 'z'), fc.integer({ min: 1, max: 9 })), {
        selector: ([name]) => name,
      }),
      time: fc.record({
        latest: time,
        told: time,
        step: fc.nat(50),
        seen: fc.nat(20),
        recent: fc.tuple(some, some, time).map(([present, before, since]) => ({
          present,
          before: before.filter((key) => !present.includes(key)),
          since,
        })),
        waiting: some.map((names) =>
          names.map((key, i) => ({
            at: i,
            observation: { key, type: 't', sequence: i, time: 5_000 + i, received: 0, values: {} },
          })),
        ),
        others: some,
        crowd: fc.integer({ min: 1, max: 9 }),
        counted: time,
        lost: fc.subarray(['one', 'two', 'three']),
      }),
    });
  });
const stands = fc.integer({ min: 1, max: 4 }).chain((count) => fc.tuple(...Array.from({ length: count }, (_, i) => standOf(i))));
const LEAP = 40;

describe('what partitions knew', () => {
  it('is what the only one knew, where all of its keys go to one', () => {
    fc.assert(
      fc.property(standOf(0), (stand) => {
        const { waiting, others, ...known } = stand.time;
        expect(mergedTime([stand], LEAP, () => true)).toEqual({ ...known, waiting: [], others: [] });
        expect(undecided([stand])).toEqual(waiting.map(({ observation }) => observation));
        expect(sharedOut([stand], () => true)).toEqual(stand.keys.length > 0 ? stand.senders : []);
      }),
    );
  });

  it('is so far back that nothing that is written again is late, and no further than nobody would doubt', () => {
    fc.assert(
      fc.property(stands, fc.integer({ min: 1, max: 5 }), (all, partitions) => {
        const partitionOf = (key: string) => ((key.codePointAt(0)! * 31 + key.codePointAt(2)!) * 7) % partitions;
        for (let partition = 0; partition < partitions; partition++) {
          const now = mergedTime(all, LEAP, (key) => partitionOf(key) === partition);
          const own = all.filter(({ keys }) => keys.some((key) => partitionOf(key) === partition));
          const times = (own.length > 0 ? own : all).map(({ time: known }) => known);
          const newest = Math.max(...times.map(({ latest }) => latest));
          const leap = Math.max(LEAP, 4 * now.step);
          if (Number.isFinite(newest)) expect(newest - now.latest).toBeLessThanOrEqual(leap);
          for (const { latest, told, lost } of times) {
            if (latest >= newest - leap) expect(now.latest).toBeLessThanOrEqual(latest);
            expect(now.told).toBeLessThanOrEqual(told);
            for (const one of lost) expect(now.lost).toContain(one);
          }
        }
        expect(undecided(all)).toHaveLength(all.reduce((sum, { time: known }) => sum + known.waiting.length, 0));
      }),
    );
  });

  it('of senders is at least what they had made up', () => {
    fc.assert(
      fc.property(stands, fc.integer({ min: 1, max: 5 }), (all, partitions) => {
        const partitionOf = (key: string) => key.codePointAt(2)! % partitions;
        const shares = Array.from({ length: partitions }, (_, i) => sharedOut(all, (key) => partitionOf(key) === i));
        for (const sender of ['x', 'y', 'z']) {
          const made = (from: Stand['senders']) => from.filter(([name]) => name === sender).reduce((sum, [, n]) => sum + n, 0);
          const before = all.filter(({ keys }) => keys.length > 0).reduce((sum, { senders }) => sum + made(senders), 0);
          const after = shares.reduce((sum, share) => sum + made(share), 0);
          expect(after).toBeGreaterThanOrEqual(before);
          expect(after).toBeLessThan(before + partitions);
        }
      }),
    );
  });
});
