import { describe, expect, it } from 'vitest';
import { ManualClock } from '../ports/clock.js';
import { MemoryLog } from '../ports/log.js';
import { Drops } from './drops.js';

describe('drops', () => {
  it('are all counted by reason, and logged with a sample at most every ten seconds for each', () => {
    const clock = new ManualClock();
    const log = new MemoryLog();
    const drops = new Drops(clock, log);
    for (let i = 0; i < 100; i++) drops.add('bad_line', `line ${i}`);
    drops.add('bad_level', 'level "x"', 7);
    clock.tick(10_000);
    drops.add('bad_line', 'line 100');
    expect(Object.fromEntries(drops.counts)).toEqual({ bad_line: 101, bad_level: 7 });
    expect(log.lines.map(({ message }) => message)).toEqual([
      'dropped 1 (bad_line), 1 in all; the latest: line 0',
      'dropped 7 (bad_level), 7 in all; the latest: level "x"',
      'dropped 100 (bad_line), 101 in all; the latest: line 100',
    ]);
  });
});
