import type { Field } from './field.js';

/** Areas under the two usual curves, row by row: labelled rows (without grace) against all others. */
export interface Areas {
  readonly aucPr: number;
  readonly aucRoc: number;
}

/**
 * AUC-ROC is the share of pairs of a labelled and an ordinary row in which the labelled one is odder, ties by half; AUC-PR the average
 * precision: over the thresholds, precision times what recall gains (no interpolation). A labelled row that was not judged counts as
 * the most ordinary of all, an ordinary one that was not judged does not count.
 * @returns NaN without labelled or without ordinary rows
 */
export function areas({ positive }: Field, scores: Float64Array, order: Uint32Array): Areas {
  let positives = 0;
  for (let i = 0; i < positive.length; i++) positives += positive[i]!;
  let truePositives = 0;
  let falsePositives = 0;
  let pairs = 0;
  let averagePrecision = 0;
  for (let i = 0; i < order.length; ) {
    const score = scores[order[i]!]!;
    let hits = 0;
    const from = i;
    for (; i < order.length && scores[order[i]!] === score; i++) hits += positive[order[i]!]!;
    const misses = i - from - hits;
    // An ordinary row is below all labelled rows that came before it, and ties with those of its group.
    pairs += misses * (truePositives + hits / 2);
    truePositives += hits;
    falsePositives += misses;
    averagePrecision += (hits * truePositives) / (truePositives + falsePositives);
  }
  const unjudged = positives - truePositives;
  averagePrecision += (unjudged * positives) / (positives + falsePositives);
  if (positives === 0 || falsePositives === 0) return { aucPr: Number.NaN, aucRoc: Number.NaN };
  return { aucPr: averagePrecision / positives, aucRoc: pairs / (positives * falsePositives) };
}
