import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WakeQueue } from './wake-queue.js';

const entry = fc.tuple(fc.integer({ min: 0, max: 20 }), fc.constantFrom('a', 'b', 'c', 'd'));
const order = (a: readonly [number, string], b: readonly [number, string]) =>
  a[0] - b[0] || (a[1] < b[1] ? -1 : a[1] > b[1] ? 1 : 0);

describe('the queue of wake-up times', () => {
  it('gives entries by time and key, however they went in, and while more go in', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(entry, fc.constant(null)), { maxLength: 100 }), (steps) => {
        const queue = new WakeQueue();
        let model: [number, string][] = [];
        for (const step of steps) {
          if (step) {
            queue.push(...step);
            model = [...model, step].sort(order);
          } else if (model.length > 0) {
            const [time, key] = model.shift()!;
            expect([queue.next, queue.pop()]).toEqual([time, key]);
          }
          expect(queue.next).toBe(model[0]?.[0] ?? Number.POSITIVE_INFINITY);
        }
      }),
    );
  });

  it('names all keys that are due, and keeps them', () => {
    fc.assert(
      fc.property(fc.array(entry), fc.integer({ min: -1, max: 21 }), (entries, time) => {
        const queue = new WakeQueue();
        for (const one of entries) queue.push(...one);
        const due = entries.filter(([at]) => at <= time).map(([, key]) => key);
        expect(queue.due(time).sort()).toEqual(due.sort());
        expect(queue.due(time).sort()).toEqual(due);
      }),
    );
  });
});
