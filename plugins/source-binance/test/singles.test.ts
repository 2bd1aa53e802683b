// Single trades that are lost between aggregated ones that follow one another.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Missing, SourceBatch } from '@quantstream/engine';
import { TestHosts } from '@quantstream/engine/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { Random } from '../src/simulator/random.js';
import { SingleTrades } from '../src/wire/singles.js';
import { makeTrade } from '../src/wire/trade.js';
import { essence, readAll } from './helpers.js';

const hosts = new TestHosts();
afterAll(() => hosts.dispose());
const T = 1_700_000_000_000;
const put = (name: string, lines: readonly string[]) => writeFileSync(join(hosts.directory, name), `${lines.join('\n')}\n`);

interface Row {
  readonly id: number;
  readonly first: number;
  readonly last: number;
  readonly time: number;
  readonly quantity: number;
}

/** Aggregates of one to four trades, some of quantity 0, with jumps of aggregates and of single trades; and what is lost of the latter. */
function tape(seed: string, count: number): { rows: Row[]; lost: Missing[] } {
  const random = new Random(seed);
  const rows: Row[] = [];
  const lost: Missing[] = [];
  let [id, single, time] = [1_000, 5_000, T];
  while (rows.length < count) {
    const before = rows.at(-1);
    const kind = random.uniform();
    const step = 1 + Math.floor(random.uniform() * 50);
    time += step;
    if (before && kind < 0.1) {
      single += step;
      lost.push({ key: 'BTCUSDT', from: before.time, to: time, reason: 'trade ids jump', count: step });
    } else if (kind > 0.9) {
      id += step;
      single += 7;
    }
    const last = single + Math.floor(random.uniform() * 4);
    rows.push({ id: id++, first: single, last, time, quantity: kind > 0.5 && kind < 0.6 ? 0 : 0.25 });
    single = last + 1;
  }
  return { rows, lost };
}

const line = ({ id, first, last, time, quantity }: Row) => `${id},100.5,${quantity},${first},${last},${time},True,True`;
const frame = ({ id, first, last, time, quantity }: Row) =>
  JSON.stringify({
    e: 'aggTrade',
    E: time,
    s: 'BTCUSDT',
    a: id,
    p: '100.5',
    q: `${quantity}`,
    f: first,
    l: last,
    T: time,
    m: true,
  });

const missingOf = (batches: readonly SourceBatch[]) => batches.flatMap(({ missing = [] }) => missing);

/** Ids, with `!count` in front of those before which something is lost. */
const told = (batches: readonly SourceBatch[]) =>
  batches.flatMap(({ observations, missing = [] }) => [
    ...missing.map(({ count, from, to }) => `!${count} ${from} ${to}`),
    ...observations.map(({ sequence }) => `${sequence}`),
  ]);

