import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import type { Model } from '@quantstream/engine';
import { random } from '@quantstream/engine/testing';

const folder = process.env.QUANTSTREAM_SHARED ?? fileURLToPath(new URL('../../shared', import.meta.url));

/** Whether the labelled sets that lie outside the repository are there. */
export const hasSharedData = existsSync(`${folder}/data/benchmark/pima.csv.gz`);

export interface Labelled {
  readonly rows: readonly Float64Array[];
  readonly labels: readonly number[];
}

/** A gzipped CSV `f0,…,fN,label`. */
export function readLabelled(set: string): Labelled {
  const text = gunzipSync(readFileSync(`${folder}/data/benchmark/${set}.csv.gz`)).toString('utf8');
  const cells = text.trimEnd().split('\n').slice(1);
  const all = cells.map((line) => Float64Array.from(line.split(','), Number));
  return { rows: all.map((row) => row.slice(0, -1)), labels: all.map((row) => row.at(-1)!) };
}

/** Each column through its own function, made from all of its values. */
export function scaled({ rows, labels }: Labelled, scale: (column: Float64Array) => (value: number) => number): Labelled {
  const columns = Array.from(rows[0], (_, c) => scale(Float64Array.from(rows, (row) => row[c])));
  return { rows: rows.map((row) => row.map((value, c) => columns[c](value))), labels };
}

/** Area under the ROC curve by ranks (Mann–Whitney), ties shared; rows without a score are left out. */
export function areaUnderCurve(scores: ArrayLike<number>, labels: readonly number[]): number {
  const order = labels.map((_, i) => i).filter((i) => !Number.isNaN(scores[i]));
  order.sort((a, b) => scores[a] - scores[b]);
  let positives = 0;
  let rankSum = 0;
  for (let i = 0, j = 0; i < order.length; i = j) {
    while (j < order.length && scores[order[j]] === scores[order[i]]) j++;
    for (let k = i; k < j; k++) {
      if (labels[order[k]] === 0) continue;
      positives++;
      rankSum += (i + j + 1) / 2;
    }
  }
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * (order.length - positives));
}

/** AUROC of scoring and then learning each row, in an order shuffled by the seed. */
export function prequential({ rows, labels }: Labelled, seed: number, model: Model): number {
  const uniform = random(seed);
  const order = rows.map((_, i) => i);
  for (let i = order.length - 1; i > 0; i--) {
    const j = Math.floor(uniform() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  const scores = order.map((i, time) => {
    const score = model.score(rows[i], time);
    model.learn(rows[i], time, 1);
    return score;
  });
  return areaUnderCurve(
    scores,
    order.map((i) => labels[i]),
  );
}
