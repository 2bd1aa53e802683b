import { createHash } from 'node:crypto';
import type { Column, Explanation } from '@quantstream/engine';
import type { Settings } from './config.js';
import { type Explainer, makeExplainer } from './explain.js';
import { type Forest, growForest } from './forest.js';
import { columnQuantiles } from './quantiles.js';
import { makeScorer, type Scorer } from './score.js';

/** A forest and what is remembered of the rows it was grown on: plain data. */
export interface Fitted {
  readonly forest: Forest;
  /** d × 65 training quantiles by column (`quantiles.ts`), or `null` where they are not known. */
  readonly quantiles: Float64Array | null;
  /** Number of training rows. */
  readonly rows: number;
}

/** Fits on n × d rows (row-major). `fit` counts from 1 and chooses the random stream. */
export function fit(values: Float64Array, count: number, columns: number, settings: Settings, number: number): Fitted {
  const { trees, sampleSize, seed } = settings;
  return {
    forest: growForest(values, count, columns, { trees, sampleSize, seed, stream: number }),
    quantiles: columnQuantiles(values, count, columns),
    rows: count,
  };
}

/** Scores of n × d rows in ascending order. */
export function ascendingScores(scorer: Scorer, values: Float64Array, count: number, columns: number): Float64Array {
  const scores = new Float64Array(count);
  const row = new Float64Array(columns);
  for (let i = 0; i < count; i++) {
    for (let c = 0; c < columns; c++) row[c] = values[i * columns + c];
    scores[i] = scorer.score(row);
  }
  return scores.sort();
}

/** Eight hex digits that name a forest by its content. */
export function contentHash(forest: Forest): string {
  const hash = createHash('sha256');
  for (const part of [forest.roots, forest.feature, forest.threshold, forest.right, forest.size]) {
    hash.update(new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
  }
  return hash.digest('hex').slice(0, 8);
}

/** A fitted forest made ready for rows. Derived, so never saved; one of a trained model serves all keys. */
export class Prepared {
  readonly scorer: Scorer;
  private readonly fitted: Fitted;
  private readonly columns: readonly Column[];
  private explainer: Explainer | undefined;

  constructor(fitted: Fitted, columns: readonly Column[]) {
    this.fitted = fitted;
    this.columns = columns;
    this.scorer = makeScorer(fitted.forest);
  }

  /** Anomalies are rare, so what explaining needs is made on the first one. */
  explain(row: Float64Array, out: Explanation): void {
    const { forest, quantiles, rows } = this.fitted;
    this.explainer ??= makeExplainer(forest, this.columns, quantiles, rows);
    this.explainer(row, out);
  }
}
