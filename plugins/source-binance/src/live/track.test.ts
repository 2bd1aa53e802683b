import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeTrade, type Trade } from '../wire/trade.js';
import { Track } from './track.js';

const trade = (id: number): Trade => makeTrade('BTCUSDT', id, 1e12 + id, 0, 1, 1, 1, Number.NaN);

function track() {
  const ids: number[] = [];
  return { ids, track: new Track(({ sequence }) => ids.push(sequence)) };
}

describe('a track', () => {
  it('begins with the first trade that it hears of, and drops what came before', () => {
    const { ids, track: one } = track();
    expect([7, 6, 7, 8].map((id) => one.offer(trade(id)))).toEqual(['passed', 'repeat', 'repeat', 'passed']);
    expect(ids).toEqual([7, 8]);
  });

  it('holds what is ahead of a jump, and names the ids that are out', () => {
    const { ids, track: one } = track();
    for (const id of [1, 4, 5, 9]) one.offer(trade(id));
    expect(one.gap()).toEqual({ from: 2, to: 3 });
    one.offer(trade(3));
    one.offer(trade(2));
    expect(ids).toEqual([1, 2, 3, 4, 5]);
    expect(one.gap()).toEqual({ from: 6, to: 8 });
    expect(one.abandon(8)).toBe(3);
    expect(ids).toEqual([1, 2, 3, 4, 5, 9]);
    expect(one.gap()).toBeUndefined();
  });

  it('knows of ids that were let go, and of ids that are no trade', () => {
    const { ids, track: one } = track();
    one.offer(trade(1));
    one.skip(2);
    one.skip(4);
    one.shed(6);
    expect(one.gap()).toEqual({ from: 3, to: 3 });
    one.offer(trade(3));
    expect(one.gap()).toEqual({ from: 5, to: 6 });
    expect(ids).toEqual([1, 3]);
  });

  it('holds everything while its beginning is looked for', () => {
    const { ids, track: one } = track();
    one.seeking = true;
    for (const id of [11, 12, 10]) one.offer(trade(id));
    expect([ids, one.gap()]).toEqual([[], undefined]);
    one.begin(11);
    expect(ids).toEqual([11, 12]);
  });

  it('passes every id once and in order, whatever is lost, repeated, let go or out of order, once the gaps are filled', () => {
    const event = fc.record({ id: fc.integer({ min: 1, max: 60 }), what: fc.constantFrom('offer', 'offer', 'offer', 'shed') });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 120 }), fc.integer({ min: 1, max: 7 }), (events, page) => {
        const { ids, track: one } = track();
        one.offer(trade(0));
        for (const { id, what } of events) {
          if (what === 'offer') one.offer(trade(id));
          else if (id >= one.next) one.shed(id);
        }
        for (let gap = one.gap(), tries = 0; gap; gap = one.gap()) {
          expect(++tries).toBeLessThan(200);
          for (let id = gap.from; id <= gap.to && id < gap.from + page; id++) one.offer(trade(id));
        }
        const top = Math.max(0, ...events.map(({ id }) => id));
        expect(ids).toEqual(Array.from({ length: top + 1 }, (_, i) => i));
        expect(one.held.size).toBe(0);
      }),
    );
  });
});
