import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EventTimeState } from '../../state/saved.js';
import { mergedTime, type Stand, sharedOut } from './merged.js';

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
        lost: fc.subarray(['one', 'two', 'three']),
      }),
    });
  });
const stands = fc.integer({ min: 1, max: 4 }).chain((count) => fc.tuple(...Array.from({ length: count }, (_, i) => standOf(i))));
const waitingIn = ({ waiting }: EventTimeState) => waiting.map(({ observation: { key, sequence } }) => `${key} ${sequence}`);

describe('what partitions knew', () => {
  it('is what the only one knew, where all of its keys go to one', () => {
    fc.assert(
      fc.property(standOf(0), (stand) => {
        const { others, ...rest } = mergedTime([stand], () => true);
        const { others: before, ...known } = stand.time;
        expect(rest).toEqual(known);
        // Those who contradict matter only where somebody waits.
        expect(others).toEqual(known.waiting.length > 0 ? before : []);
        expect(sharedOut([stand], () => true)).toEqual(stand.keys.length > 0 ? stand.senders : []);
      }),
    );
  });

  it('lets no key go back in time, and divides what waits among those whose it is', () => {
    fc.assert(
      fc.property(stands, fc.integer({ min: 1, max: 5 }), (all, partitions) => {
        const partitionOf = (key: string) => ((key.codePointAt(0)! * 31 + key.codePointAt(2)!) * 7) % partitions;
        const merged = Array.from({ length: partitions }, (_, i) => mergedTime(all, (key) => partitionOf(key) === i));
        for (const { keys, time: known } of all)
          for (const key of keys) {
            const now = merged[partitionOf(key)]!;
            expect(now.latest).toBeGreaterThanOrEqual(known.latest);
            expect(now.told).toBeGreaterThanOrEqual(known.told);
            expect(now.step).toBeGreaterThanOrEqual(known.step);
            for (const lost of known.lost) expect(now.lost).toContain(lost);
          }
        const latest = Math.max(...all.map(({ time: known }) => known.latest));
        for (const now of merged) expect(now.latest).toBeLessThanOrEqual(latest);
        expect(merged.flatMap(waitingIn).sort()).toEqual(all.flatMap(({ time: known }) => waitingIn(known)).sort());
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
