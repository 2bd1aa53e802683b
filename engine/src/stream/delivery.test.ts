import { describe, expect, it } from 'vitest';
import { ManualClock } from '../ports/clock.js';
import { MemoryLog } from '../ports/log.js';
import { endWithin } from './closing.js';
import { Delivery } from './delivery.js';

const nothing = { observations: [], verdicts: [], episodes: [], missing: [] };
const something = { ...nothing, missing: [{ key: '*', from: 1, to: 2, reason: 'test' }] };
const turns = async () => {
  for (let i = 0; i < 10; i++) await new Promise((resolve) => setImmediate(resolve));
};

describe('delivery', () => {
  const delivery = (write: () => Promise<void>, close = async () => {}) => {
    const clock = new ManualClock();
    const log = new MemoryLog();
    return { clock, log, delivery: new Delivery([{ name: 'lines', sink: { write, close } }], clock, log) };
  };

  it('waits twice as long after each failure, at most 15 s, and tells whom it waits for', async () => {
    let attempts = 0;
    const parts = delivery(async () => {
      if (++attempts <= 10) throw new Error('away');
    });
    const writing = parts.delivery.write(something, new AbortController().signal);
    const waits: number[] = [];
    for (let waited = 0; attempts <= 10; ) {
      await turns();
      const before = attempts;
      expect(parts.delivery.troubles.get('lines')).toBe('away');
      for (waited = 0; attempts === before; waited += 100) {
        parts.clock.tick(100);
        await turns();
      }
      waits.push(waited);
    }
    await writing;
    expect(waits).toEqual([100, 200, 400, 800, 1_600, 3_200, 6_400, 12_800, 15_000, 15_000]);
    expect([parts.delivery.troubles.size, parts.delivery.retries.get('lines')]).toEqual([0, 10]);
  });

  it('gives up on an error that says that trying again is no use, and bothers no sink with nothing', async () => {
    let calls = 0;
    const parts = delivery(async () => {
      calls++;
      throw Object.assign(new Error('no such table'), { retry: false });
    });
    await parts.delivery.write(nothing, new AbortController().signal);
    expect(calls).toBe(0);
    await expect(parts.delivery.write(something, new AbortController().signal)).rejects.toMatchObject({
      code: 'QS_SINK_FAILED',
      message: 'sink lines gave up: no such table',
    });
  });

  it('takes sinks whose methods are plain functions', async () => {
    const parts = delivery((() => undefined) as never, (() => undefined) as never);
    await parts.delivery.write(something, new AbortController().signal);
    await parts.delivery.close(1_000);
    expect(parts.log.lines).toEqual([]);
  });

  it('leaves behind a sink that does not close in time, and reports one that throws', async () => {
    const hanging = delivery(
      async () => {},
      () => new Promise(() => {}),
    );
    const closing = hanging.delivery.close(1_000);
    await turns();
    hanging.clock.tick(1_000);
    await closing;
    expect(hanging.log.lines).toMatchObject([{ level: 'warn', message: expect.stringContaining('sink lines did not close') }]);
    const throwing = delivery(
      async () => {},
      () => Promise.reject(new Error('busy')),
    );
    await throwing.delivery.close(1_000);
    expect(throwing.log.lines).toMatchObject([{ level: 'warn', message: 'sink lines did not close: busy' }]);
  });

  it('waits for what ends in time', async () => {
    const parts = { clock: new ManualClock(), log: new MemoryLog() };
    let ended = false;
    await endWithin(1_000, 'the source', parts, async () => {
      await turns();
      ended = true;
    });
    expect([ended, parts.log.lines]).toEqual([true, []]);
  });
});
