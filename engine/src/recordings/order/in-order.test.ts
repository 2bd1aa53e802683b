import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Observation, SourceBatch } from '../../api/index.js';
import { inOrder, type OrderSettings } from './in-order.js';
import { type Rows, UNNUMBERED } from './rows.js';
import { Sorter } from './sorter.js';

const row = (time: number, key = 'a', sequence = UNNUMBERED): Observation => ({
  key,
  type: 'level',
  sequence,
  time,
  received: 0,
  values: { time },
});

/** Rows of a recording that is a list, some at a time; a cursor is an index. */
function settings(all: () => readonly Observation[], more: Partial<OrderSettings & { lateness: number; stretch: number }> = {}) {
  const { lateness = 0, stretch = 4, ...rest } = more;
  return {
    plugin: 'tide',
    time: { lateness, maxAhead: 5_000 },
    sort: false,
    batch: 3,
    numbering: 'all' as const,
    async *read(from: string | null, _: AbortSignal, until?: string): AsyncGenerator<Rows> {
      const end = until === undefined ? all().length : Number(until);
      for (let at = Number(from ?? 0); at < end; at += stretch) {
        const to = Math.min(at + stretch, end);
        const observations = all()
          .slice(at, to)
          .map((one) => ({ ...one }));
        yield { observations, cursor: String(to), where: (i) => `a.csv:${at + i + 1}` };
      }
    },
    ...rest,
  } satisfies OrderSettings;
}

async function take(given: OrderSettings, from: string | null = null, most = Number.POSITIVE_INFINITY): Promise<SourceBatch[]> {
  const batches: SourceBatch[] = [];
  for await (const batch of inOrder(given, from, new AbortController().signal)) {
    batches.push(batch);
    if (batches.length >= most) break;
  }
  return batches;
}

const rowsOf = (batches: readonly SourceBatch[]) => batches.flatMap(({ observations }) => observations);
const timesOf = (batches: readonly SourceBatch[]) => rowsOf(batches).map(({ time }) => time);
const byTime = (a: number, b: number) => a - b;

/** Steps of time that stay below what would be a jump, and a delay of each row within the lateness. */
const LATENESS = 50;
const disordered = fc.array(fc.tuple(fc.nat(20), fc.nat(LATENESS)), { minLength: 1, maxLength: 60 }).map((given) => {
  let time = 1_000;
  return given
    .map(([step, delay]) => {
      time += step;
      return { time, arrives: time + delay };
    })
    .sort((a, b) => a.arrives - b.arrives)
    .map(({ time }) => row(time));
});

