import { describe, expect, it } from 'vitest';
import type { Column } from '../../api/index.js';
import { decode, encode } from '../../state/codec.js';
import { initialWear, WearMemory, type WearSettings, type WearState } from './memory.js';

const column = (name: string, unit: string): Column => ({ name, unit, about: name, formula: name, role: 'feature' });
const settings: WearSettings = {
  columns: [column('phase', '1'), column('shake', 'm/s²'), column('stars', '1')],
  operating: { column: 'phase', values: [1, 2], called: 'at work', once: 'shift' },
  wear: [
    { column: 'shake', of: 'high', worse: 'up', least: 2 },
    { column: 'stars', of: 'median', worse: 'down', least: 3 },
  ],
  identity: (state) => state as string,
};

/** An entity that works now and then. */
class Worker {
  state: WearState;
  readonly said: string[] = [];
  identity = 'A';
  private memory: WearMemory;
  private time = 0;

  constructor(state: WearState = initialWear()) {
    this.state = state;
    this.memory = new WearMemory(settings, state);
  }

  /** For so many seconds, with what it shakes by and how many stars it sees. */
  works(shake: number, stars = 12, seconds = 200): this {
    for (let i = 0; i < seconds; i++) this.row(1 + (i % 2), shake, stars);
    return this;
  }

  rests(seconds = 30): this {
    for (let i = 0; i < seconds; i++) this.row(0, Number.NaN, Number.NaN);
    return this;
  }

  later(ms: number): this {
    this.time += ms;
    return this;
  }

  restarts(): this {
    this.state = decode(encode(this.state)) as WearState;
    this.memory = new WearMemory(settings, this.state);
    return this;
  }

  row(phase: number, shake: number, stars: number): void {
    this.time += 1_000;
    const words = this.memory.take(Float64Array.of(phase, shake, stars), this.time, this.identity);
    for (const { name, reason } of words) this.said.push(`${name}: ${reason}`);
  }
}

describe('what an entity remembers of the times that it worked', () => {
  it('is told once it has stopped, where it has become worse than it was', () => {
    const one = new Worker();
    for (const shake of [10, 9.8, 10.1, 10]) one.works(shake).rests();
    expect(one.said).toEqual([]);
    one.works(14, 5);
    expect(one.said).toEqual([]);
    one.rests();
    expect(one.said).toEqual([
      expect.stringMatching(/^wear stars: stars is 5(\.\d+)?, \d+ % below the median of the 4 shifts before \(1[12]/),
      expect.stringMatching(/^wear shake: shake is 1[34](\.\d+)? m\/s², \d+ % above the median of the 4 shifts before \(/),
    ]);
    // As it is now, is remembered as well.
    for (let i = 0; i < 6; i++) one.works(14, 5).rests();
    one.said.length = 0;
    one.works(14, 5).rests();
    expect(one.said).toEqual([]);
    expect(one.state.past).toHaveLength(10);
  });

  it('goes on over a short stop, ends with a gap, and does not count what was too short', () => {
    const one = new Worker();
    one.works(10).rests(5).works(10).rests();
    expect(one.state.past).toHaveLength(1);
    one.works(30, 1, 40).rests();
    expect(one.state.past).toHaveLength(1);
    // Switched off in flight: the next row says that it is over.
    one.works(10).later(700_000).works(10).rests();
    expect(one.state.past).toHaveLength(3);
  });

  it('is of one entity, whatever key it has, and another one begins anew', () => {
    const one = new Worker();
    for (let i = 0; i < 4; i++) one.works(10).rests();
    one.identity = 'B';
    one.works(30).rests();
    expect(one.said).toEqual([]);
    one.identity = 'A';
    one.works(30).rests();
    expect(one.said).toHaveLength(1);
  });

  it('survives a restart anywhere', () => {
    const run = (stop: boolean) => {
      const one = new Worker();
      for (const shake of [10, 10, 10, 17, 25]) {
        one.works(shake, 12, 150);
        if (stop) one.restarts();
        one.works(shake, 12, 150).rests();
      }
      return one.said;
    };
    expect(run(false)).toHaveLength(2);
    expect(run(false)[1]).toContain('shifts before');
    expect(run(true)).toEqual(run(false));
  });

  it('forgets what was of other columns', () => {
    const one = new Worker();
    one.works(10).rests();
    const other = new WearMemory({ ...settings, wear: settings.wear.slice(1) }, one.state);
    other.take(Float64Array.of(0, 0, 0), 1e9, 'A');
    expect(one.state.past).toEqual([]);
  });
});
