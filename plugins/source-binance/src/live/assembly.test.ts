import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { makeTrade, type Trade } from '../wire/trade.js';
import { Assembly, type Lane } from './assembly.js';

const trade = (key: string, id: number, time: number): Trade => makeTrade(key, id, time, 0, 1, 1, 1, Number.NaN);

/** Two lanes that listen and have had their first trade. */
function two(capacity = 100, hold = 1_000) {
  const assembly = new Assembly(capacity, hold);
  const [a, b] = ['A', 'B'].map((name) => {
    const lane = assembly.add(name, name);
    assembly.review(lane, 0);
    lane.offline = false;
    assembly.review(lane, 0);
    assembly.offer(lane, trade(name, 1, 10), 10);
    return lane;
  }) as [Lane, Lane];
  assembly.take(10);
  return { assembly, a, b };
}
const names = (trades: readonly Trade[]) => trades.map(({ key, sequence }) => `${key}${sequence}`).join(' ');

describe('an assembly', () => {
  it('hands on in the order of arrival while nothing is missing', () => {
    const { assembly, a, b } = two();
    assembly.offer(b, trade('B', 2, 30), 30);
    assembly.offer(a, trade('A', 2, 20), 31);
    expect(names(assembly.take(10).trades)).toBe('B2 A2');
  });

  it('lets others wait for a gap to be closed, and puts all into the order of event time', () => {
    const { assembly, a, b } = two();
    assembly.offer(a, trade('A', 4, 40), 40);
    assembly.offer(b, trade('B', 2, 50), 50);
    assembly.settle(60);
    expect(assembly.take(10).trades).toEqual([]);
    expect(assembly.watermark(60, 60)).toBe(10);
    assembly.put(a, trade('A', 2, 20), 70);
    assembly.put(a, trade('A', 3, 55), 70);
    assembly.settle(70);
    expect(names(assembly.take(10).trades)).toBe('A2 B2 A3 A4');
    expect(assembly.watermark(70, 70)).toBe(70);
  });

  it('lets others and the watermark go on when a gap stays open for too long, unless all have one', () => {
    const { assembly, a, b } = two();
    assembly.offer(a, trade('A', 4, 40), 40);
    assembly.offer(b, trade('B', 2, 50), 50);
    assembly.settle(1_041);
    expect(names(assembly.take(10).trades)).toBe('B2');
    assembly.offer(b, trade('B', 5, 60), 1_050);
    expect(assembly.watermark(1_060, 1_060)).toBe(10);
    assembly.put(b, trade('B', 3, 55), 1_070);
    assembly.put(b, trade('B', 4, 55), 1_070);
    assembly.settle(1_080);
    expect(names(assembly.take(10).trades)).toBe('B3 B4 B5');
    expect(assembly.watermark(1_080, 1_080)).toBe(1_080);
  });

  it('says what was given up in front of what follows it', () => {
    const { assembly, a } = two();
    assembly.offer(a, trade('A', 2, 20), 20);
    assembly.offer(a, trade('A', 5, 50), 50);
    expect(assembly.abandon(a, 4, 60, 'gone')).toBe(2);
    assembly.settle(60);
    expect(names(assembly.take(10).trades)).toBe('A2');
    const { trades, missing } = assembly.take(10);
    expect(names(trades)).toBe('A5');
    expect(missing).toEqual([{ key: 'A', from: 20, to: 50, reason: 'gone', count: 2 }]);
  });

  it('lets the newest go when it is full, and remembers that', () => {
    const { assembly, a } = two(3);
    for (let id = 2; id <= 8; id++) assembly.offer(a, trade('A', id, id * 10), id * 10);
    expect(names(assembly.take(10).trades)).toBe('A2 A3 A4');
    expect([a.track.gap(), assembly.shedCount, assembly.size]).toEqual([{ from: 5, to: 8 }, 4, 0]);
  });

  it('never holds more than its capacity, loses nothing and keeps the order of ids, whatever happens', () => {
    const step = fc.record({
      lane: fc.integer({ min: 0, max: 1 }),
      id: fc.integer({ min: 2, max: 30 }),
      take: fc.integer({ min: 0, max: 5 }),
    });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const { assembly, a, b } = two(8);
        const lanes = [a, b];
        const out: Trade[] = [];
        let now = 100;
        for (const { lane, id, take } of steps) {
          const one = lanes[lane]!;
          assembly.offer(one, trade(one.key, id, id * 10), now++);
          expect(assembly.size).toBeLessThanOrEqual(8);
          assembly.settle(now);
          out.push(...assembly.take(take).trades);
        }
        for (let gap = a.track.gap() ?? b.track.gap(); gap; gap = a.track.gap() ?? b.track.gap()) {
          const one = a.track.gap() ? a : b;
          assembly.put(one, trade(one.key, gap.from, gap.from * 10), now++);
        }
        assembly.settle(now);
        for (let { trades } = assembly.take(100); trades.length > 0; { trades } = assembly.take(100)) out.push(...trades);
        for (const [i, one] of lanes.entries()) {
          const top = Math.max(1, ...steps.filter(({ lane }) => lane === i).map(({ id }) => id));
          const ids = out.filter(({ key }) => key === one.key).map(({ sequence }) => sequence);
          expect(ids).toEqual(Array.from({ length: top - 1 }, (_, k) => k + 2));
        }
        expect(assembly.size).toBe(0);
      }),
    );
  });
});
