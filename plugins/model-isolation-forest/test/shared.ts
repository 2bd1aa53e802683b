import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';

const folder = process.env.QUANTSTREAM_SHARED ?? fileURLToPath(new URL('../../../../shared', import.meta.url));

/** Path of a data set that lies outside the repository. */
export const sharedPath = (name: string) => `${folder}/data/${name}`;
export const isShared = (name: string) => existsSync(sharedPath(name));

export interface Labelled {
  readonly count: number;
  readonly columns: number;
  readonly values: Float64Array;
  readonly labels: Uint8Array;
}

/** A gzipped CSV `f0,…,fN,label` as numbers. */
export function readLabelled(name: string): Labelled {
  const lines = gunzipSync(readFileSync(sharedPath(name)))
    .toString('utf8')
    .trimEnd()
    .split('\n')
    .slice(1);
  const columns = lines[0].split(',').length - 1;
  const values = new Float64Array(lines.length * columns);
  const labels = new Uint8Array(lines.length);
  lines.forEach((line, i) => {
    const cells = line.split(',');
    for (let c = 0; c < columns; c++) values[i * columns + c] = Number(cells[c]);
    labels[i] = Number(cells[columns]);
  });
  return { count: lines.length, columns, values, labels };
}

/** Area under the ROC curve by ranks (Mann–Whitney), ties shared. */
export function areaUnderCurve(scores: Float64Array, labels: Uint8Array): number {
  const order = Uint32Array.from(scores.keys()).sort((a, b) => scores[a] - scores[b]);
  let positives = 0;
  let rankSum = 0;
  for (let i = 0; i < order.length; ) {
    let j = i;
    while (j < order.length && scores[order[j]] === scores[order[i]]) j++;
    for (let k = i; k < j; k++) {
      if (labels[order[k]] === 0) continue;
      positives++;
      rankSum += (i + j + 1) / 2;
    }
    i = j;
  }
  return (rankSum - (positives * (positives + 1)) / 2) / (positives * (scores.length - positives));
}
