import { describe, expect, it } from 'vitest';
import { Against } from './against.js';

describe('what a budget has raised against what it allows', () => {
  it('is told of each key, the one that is furthest beyond it first', () => {
    const against = new Against();
    for (const [key, raised] of [
      ['calm', false],
      ['calm', false],
      ['wild', true],
      ['wild', true],
      ['new', false],
    ] as const)
      against.add(key, raised, 0.25);
    expect(against.furthest(2)).toEqual([
      { key: 'wild', raised: 2, allowed: 0.5 },
      { key: 'new', raised: 0, allowed: 0.25 },
    ]);
  });

  it('counts what comes of too many keys together, and loses none of it', () => {
    const against = new Against();
    for (let i = 0; i < 10_002; i++) against.add(`key-${i}`, true, 1);
    against.add('key-10001', false, 1);
    against.add('key-0', false, 1);
    expect(against.keys.size).toBe(10_000);
    expect(against.others).toEqual({ raised: 2, allowed: 3 });
    expect(against.keys.get('key-0')).toEqual({ raised: 1, allowed: 2 });
  });
});
