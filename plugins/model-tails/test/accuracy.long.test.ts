import plugin from '@quantstream/model-tails';
import { describe, expect, it } from 'vitest';
import { areaUnderCurve, hasSharedData, type Labelled, meanAreaUnderCurve, readLabelled } from '../../../test/labelled.js';

/** The same sum of two-sided tails by counting, over all rows at once. */
function batchAreaUnderCurve({ rows, labels }: Labelled): number {
  const scores = new Float64Array(rows.length);
  for (let c = 0; c < rows[0].length; c++) {
    const ascending = Float64Array.from(rows, (row) => row[c]).sort();
    const below = new Map<number, number>();
    ascending.forEach((value, i) => {
      if (!below.has(value)) below.set(value, i);
    });
    const upTo = new Map<number, number>();
    ascending.forEach((value, i) => {
      upTo.set(value, i + 1);
    });
    rows.forEach((row, i) => {
      const tail = Math.min(upTo.get(row[c])!, rows.length - below.get(row[c])!) / rows.length;
      scores[i] += Math.max(0, -Math.log(2 * tail));
    });
  }
  return areaUnderCurve(scores, labels);
}

describe.skipIf(!hasSharedData)('accuracy on public sets (needs ../shared/data)', () => {
  it.each(['breastw', 'pima', 'ionosphere', 'annthyroid', 'mammography', 'shuttle'])(
    '%s: AUROC of five seeds is at most 0.015 below that of the ranks among all rows',
    (set) => {
      const data = readLabelled(set);
      const batch = batchAreaUnderCurve(data);
      const mean = meanAreaUnderCurve(plugin, data, 5, () => ({ warmUp: Math.max(200, Math.min(1_000, data.rows.length >> 2)) }));
      expect(mean, `${set}: ${mean}, all rows ${batch}`).toBeGreaterThanOrEqual(batch - 0.015);
    },
    60_000,
  );
});
