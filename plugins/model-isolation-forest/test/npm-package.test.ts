import { gaussian } from '@quantstream/engine/testing';
import { IsolationForest } from 'isolation-forest';
import { describe, expect, it } from 'vitest';

interface Node {
  X?: unknown[];
  leftChild?: Node;
  rightChild?: Node;
}

const rowsLeft = (node: Node): number =>
  (node.X?.length ?? 0) + (node.leftChild ? rowsLeft(node.leftChild) : 0) + (node.rightChild ? rowsLeft(node.rightChild) : 0);

/** What docs/decisions/0001-own-isolation-forest.md says of the npm package; a newer one that fails here deserves another look. */
describe('the npm package isolation-forest 0.0.9', () => {
  const normal = gaussian(1);
  const rows = Array.from({ length: 1_000 }, () => ({ a: normal(), b: normal() }));
  const shifted = rows.map(({ a, b }) => ({ a: a + 100, b: b + 100 }));

  it('grows every tree on all rows, not on the sub-sample that it draws', () => {
    const forest = new IsolationForest(5, 64);
    forest.fit(rows);
    expect(forest.trees.map((tree) => rowsLeft(tree.getRootNode() as unknown as Node))).toEqual(Array(5).fill(1_000));
  });

  it('scores after a refit as before it', () => {
    const forest = new IsolationForest(20, 64);
    forest.fit(rows);
    const before = forest.predict(shifted);
    forest.fit(shifted);
    expect(forest.predict(shifted)).toEqual(before);
  });

  it('gives other scores each time, as it cannot be seeded', () => {
    const scores = () => {
      const forest = new IsolationForest(20, 64);
      forest.fit(rows);
      return forest.scores();
    };
    expect(scores()).not.toEqual(scores());
  });
});
