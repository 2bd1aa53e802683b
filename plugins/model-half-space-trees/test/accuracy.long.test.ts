import plugin from '@quantstream/model-half-space-trees';
import { describe, expect, it } from 'vitest';
import { hasSharedData, meanAreaUnderCurve, readLabelled, scaled } from '../../../test/labelled.js';

/**
 * The paper's configuration (25 trees, depth 15, windows of 250) on columns scaled to [0, 1] by their ends: mean AUROC of five shuffles
 * of another implementation, each row scored and then learned. Ours may be worse by 0.015, or by 0.03 on fewer than 1,000 rows.
 * Seeds differ by a standard deviation of 0.02 to 0.045 on all but breastw and shuttle, hence more of them here. On annthyroid
 * the five gave 0.672, and thirty of a plain implementation with another generator 0.650: that is the figure here.
 */
const PUBLISHED: readonly [set: string, auroc: number, seeds: number][] = [
  ['breastw', 0.992, 20],
  ['pima', 0.713, 20],
  ['ionosphere', 0.838, 20],
  ['annthyroid', 0.65, 20],
  ['mammography', 0.839, 10],
  ['shuttle', 0.989, 2],
];

function toUnit(column: Float64Array) {
  const low = column.reduce((a, b) => Math.min(a, b));
  const length = column.reduce((a, b) => Math.max(a, b)) - low || 1;
  return (value: number) => (value - low) / length;
}

describe.skipIf(!hasSharedData)('accuracy on public sets (needs ../shared/data)', () => {
  it.each(PUBLISHED)(
    '%s: AUROC is not below that of another implementation, %f, mean over seeds: %i',
    (set, expected, seeds) => {
      const data = scaled(readLabelled(set), toUnit);
      const mean = meanAreaUnderCurve(plugin, data, seeds, (seed) => ({ range: [0, 1], warmUp: 250, seed }));
      const tolerance = data.rows.length < 1_000 ? 0.03 : 0.015;
      expect(mean, `${set}: ${mean}`).toBeGreaterThanOrEqual(expected - tolerance);
    },
    60_000,
  );
});
