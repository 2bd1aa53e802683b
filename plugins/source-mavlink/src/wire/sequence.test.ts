import { describe, expect, it } from 'vitest';
import { ON_TIME, OUT_OF_ORDER, SequenceNumbers, UNCOUNTABLE } from './sequence.js';

describe('sequence numbers', () => {
  it('tell how many frames are missing, over the end of eight bits as well', () => {
    const numbers = new SequenceNumbers();
    expect([7, 8, 12, 200, 254, 2].map((sequence, i) => numbers.take(sequence, i))).toEqual([ON_TIME, ON_TIME, 3, 187, 53, 3]);
  });

  it('do not take a frame that came twice or late for 255 lost ones', () => {
    const numbers = new SequenceNumbers();
    expect([10, 12, 12, 11, 13].map((sequence, i) => numbers.take(sequence, i))).toEqual([
      ON_TIME,
      1,
      OUT_OF_ORDER,
      OUT_OF_ORDER,
      ON_TIME,
    ]);
  });

  it('cannot say how many are missing after a silence', () => {
    const numbers = new SequenceNumbers();
    numbers.take(10, 0);
    expect(numbers.take(38, 30_000)).toBe(UNCOUNTABLE);
    expect(numbers.take(39, 30_010)).toBe(ON_TIME);
    expect(numbers.take(40, 60_000)).toBe(ON_TIME);
  });
});
