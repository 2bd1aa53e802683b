import { describe, expect, it } from 'vitest';
import { ManualClock } from '../ports/clock.js';
import { MemoryLog } from '../ports/log.js';
import { MemoryMetrics } from '../ports/metrics.js';
import { Drops } from './drops.js';
import { LatencyHistogram } from './latency.js';
import type { Pauses } from './pauses.js';
import { Tally } from './tally.js';
import { Telemetry } from './telemetry.js';
import type { Vitals } from './vitals.js';

describe('the metrics of a pipeline', () => {
  it('say of a hundred keys what was raised against what is allowed, and of all others together', () => {
    const [metrics, clock, tally] = [new MemoryMetrics(), new ManualClock(), new Tally()];
    const vitals = { tally, latency: new LatencyHistogram(), troubles: [] as readonly string[] } as Vitals;
    const telemetry = new Telemetry({
      ...{ metrics, vitals, clock, judges: true, pauses: { totalMs: 0 } as Pauses },
      drops: new Drops(clock, new MemoryLog()),
      sourceTrouble: () => undefined,
      retries: () => new Map(),
      deadLettered: () => 0,
      repaired: () => 0,
    });
    for (let i = 0; i < 102; i++) tally.against.add(`k${i}`, i !== 1, 0.5);
    telemetry.refresh();
    tally.against.add('k1', true, 0.5);
    tally.against.add('k101', true, 0.5);
    telemetry.refresh();
    const of = (key: string) =>
      ['raised', 'allowed'].map((what) => metrics.values.get(`budget_key_${what}_total${JSON.stringify({ key })}`));
    expect([of('k0'), of('k1'), of('')]).toEqual([
      [1, 0.5],
      [1, 1],
      [3, 1.5],
    ]);
    expect([...metrics.values.keys()].filter((name) => name.startsWith('budget_key_raised_total'))).toHaveLength(101);
  });
});