describe('rows of recordings', () => {
  it('pass as they come where they are in order, with numbers of their own or by count', async () => {
    const all = [row(1), row(2), row(2, 'b', 70), row(9), row(9)];
    expect(rowsOf(await take(settings(() => all))).map(({ sequence }) => sequence)).toEqual([1, 2, 70, 3, 4]);
    const keyed = [row(1), row(2, 'b'), row(3)];
    expect(rowsOf(await take(settings(() => keyed, { numbering: 'key' }))).map(({ sequence }) => sequence)).toEqual([1, 1, 2]);
  });

  it('that are behind are refused before any of them is handed over, with the place and what would help', async () => {
    const failing = (times: readonly (number | Observation)[], lateness = 0) =>
      expect(take(settings(() => times.map((time) => (typeof time === 'number' ? row(time) : time)), { lateness, stretch: 99 })))
        .rejects;
    await failing([1_000, 999, 998, 997]).toMatchObject({
      code: 'QS_SOURCE_FAILED',
      message:
        'tide: a.csv:4: the row of 1970-01-01T00:00:00.997Z is 3 ms earlier than one in front of it: the newest rows come first. ' +
        'Set order: sort in the source, and everything is sorted by time before it is judged, or set time.lateness to 1s or more, as far as is seen here',
    });
    await failing([3_000, 2_400, 2_300, 2_000], 500).toThrow(/time\.lateness to 1s or more/);
    await failing([1, 2, 3, ...Array(30).fill(90_000_002), ...Array(40).fill(4)]).toThrow(
      /is 1\.04 d earlier than one in front of it\. Set order: sort in the source, and everything is sorted by time before it is judged$/,
    );
    await failing([row(1), row(2), row(3), row(1, 'b'), row(1, 'b'), row(2, 'b')]).toThrow(
      /each key is in order by itself, all of them together are not/,
    );
  });

  it('of two ranges of time in turn are refused at the first stretch', async () => {
    const all = [...Array(40).keys()].map((i) => row((i % 2) * 2e9 + i * 100));
    const batches: SourceBatch[] = [];
    const reading = async () => {
      for await (const batch of inOrder(
        settings(() => all, { stretch: 40 }),
        null,
        new AbortController().signal,
      ))
        batches.push(batch);
    };
    await expect(reading()).rejects.toThrow(/a\.csv:7: .* is 23\.1 d earlier/);
    expect(batches).toEqual([]);
  });

  it('may jump ahead and back a few times, as a clock that is off does, and go on after a pause', async () => {
    const calm = [...Array(100).keys()].map((i) => 1_000 + i * 100);
    const wild = [...calm.slice(0, 50), 9e9, 9e9 + 1, ...calm.slice(50, 70), 8e9, ...calm.slice(70)];
    const pause = [...calm, ...calm.map((time) => time + 6e9)];
    for (const times of [wild, pause, [7e9, ...calm]])
      for (const lateness of [0, 250]) {
        const found = timesOf(await take(settings(() => times.map((time) => row(time)), { lateness })));
        expect(found).toEqual(times);
      }
  });

  it('that are few and out of place are left to the engine, and those of a key whose clock is off', async () => {
    const times = (change: (i: number) => number) => [...Array(200).keys()].map((i) => row(i * 100 + change(i), `k${i % 4}`));
    const rare = times((i) => (i % 23 === 22 ? -9_000 : i % 31 === 30 ? 60_000 : 0));
    const ahead = times((i) => (i % 4 === 3 ? 9e9 : 0));
    const behind = times((i) => (i % 4 === 3 ? 0 : 9e9));
    for (const all of [rare, ahead, behind])
      for (const lateness of [0, 250]) {
        const whole = await take(settings(() => all, { lateness }));
        expect(timesOf(whole)).toEqual(all.map(({ time }) => time));
        for (const [i, { cursor }] of whole.entries())
          expect(
            timesOf(
              await take(
                settings(() => all, { lateness }),
                cursor,
              ),
            ),
          ).toEqual(timesOf(whole.slice(i + 1)));
      }
  });

  it('within the lateness are sorted, and from every cursor the rest is the same', async () => {
    await fc.assert(
      fc.asyncProperty(disordered, fc.integer({ min: 1, max: 9 }), async (all, stretch) => {
        const given = settings(() => all, { lateness: LATENESS, stretch });
        const whole = await take(given);
        expect(timesOf(whole)).toEqual(all.map(({ time }) => time).sort(byTime));
        for (const [i, { cursor }] of whole.entries()) {
          const rest = await take(given, cursor);
          expect(rowsOf(rest), `behind batch ${i}`).toEqual(rowsOf(whole.slice(i + 1)));
        }
      }),
      { seed: 1, numRuns: 60 },
    );
  });

  it('that grow while nobody reads go on exactly where reading stopped', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(200), { maxLength: 60 }), fc.array(fc.nat(60), { maxLength: 5 }), async (steps, cuts) => {
        let time = 0;
        const all = steps.map((step) => {
          time += step;
          return row(time);
        });
        for (const lateness of [0, 70]) {
          const found: Observation[] = [];
          let cursor: string | null = null;
          for (const cut of [...cuts.sort(byTime), all.length]) {
            for (const batch of await take(
              settings(() => all.slice(0, cut), { lateness }),
              cursor,
            )) {
              found.push(...batch.observations);
              cursor = batch.cursor;
            }
          }
          expect(found).toEqual(rowsOf(await take(settings(() => all))));
        }
      }),
      { seed: 2, numRuns: 40 },
    );
  });

  it('that were added to what an earlier run has read must not be older than that', async () => {
    const all = [...Array(30).keys()].map((i) => row(10_000 + i));
    const { cursor } = (await take(settings(() => all))).at(-1)!;
    const added = [...all, ...[...Array(30).keys()].map((i) => row(3_000 + i))];
    await expect(
      take(
        settings(() => added),
        cursor,
      ),
    ).rejects.toThrow(
      /a\.csv:46: .* is 7\.01 s earlier than one in front of it\. Set order: sort in the source, start afresh with --reset-state, and /,
    );
    const sorted = (await take(settings(() => all, { sort: true }))).at(-1)!;
    await expect(
      take(
        settings(() => added, { sort: true }),
        sorted.cursor,
      ),
    ).rejects.toThrow(/added since begin at .*03\.000Z, .*10\.029Z were handed over before/);
  });
});

