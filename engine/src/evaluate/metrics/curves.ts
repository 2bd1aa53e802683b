import { counted, type Field } from './field.js';

/** Areas under the two usual curves, row by row: labelled rows (without grace) against all others. */
export interface Areas {
  readonly aucPr: number;
  readonly aucRoc: number;
}

/**
 * AUC-ROC is the share of pairs of a labelled and an ordinary row in which the labelled one is odder, ties by half; AUC-PR the average
 * precision: over the thresholds, precision times what recall gains (no interpolation). Rows that were not judged are the least odd of all
 * and as odd as each other, labelled or not: who does not judge gains nothing by it.
 * @returns NaN without labelled or without ordinary rows
 */
export function areas(field: Field, scores: Float64Array, order: Uint32Array): Areas {
  const { positive } = field;
  const { rows, positives } = counted(field);
  let truePositives = 0;
  let falsePositives = 0;
  let pairs = 0;
  let averagePrecision = 0;
  const take = (hits: number, misses: number) => {
    // An ordinary row is below all labelled rows that came before it, and ties with those of its group.
    pairs += misses * (truePositives + hits / 2);
    truePositives += hits;
    falsePositives += misses;
    if (hits > 0) averagePrecision += (hits * truePositives) / (truePositives + falsePositives);
  };
  for (let i = 0; i < order.length; ) {
    const score = scores[order[i]!]!;
    let hits = 0;
    const from = i;
    for (; i < order.length && scores[order[i]!] === score; i++) hits += positive[order[i]!]!;
    take(hits, i - from - hits);
  }
  take(positives - truePositives, rows - positives - falsePositives);
  if (positives === 0 || falsePositives === 0) return { aucPr: Number.NaN, aucRoc: Number.NaN };
  return { aucPr: averagePrecision / positives, aucRoc: pairs / (positives * falsePositives) };
}
