/** Labelled sets of rows, and how well scores tell their classes apart: for benches and for tests of accuracy. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

/** A gzipped CSV `f0,…,fN,label`. */
export function readLabelled(path) {
  const lines = gunzipSync(readFileSync(path)).toString('utf8').trimEnd().split('\n').slice(1);
  const all = lines.map((line) => Float64Array.from(line.split(','), Number));
  return { rows: all.map((row) => row.slice(0, -1)), labels: all.map((row) => row.at(-1)) };
}

/** Area under the ROC curve by ranks (Mann–Whitney), ties shared; rows without a score are left out. */
export function areaUnderCurve(scores, labels) {
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
