import { expect, it } from 'vitest';
import { ManualClock } from '../../ports/clock.js';
import { Standstill, type Stood } from './standstill.js';

it('is noticed by whoever asks first after it, once, and an ordinary delay is none', async () => {
  const clock = new ManualClock(1_000);
  const standstill = new Standstill(clock);
  const stood: Stood[] = [];
  const stop = new AbortController();
  void standstill.run(stop.signal, (stretch) => stood.push(stretch));
  const pass = async (ms: number) => {
    clock.tick(ms);
    for (let i = 0; i < 4; i++) await Promise.resolve();
  };
  for (let i = 0; i < 10; i++) await pass(50);
  await pass(400);
  expect(stood).toEqual([]);
  await pass(5_000);
  expect(stood).toEqual([{ from: 1_900, to: 6_900 }]);
  // A socket that is read before the beat.
  const next = pass(700);
  expect(standstill.look()).toEqual({ from: 6_900, to: 7_600 });
  await next;
  expect([standstill.look(), stood.length]).toEqual([undefined, 1]);
  stop.abort();
});
