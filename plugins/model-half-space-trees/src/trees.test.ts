import { gaussian, random } from '@quantstream/engine/testing';
import { describe, expect, it } from 'vitest';
import { configSchema, type Settings } from './config.js';
import { mix } from './random.js';
import { initialState } from './state.js';
import { columnOf, HalfSpaceTrees } from './trees.js';

interface Node {
  number: number;
  low: number[];
  high: number[];
  latest: number;
  reference: number;
  children?: [Node, Node];
}

/** The trees as the paper writes them: nodes with their own boxes, and a walk over all of them when the window turns over. */
class EagerTrees {
  private readonly settings: Settings;
  private readonly columns: number;
  private readonly roots: Node[];
  private inWindow = 0;

  constructor(settings: Settings, columns: number) {
    this.settings = settings;
    this.columns = columns;
    this.roots = Array.from({ length: settings.trees }, (_, tree) => {
      const centre = Array.from({ length: columns }, (_, c) => mix(settings.seed, tree, c + 1) / 2 ** 32);
      const reach = centre.map((s) => 2 * Math.max(s, 1 - s));
      return this.node(1, centre.map((s, c) => s - reach[c]), centre.map((s, c) => s + reach[c])); // biome-ignore format: one line
    });
  }

  learn(row: Float64Array): void {
    this.roots.forEach((root, tree) => {
      for (const node of this.way(root, tree, row)) node.latest++;
    });
    if (++this.inWindow < this.settings.window) return;
    this.inWindow = 0;
    for (const root of this.roots) this.turn(root);
  }

  mass(row: Float64Array): number {
    let sum = 0;
    this.roots.forEach((root, tree) => {
      const way = this.way(root, tree, row);
      const end = way.findIndex((node) => node.reference < 0.1 * this.settings.window);
      const level = end < 0 ? way.length - 1 : end;
      sum += way[level].reference * 2 ** level;
    });
    return sum / (this.settings.trees * this.settings.window);
  }

  private node(number: number, low: number[], high: number[]): Node {
    return { number, low, high, latest: 0, reference: 0 };
  }

  private way(root: Node, tree: number, row: Float64Array): Node[] {
    const way = [root];
    for (let node = root; way.length <= this.settings.depth; way.push(node)) {
      const c = columnOf(node.number, mix(this.settings.seed, tree, 0) | 0, this.columns);
      const middle = (node.low[c] + node.high[c]) / 2;
      node.children ??= [
        this.node(2 * node.number, node.low, node.high.with(c, middle)),
        this.node(2 * node.number + 1, node.low.with(c, middle), node.high),
      ];
      node = node.children[row[c] < middle ? 0 : 1];
    }
    return way;
  }

  private turn(node: Node): void {
    node.reference = node.latest;
    node.latest = 0;
    node.children?.forEach((child) => {
      this.turn(child);
    });
  }
}

function both(raw: object, columns: number) {
  const settings = configSchema.parse({ range: [0, 1], ...raw });
  return { lazy: new HalfSpaceTrees(initialState(settings, columns), settings), eager: new EagerTrees(settings, columns) };
}

describe('counting the rows of a window in when it is complete', () => {
  it.each([
    ['spread rows', gaussian(1), 3],
    [
      'rows on few places',
      (
        (uniform) => () =>
          Math.floor(uniform() * 4) / 4
      )(random(2)),
      2,
    ],
    ['one place', () => 0.3, 1],
  ])('gives what counting each in as it comes gives, bit for bit: %s', (_, draw, columns) => {
    const { lazy, eager } = both({ trees: 7, depth: 9, window: 40, warmUp: 40 }, columns);
    for (let i = 0; i < 1_000; i++) {
      // Windows that differ, so that nodes are left alone for a while.
      const row = Float64Array.from({ length: columns }, () => draw() / 3 + (Math.floor(i / 90) % 3) / 3);
      expect(lazy.mass(row)).toBe(eager.mass(row));
      lazy.learn(row);
      eager.learn(row);
    }
  });
});

describe('columns', () => {
  it.each([1, 2, 3, 10, 40])('of %i are split about equally often', (columns) => {
    const counts = new Float64Array(columns);
    for (let tree = 0; tree < 25; tree++) {
      const salt = mix(7, tree, 0) | 0;
      for (let node = 1; node < 1_024; node++) counts[columnOf(node, salt, columns)]++;
    }
    const expected = (25 * 1_023) / columns;
    for (const count of counts) expect(Math.abs(count - expected)).toBeLessThan(5 * Math.sqrt(expected));
  });
});

describe('lost mass', () => {
  it('sums to the logarithm of the density at the end of the way', () => {
    const settings = configSchema.parse({ trees: 5, depth: 8, window: 100, warmUp: 100, range: [-3, 3] });
    const trees = new HalfSpaceTrees(initialState(settings, 2), settings);
    const normal = gaussian(3);
    for (let i = 0; i < 100; i++) trees.learn(Float64Array.of(normal(), normal()));
    const lost = new Float64Array(2);
    // Where no row is, the first empty node is at some depth k: its density is ½ · 2^k / 100½.
    const total = trees.lostMass(Float64Array.of(60, 0), lost);
    expect(Math.abs(lost[0] + lost[1] - total)).toBeLessThan(1e-12);
    expect(lost[0]).toBeGreaterThan(lost[1]);
    expect(total).toBeGreaterThan(0);
    expect(trees.lostMass(Float64Array.of(0, 0), lost)).toBeLessThan(0);
  });
});
