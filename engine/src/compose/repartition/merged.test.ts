import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Episode } from '../../api/index.js';
import { initialLikes } from '../../judge/alarms/likes.js';
import type { IncidentsState } from '../../state/incidents.js';
import { initialEventTime } from '../../state/saved.js';
import { mergedIncidents, mergedLikes, mergedTime, type Stand, sharedOut, undecided } from './merged.js';

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

  it('lends what those have lent that most of its keys come from', () => {
    const stand = (keys: string[], hour?: number): Stand => ({
      time: initialEventTime(),
      senders: [],
      keys,
      ...(hour === undefined ? {} : { likes: { ...initialLikes(), hour } }),
    });
    const all = [stand(['a', 'b'], 1), stand(['c', 'd', 'e'], 2), stand(['f', 'g', 'h', 'i'])];
    const among = (keys: string) => mergedLikes(all, (key) => keys.includes(key))?.hour;
    expect([among('abc'), among('acde'), among('abfghi'), among('')]).toEqual([1, 2, 1, 1]);
    expect(mergedLikes([stand(['a'])], () => true)).toBeUndefined();
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

  it('of incidents is together what all of them knew, of its own keys each', () => {
    const beginning = (key: string) => ({
      lane: 0,
      episode: { id: `p/${key}`, key, start: 5 } as unknown as Episode,
      at: 5,
      said: false,
    });
    const member = (key: string) => ({ lane: 0, id: `p/${key}`, key, start: 1, columns: ['c'], reason: 'odd', open: true });
    const stand = (keys: readonly string[], at: number): Stand => {
      const [first, second, third] = keys as [string, string, string];
      const running = { id: 'i', key: '0-0', start: 1, end: at, last: 1, at, severity: 'warning' as const, topics: [], more: 0 };
      const incidents: IncidentsState = {
        now: at,
        begun: { amount: at, at, since: 0, times: at, lately: [] },
        waiting: [beginning(first)],
        alone: [beginning(second)],
        running: [{ ...running, members: [member(third)] }],
      };
      return { keys, senders: [], time: {} as Stand['time'], incidents };
    };
    const all = [stand(['0-0', '0-1', '0-2'], 7), stand(['1-0', '1-1', '1-2'], 9)];
    const keysOf = ({ waiting, alone, running }: IncidentsState) =>
      [...waiting, ...alone]
        .map(({ episode }) => episode.key)
        .concat(running.flatMap((one) => one.members.map(({ key }) => key)));
    const whole = mergedIncidents(all, () => true)!;
    expect(whole).toMatchObject({ now: 9, begun: { amount: 9, times: 9 } });
    // It goes on as the one that has come further says, with the keys of both.
    expect(whole.running).toMatchObject([{ id: 'i', end: 9, members: [{ key: '0-2' }, { key: '1-2' }] }]);
    const halves = [0, 1].map((half) => mergedIncidents(all, (key) => Number(key.at(-1)) % 2 === half)!);
    expect(halves.map(keysOf)).toEqual([
      ['0-0', '1-0', '0-2', '1-2'],
      ['0-1', '1-1'],
    ]);
    expect(halves[1]!.running).toEqual([]);
    expect(mergedIncidents([{ ...all[0]!, incidents: undefined }], () => true)).toBeUndefined();
  });
});