describe('order: sort', () => {
  const shuffled = fc.array(fc.tuple(fc.nat(30), fc.integer({ min: -1, max: 3 })), { maxLength: 50 });

  it('hands over any rows in order of time, then of sequence, then of place, and the same from every cursor', async () => {
    await fc.assert(
      fc.asyncProperty(shuffled, fc.integer({ min: 1, max: 9 }), async (given, stretch) => {
        const all = given.map(([time, sequence], i) => ({ ...row(time, 'a', sequence), values: { place: i } }));
        const expected = [...all].sort((a, b) => a.time - b.time || a.sequence - b.sequence);
        const reading = settings(() => all, { sort: true, stretch });
        const whole = await take(reading);
        expect(rowsOf(whole).map(({ values }) => values.place)).toEqual(expected.map(({ values }) => values.place));
        for (const [i, { cursor }] of whole.entries()) {
          // Rows that were added since are not mixed with those that were begun.
          const later = settings(() => [...all, row(90), row(80)], { sort: true, stretch });
          const rest = rowsOf(await take(later, cursor));
          const before = rowsOf(whole.slice(i + 1));
          expect(rest.slice(0, before.length), `behind batch ${i}`).toEqual(before);
          expect(rest.slice(before.length).map(({ time }) => time)).toEqual([80, 90]);
        }
      }),
      { seed: 3, numRuns: 60 },
    );
  });

  it('spills what is more than a run, merges runs, and leaves nothing behind', async () => {
    const left = () => readdirSync(tmpdir()).filter((name) => name.startsWith('quantstream-sort-'));
    const before = left();
    const rows = fc.array(
      fc.record({
        time: fc.nat(40),
        sequence: fc.nat(3),
        key: fc.constantFrom('a', 'ü'),
        values: fc.dictionary(fc.constantFrom('x', 'y'), fc.double({ noNaN: true })),
        text: fc.option(fc.dictionary(fc.constantFrom('note'), fc.string()), { nil: undefined }),
      }),
      { maxLength: 80 },
    );
    await fc.assert(
      fc.asyncProperty(
        rows,
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 5 }),
        async (given, runRows, blockRows) => {
          const all = given.map(
            ({ text, ...one }, i): Observation => ({
              ...one,
              // Not a prototype of its own, as fast-check's dictionaries have.
              values: { ...one.values },
              type: 'level',
              received: i,
              ...(text && { text: { ...text } }),
            }),
          );
          const sorter = new Sorter({ runRows, blockRows });
          for (const one of all) await sorter.add(one);
          const found: Observation[] = [];
          for await (const some of sorter.sorted(7)) found.push(...some);
          await sorter.close();
          await sorter.close();
          expect(found).toEqual([...all].sort((a, b) => a.time - b.time || a.sequence - b.sequence));
        },
      ),
      { seed: 4, numRuns: 60 },
    );
    expect(left()).toEqual(before);
  });
});
