import plugin from '@quantstream/model-random-cut-forest';
import { describe, expect, it } from 'vitest';
import { hasSharedData, meanAreaUnderCurve, readLabelled, scaled } from '../../../test/labelled.js';

/**
 * The Java library random-cut-forest 4.3.0, 50 trees of 256 rows on z-scored columns: mean AUROC of three shuffles, each row scored
 * and then learned. Ours may be worse by 0.015, or by 0.03 on fewer than 1,000 rows. On the small sets it is better by 0.02 to 0.08, probably since
 * the 64 rows that are only learned are left out here. Shuttle takes long, hence one seed.
 */
const PUBLISHED: readonly [set: string, auroc: number, seeds: number][] = [
  ['breastw', 0.924, 5],
  ['pima', 0.644, 5],
  ['ionosphere', 0.78, 5],
  ['annthyroid', 0.761, 5],
  ['mammography', 0.865, 5],
  ['shuttle', 0.988, 1],
];

function standardise(column: Float64Array) {
  const mean = column.reduce((a, b) => a + b, 0) / column.length;
  const deviation = Math.sqrt(column.reduce((sum, value) => sum + (value - mean) ** 2, 0) / column.length) || 1;
  return (value: number) => (value - mean) / deviation;
}

describe.skipIf(!hasSharedData)('accuracy on public sets (needs ../shared/data)', () => {
  it.each(PUBLISHED)(
    '%s: AUROC is not below that of the Java library, %f, mean over seeds: %i',
    (set, expected, seeds) => {
      const data = scaled(readLabelled(set), standardise);
      const mean = meanAreaUnderCurve(plugin, data, seeds, (seed) => ({ warmUp: 64, seed }));
      const tolerance = data.rows.length < 1_000 ? 0.03 : 0.015;
      expect(mean, `${set}: ${mean}`).toBeGreaterThanOrEqual(expected - tolerance);
    },
    60_000,
  );
});
