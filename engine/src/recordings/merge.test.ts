import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Earliest } from './merge.js';

it('gives the items of sorted streams in order of time, and of equals the stream that was given first', () => {
  const stream = fc.array(fc.nat({ max: 30 }), { minLength: 1, maxLength: 20 }).map((times) => times.sort((a, b) => a - b));
  fc.assert(
    fc.property(fc.array(stream, { maxLength: 8 }), (lists) => {
      const streams = lists.map((times, rank) => ({ rank, rest: times.slice(1), time: times[0]! }));
      const order = new Earliest(streams);
      const taken: { time: number; rank: number }[] = [];
      while (order.size > 0) {
        const { first } = order;
        taken.push({ time: first.time, rank: first.rank });
        const time = first.rest.shift();
        if (time === undefined) order.remove();
        else {
          first.time = time;
          if (!order.leads()) order.settle();
        }
      }
      const all = lists.flatMap((times, rank) => times.map((time) => ({ time, rank })));
      expect(taken).toEqual(all.sort((a, b) => a.time - b.time || a.rank - b.rank));
    }),
  );
});

it('takes times without end, and says whose turn it is in a run', () => {
  const streams = [3, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 3].map((time, rank) => ({ rank, time }));
  const order = new Earliest(streams);
  expect(order.first.rank).toBe(2);
  order.first.time = 3;
  // Of equals, the one that was given first.
  expect(order.leads()).toBe(false);
  order.settle();
  expect(order.first.rank).toBe(0);
  const ranks: number[] = [];
  for (; order.size > 0; order.remove()) ranks.push(order.first.rank);
  expect(ranks).toEqual([0, 2, 3, 1]);
});
