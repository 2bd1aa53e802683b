import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { REPEATED } from '../wire/sequence.js';
import { Sender } from './sender.js';

/** A frame: its place among all of its sender, from which its number and its checksum come; and when it arrived, ms. */
type Frame = readonly [count: number, stamp: number, who?: number];

/** What frames come to, the last one a long time later so that nothing is awaited. */
function lossesOf(frames: readonly Frame[], sender = new Sender()) {
  let [repeated, late] = [0, 0];
  for (const [count, stamp, who = 0] of frames) {
    if (sender.take(count & 0xff, count * 7 + who * 100_003, stamp, false) === REPEATED) repeated++;
    else if (sender.late) late++;
  }
  return { lost: sender.lost, uncountable: sender.uncountable, repeated, late };
}
const inOrder = (length: number, every = 10): Frame[] => Array.from({ length }, (_, i) => [i, i * every]);

function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

describe('the numbers of a sender', () => {
  it('tell how many frames are lost, once none of them can come any more', () => {
    const frames = inOrder(1_000).filter(([i]) => i > 850 || (i % 7 !== 3 && !(i >= 300 && i < 400)));
    expect(lossesOf(frames)).toEqual({ lost: 1_000 - frames.length, uncountable: 0, repeated: 0, late: 0 });
  });

  it('tell of more than fit between two numbers, modulo 256, when the old ones do not go on', () => {
    const frames = inOrder(2_000).filter(([i]) => i < 500 || i >= 680);
    expect(lossesOf(frames)).toMatchObject({ lost: 180, uncountable: 0 });
  });

  it.each([
    [1, 9],
    [2, 3],
    [3, 50],
  ])('take a frame for late, not for lost, where a link reorders by up to 0.3 s (seed %i, every %i ms)', (seed, every) => {
    const random = generator(seed);
    const frames = inOrder(5_000, every)
      .map((frame) => ({ frame, at: frame[1] + random() * 300 }))
      .sort((a, b) => a.at - b.at)
      .map(({ frame: [i], at }) => [i, at] as const);
    const { lost, repeated, uncountable } = lossesOf(frames);
    expect([lost, repeated, uncountable]).toEqual([0, 0, 0]);
  });

  it('know a frame that came before, at once or behind others', () => {
    const frames = inOrder(1_000).flatMap((frame) => [frame, frame]);
    expect(lossesOf(frames)).toEqual({ lost: 0, uncountable: 0, repeated: 1_000, late: 0 });
    const shifted = [...inOrder(1_000), ...inOrder(1_000).map(([i, at]) => [i, at + 95] as const)].sort((a, b) => a[1] - b[1]);
    expect(lossesOf(shifted)).toMatchObject({ lost: 0, repeated: 1_000 });
  });

  it('cannot say how many are missing after a silence', () => {
    const frames: Frame[] = [
      [10, 0],
      [38, 30_000],
      [39, 30_010],
      [40, 60_000],
    ];
    expect(lossesOf(frames)).toEqual({ lost: 0, uncountable: 1, repeated: 0, late: 0 });
  });

  it.each([
    ['of one rate', 10, 10],
    ['of two rates', 10, 33],
    ['in clumps', 10, 10],
  ])('of two counters that go on beside each other (%s) are no loss', (how, one, two) => {
    const clump = how === 'in clumps' ? 400 : 1;
    const a = inOrder(3_000, one);
    const b = inOrder(Math.floor((3_000 * one) / two), two).map(([i, at]) => [i + 140, at + 3, 1] as const);
    const frames = [...a, ...b].sort((x, y) => Math.floor(x[1] / clump) - Math.floor(y[1] / clump) || (x[2] ?? 0) - (y[2] ?? 0));
    const sender = new Sender();
    expect(lossesOf(frames, sender)).toMatchObject({ lost: 0, uncountable: 0, repeated: 0 });
    expect(sender.several).toBe(true);
  });

  it('go on from where they were saved as if they had not been', () => {
    const step = fc.record({ sequence: fc.nat(255), mark: fc.nat(3), passed: fc.constantFrom(0, 5, 40, 900, 2_500) });
    const property = fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const sender = new Sender();
      let saved = new Sender();
      let stamp = 0;
      for (const { sequence, mark, passed } of steps) {
        stamp += passed;
        saved = new Sender(JSON.parse(JSON.stringify(saved.state())));
        expect(saved.take(sequence, mark, stamp, false)).toBe(sender.take(sequence, mark, stamp, false));
        expect(saved.state()).toEqual(sender.state());
        // Counts are taken after every frame.
        for (const one of [saved, sender]) one.lost = one.uncountable = 0;
      }
    });
    fc.assert(property, { seed: 11, numRuns: 300 });
  });
});