/** Seeded: each is moved by a few places at most. */
function shuffled<T>(items: readonly T[], seed: string, by: number): T[] {
  const random = new Random(seed);
  return items
    .map((item, i) => ({ item, at: i + random.uniform() * by }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

const { rows, lost } = tape('singles', 400);
const expected = rows.flatMap(({ id, time }) => [
  ...lost.filter(({ to }) => to === time).map(({ count, from, to }) => `!${count} ${from} ${to}`),
  `${id}`,
]);

describe('recordings of aggregated trades', () => {
  it.each([
    ['csv', 'BTCUSDT-aggTrades-jump.csv', rows.map(line), {}],
    ['jsonl', 'jump.jsonl', rows.map(frame), {}],
    ['csv, newest first, sorted', 'BTCUSDT-aggTrades-newest.csv', [...rows].reverse().map(line), { order: 'sort' }],
    ['csv, at random, sorted', 'BTCUSDT-aggTrades-random.csv', shuffled(rows, 'all', 1e4).map(line), { order: 'sort' }],
    ['csv, a little out of order', 'BTCUSDT-aggTrades-late.csv', shuffled(rows, 'few', 6).map(line), {}, 2_000],
  ])(
    'tell of single trades that are lost, in front of what follows, from any cursor: %s',
    async (_, name, lines, more, lateness = 0) => {
      put(name, lines);
      const late = { source: () => hosts.source({ lateness }) } as TestHosts;
      const config = { connect: `file:${name}`, stream: 'aggTrade', batch: 37, ...more };
      const whole = await readAll(late, config);
      expect(lost.length).toBeGreaterThan(20);
      expect(told(whole.batches)).toEqual(expected);
      expect(whole.observations.every(({ values }) => !('first' in values))).toBe(true);
      let at = 0;
      for (const [i, { observations, cursor }] of whole.batches.entries()) {
        at += observations.length;
        for (const batch of [37, 11]) {
          const rest = await readAll(late, { ...config, batch }, cursor);
          expect(essence(rest.observations)).toEqual(essence(whole.observations.slice(at)));
          expect(told(rest.batches)).toEqual(told(whole.batches.slice(i + 1)));
        }
      }
    },
  );
});

describe('the ids of single trades', () => {
  const trade = (id: number, first: number, last: number) =>
    makeTrade('BTCUSDT', id, T + id, 0, 1, 1, 1, last - first + 1, first);
  const lostIn = (trades: readonly (readonly [number, number, number])[]) =>
    [...new SingleTrades().parts(trades.map((each) => trade(...each)))].flatMap(({ missing }) =>
      missing.map(({ count }) => count),
    );

  it.each([
    [
      'follow one another',
      [
        [1, 10, 11],
        [2, 12, 12],
        [3, 13, 19],
      ],
      [],
    ],
    [
      'jump',
      [
        [1, 10, 11],
        [2, 14, 14],
        [3, 16, 19],
      ],
      [2, 1],
    ],
    [
      'jump where aggregates do',
      [
        [1, 10, 11],
        [3, 14, 14],
        [4, 15, 15],
      ],
      [],
    ],
    [
      'of repeats',
      [
        [1, 10, 11],
        [1, 10, 11],
        [2, 14, 14],
        [1, 10, 11],
        [2, 14, 14],
        [3, 15, 15],
      ],
      [2],
    ],
    [
      'overlap',
      [
        [1, 10, 11],
        [2, 11, 14],
        [3, 15, 15],
      ],
      [],
    ],
    [
      'of −1',
      [
        [1, 10, 11],
        [2, -1, -1],
        [3, 15, 15],
        [4, 16, 16],
      ],
      [],
    ],
  ] as const)('%s', (_, trades, counts) => {
    expect(lostIn(trades)).toEqual(counts);
  });

  it('are those of each key, and those of another batch', () => {
    const one = new SingleTrades();
    const of = (key: string, id: number, first: number) => makeTrade(key, id, T, 0, 1, 1, 1, 1, first);
    const counts = (...trades: ReturnType<typeof of>[]) => [...one.parts(trades)].flatMap(({ missing }) => missing);
    expect(counts(of('A', 1, 5), of('B', 2, 90), of('A', 2, 6), of('B', 3, 91))).toEqual([]);
    expect(counts(of('B', 4, 93))).toMatchObject([{ key: 'B', count: 1 }]);
    const saved = new SingleTrades(JSON.parse(JSON.stringify(one.state())));
    expect([...saved.parts([of('A', 3, 10)])]).toMatchObject([{ missing: [{ key: 'A', count: 3 }] }]);
  });
});

describe('what is no loss', () => {
  it('is a jump on futures, where what is no trade of the market uses up ids, and a frame or a row without a range', async () => {
    put('BTCUSDT-aggTrades-futures.csv', rows.map(line));
    put('futures.jsonl', rows.map(frame));
    put('BTCUSDT-aggTrades-void.csv', [
      `1,100,1,10,11,${T},True,True`,
      `2,0,0,-1,-1,${T},True,True`,
      `3,100,1,20,20,${T},True,True`,
    ]);
    for (const name of ['BTCUSDT-aggTrades-futures.csv', 'futures.jsonl']) {
      const { batches, observations } = await readAll(hosts, { connect: `file:${name}`, stream: 'aggTrade', market: 'usdm' });
      expect([observations.length, missingOf(batches)]).toEqual([rows.length, []]);
    }
    const { batches, observations } = await readAll(hosts, { connect: 'file:BTCUSDT-aggTrades-void.csv', stream: 'aggTrade' });
    expect([observations.length, missingOf(batches)]).toEqual([2, []]);
  });
});
