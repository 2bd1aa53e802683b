import type { Model, ModelPlugin } from '@quantstream/engine';
import { random, startModel } from '@quantstream/engine/testing';
import { areaUnderCurve, type Labelled, readLabelled as read } from '../bench/labelled.mjs';
import { sharedData } from './shared.js';

export { areaUnderCurve, type Labelled };

const labelledSet = (set: string) => sharedData('benchmark', `${set}.csv.gz`);

/** Whether the labelled sets that lie outside the repository are there. */
export const hasSharedData = labelledSet('pima').present;

export const readLabelled = (set: string): Labelled => read(labelledSet(set).path);

/** Each column through its own function, made from all of its values. */
export function scaled({ rows, labels }: Labelled, scale: (column: Float64Array) => (value: number) => number): Labelled {
  const columns = Array.from(rows[0], (_, c) => scale(Float64Array.from(rows, (row) => row[c])));
  return { rows: rows.map((row) => row.map((value, c) => columns[c](value))), labels };
}

/** AUROC of scoring and then learning each row, in an order shuffled by the seed. */
function prequential({ rows, labels }: Labelled, seed: number, model: Model): number {
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

/** Mean AUROC of so many seeds, each with rows in an order of its own. @param settings of a seed, as a user writes them */
export function meanAreaUnderCurve(
  plugin: ModelPlugin,
  data: Labelled,
  seeds: number,
  settings: (seed: number) => object,
): number {
  let sum = 0;
  for (let seed = 0; seed < seeds; seed++) {
    sum += prequential(data, seed, startModel(plugin, settings(seed), data.rows[0].length).model);
  }
  return sum / seeds;
}
