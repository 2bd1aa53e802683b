import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { advanceSequence, GAPS_KEPT, REPEAT, type SequenceState } from './sequences.js';

describe('sequences', () => {
  it('accept every id once, in whatever order it comes, while the gaps are few', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 80 }), (ids) => {
        const first = ids[0]!;
        const state: SequenceState = { last: first, gaps: [] };
        const seen = new Set([first]);
        for (const id of ids.slice(1)) {
          const answer = advanceSequence(state, id, true);
          // What lies before the very first id is not known to be out.
          expect(answer === REPEAT, `id ${id} of ${ids}`).toBe(seen.has(id) || id < first);
          if (answer !== REPEAT) seen.add(id);
        }
        const out = state.gaps.reduce((sum, [from, to]) => sum + to - from, 0);
        expect(out).toBe(Math.max(...seen) - first + 1 - seen.size);
      }),
    );
  });

  it('count jumped ids of a contiguous sequence and none of a growing one', () => {
    expect(advanceSequence({ last: 5, gaps: [] }, 9, true)).toBe(3);
    expect(advanceSequence({ last: 5, gaps: [] }, 9, false)).toBe(0);
    expect(advanceSequence({ last: 9, gaps: [] }, 5, false)).toBe(REPEAT);
  });

  it('remember only so many gaps: a straggler into an older one counts as a repeat', () => {
    const state: SequenceState = { last: 0, gaps: [] };
    for (let i = 1; i <= GAPS_KEPT + 1; i++) advanceSequence(state, i * 2, true);
    expect(state.gaps).toHaveLength(GAPS_KEPT);
    expect(advanceSequence(state, 1, true)).toBe(REPEAT);
    expect(advanceSequence(state, 3, true)).toBe(0);
    expect(advanceSequence(state, 3, true)).toBe(REPEAT);
  });
});
