// A fitted forest as an artifact holds it, and what must be true of one that is read.

import { type Column, z } from '@quantstream/engine';
import type { Fitted } from './fitted.js';
import type { Forest } from './forest.js';
import { GRID } from './quantiles.js';

const numbers = z.array(z.number());

/** One tree, node 0 its root; parallel arrays as scikit-learn's `tree_` has them. */
const treeSchema = z.strictObject({
  feature: numbers.describe('Column of the split; anything at a leaf.'),
  threshold: numbers.describe('`row[feature] <= threshold` goes left; anything at a leaf.'),
  left: numbers.describe('Left child, −1 at a leaf.'),
  right: numbers.describe('Right child, −1 at a leaf.'),
  n: numbers.describe('Training rows that reached the node.'),
});

/** What an artifact file holds for this model. `scripts/export_sklearn_forest.py` writes the same from scikit-learn. */
export const payloadSchema = z.strictObject({
  format: z.literal('isolation-forest/1'),
  sampleSize: z.int().min(2).describe('Rows that each tree was grown from.'),
  float32: z.boolean().describe('True if rows are rounded to float32 before comparing (scikit-learn).'),
  rows: z.int().min(2).describe('Training rows.'),
  trees: z.array(treeSchema).min(1),
  quantiles: z
    .array(numbers.length(GRID.length))
    .nullable()
    .describe('By column, the training quantiles at the shares of `quantiles.ts`; null where they are not known.'),
});

export type Payload = z.infer<typeof payloadSchema>;

/** The JSON of a fitted forest; {@link fromPayload} gives the same forest back. */
export function toPayload({ forest, quantiles, rows }: Fitted): Payload {
  const trees = Array.from({ length: forest.roots.length - 1 }, (_, tree) => {
    const from = forest.roots[tree];
    const to = forest.roots[tree + 1];
    const feature = [...forest.feature.subarray(from, to)];
    return {
      feature,
      threshold: [...forest.threshold.subarray(from, to)],
      left: feature.map((column, node) => (column < 0 ? -1 : node + 1)),
      right: feature.map((column, node) => (column < 0 ? -1 : forest.right[from + node] - from)),
      n: [...forest.size.subarray(from, to)],
    };
  });
  return {
    format: 'isolation-forest/1',
    sampleSize: forest.sampleSize,
    float32: forest.float32,
    rows,
    trees,
    quantiles:
      quantiles &&
      Array.from({ length: forest.columns }, (_, c) => [...quantiles.subarray(c * GRID.length, (c + 1) * GRID.length)]),
  };
}

/**
 * Checks a payload and lays its trees out in preorder.
 * @throws {Error} with a sentence that says which tree and node are wrong, and how
 */
export function fromPayload(payload: unknown, columns: readonly Column[]): Fitted {
  const parsed = payloadSchema.safeParse(payload);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new Error(`not an isolation forest: ${issue.path.join('.') || 'payload'}: ${issue.message}`);
  }
  const { trees, quantiles, sampleSize, float32, rows } = parsed.data;
  if (quantiles && quantiles.length !== columns.length) {
    throw new Error(`quantiles are given for ${quantiles.length} columns, but the model has ${columns.length}`);
  }
  quantiles?.forEach((grid, c) => {
    if (grid.some((x, i) => i > 0 && x < grid[i - 1])) throw new Error(`quantiles of column ${columns[c].name} do not ascend`);
  });
  const forest = layOut(trees, columns.length, sampleSize, float32);
  return { forest, rows, quantiles: quantiles ? Float64Array.from(quantiles.flat()) : null };
}

function layOut(trees: Payload['trees'], columns: number, sampleSize: number, float32: boolean): Forest {
  const total = trees.reduce((sum, tree) => sum + tree.feature.length, 0);
  const roots = new Int32Array(trees.length + 1);
  const feature = new Int16Array(total).fill(-1);
  const threshold = new Float64Array(total);
  const right = new Int32Array(total).fill(-1);
  const size = new Int32Array(total);
  let next = 0;

  trees.forEach((tree, t) => {
    roots[t] = next;
    const nodes = tree.feature.length;
    for (const part of ['threshold', 'left', 'right', 'n'] as const) {
      if (tree[part].length !== nodes)
        throw new Error(`tree ${t}: ${part} has ${tree[part].length} entries, feature has ${nodes}`);
    }
    const wrong = (node: number, what: string) => new Error(`tree ${t}, node ${node}: ${what}`);
    const reached = new Uint8Array(nodes);
    const stack: { node: number; parent: number }[] = [{ node: 0, parent: -1 }];
    while (stack.length > 0) {
      const { node, parent } = stack.pop()!;
      if (reached[node]++ > 0) throw wrong(node, 'is reached twice');
      const place = next++;
      if (parent >= 0) right[parent] = place;
      if (!Number.isInteger(tree.n[node]) || tree.n[node] < 1)
        throw wrong(node, `n is ${tree.n[node]}, expected a count of rows`);
      size[place] = tree.n[node];
      const [l, r] = [tree.left[node], tree.right[node]];
      if (l === -1 && r === -1) continue;
      for (const child of [l, r]) {
        if (!Number.isInteger(child) || child < 1 || child >= nodes) throw wrong(node, `${child} is not a node below a root`);
      }
      const column = tree.feature[node];
      if (!Number.isInteger(column) || column < 0 || column >= columns) {
        throw wrong(node, `splits on column ${column}, but the model has ${columns}`);
      }
      feature[place] = column;
      threshold[place] = tree.threshold[node];
      stack.push({ node: r, parent: place }, { node: l, parent: -1 });
    }
    if (next - roots[t] !== nodes)
      throw new Error(`tree ${t}: ${nodes - next + roots[t]} of ${nodes} nodes are not reached from its root`);
  });
  roots[trees.length] = next;
  return { columns, sampleSize, float32, roots, feature, threshold, right, size };
}
