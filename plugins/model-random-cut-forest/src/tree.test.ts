import { gaussian, random } from '@quantstream/engine/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Boxes } from './boxes.js';
import { configSchema, type Settings } from './config.js';
import { Points } from './points.js';
import { Sampler } from './sampler.js';
import { Scorer } from './score.js';
import { EMPTY, initialState, type State } from './state.js';
import { Trees } from './tree.js';

/** Empty trees, as they stand before the first row is offered. */
function planted(settings: Settings, columns: number) {
  const state = initialState(settings, columns);
  const boxes = new Boxes(state, columns);
  const points = new Points(state, columns, settings.trees * settings.sampleSize);
  const trees = new Trees(state, points, boxes, columns);
  trees.plant(settings);
  return { state, boxes, trees };
}

interface Plain {
  box: [min: number, max: number][];
  mass: number;
  leaf?: number;
  cut?: { dimension: number; at: number; left: Plain; right: Plain };
}

/** A tree as objects, with boxes and masses worked out from its leaves. */
function plainTree(state: State, boxes: Boxes, tree: number, numbers: number): Plain {
  const build = (node: number, mass: number): Plain => {
    if (node < 0) {
      const point = [...state.points.subarray(~node * numbers, (~node + 1) * numbers)];
      return { box: point.map((value) => [value, value]), mass, leaf: ~node };
    }
    const left = build(state.children[2 * node], state.leftMass[node]);
    const right = build(state.children[2 * node + 1], mass - state.leftMass[node]);
    const cut = { dimension: state.dimension[node], at: state.cut[node], left, right };
    const box = left.box.map(([min, max], i): [number, number] => [
      Math.min(min, right.box[i][0]),
      Math.max(max, right.box[i][1]),
    ]);
    const b = node * numbers * 2;
    // + 0, as −0 and 0 are one place.
    const kept = Array.from(boxes.sides.subarray(b, b + 2 * numbers), (side) => side + 0);
    expect(kept, 'the kept box is that of the leaves').toEqual(box.flat().map((side) => side + 0));
    expect(Math.min(left.mass, right.mass), 'there are rows on both sides').toBeGreaterThan(0);
    expect(left.box[cut.dimension][1]).toBeLessThanOrEqual(cut.at);
    expect(right.box[cut.dimension][0]).toBeGreaterThan(cut.at);
    return { box, mass, cut };
  };
  return build(state.roots[tree], state.masses[tree]);
}

/** The score of a tree by its definition, with nothing saved and no early end. */
function plainScore(node: Plain, x: Float32Array, size: number, depth = 0): number {
  const grown = node.box.map(([min, max], i) => Math.max(0, x[i] - max, min - x[i]));
  const length = node.box.reduce((sum, [min, max], i) => sum + Math.max(max, x[i]) - Math.min(min, x[i]), 0);
  if (!node.cut) {
    const equal = grown.every((g) => g === 0);
    return equal ? (1 - node.mass / (2 * size)) / (depth + Math.log2(node.mass + 1)) : 1 / (depth + 1);
  }
  const { dimension, at, left, right } = node.cut;
  const p = grown.reduce((a, b) => a + b, 0) / (length || 1);
  return p / (depth + 1) + (1 - p) * plainScore(x[dimension] <= at ? left : right, x, size, depth + 1);
}

function leavesOf(node: Plain): { point: number; mass: number }[] {
  return node.cut ? [...leavesOf(node.cut.left), ...leavesOf(node.cut.right)] : [{ point: node.leaf!, mass: node.mass }];
}

function grow(count: number, columns: number, raw: object, make: (i: number) => number) {
  const settings = configSchema.parse({ trees: 8, sampleSize: 64, ...raw });
  const { state, boxes, trees } = planted(settings, columns);
  const sampler = new Sampler(state, trees, settings);
  for (let i = 0; i < count; i++) sampler.offer(Float32Array.from({ length: columns }, () => make(i)));
  return { state, boxes, settings, scorer: new Scorer(state, boxes, settings, columns) };
}

describe('a tree', () => {
  it.each([
    ['spread values', 4, gaussian(1)],
    [
      'many equal rows',
      2,
      (
        (uniform) => () =>
          Math.floor(uniform() * 3)
      )(random(2)),
    ],
    ['one value only', 3, () => 7],
  ])('keeps boxes, masses and samples exact over thousands of rows in and out: %s', (_, columns, draw) => {
    const { state, boxes, settings } = grow(5_000, columns, {}, draw);
    const uses = new Map<number, number>();
    for (let tree = 0; tree < settings.trees; tree++) {
      const root = plainTree(state, boxes, tree, columns);
      expect(root.mass).toBe(settings.sampleSize);
      const leaves = leavesOf(root);
      const items = [...state.items.subarray(tree * settings.sampleSize, (tree + 1) * settings.sampleSize)];
      expect(new Set(items)).toEqual(new Set(leaves.map(({ point }) => point)));
      for (const { point, mass } of leaves) expect(items.filter((item) => item === point).length).toBe(mass);
      for (const item of items) uses.set(item, (uses.get(item) ?? 0) + 1);
      const keys = state.keys.subarray(tree * settings.sampleSize, (tree + 1) * settings.sampleSize);
      for (let i = 1; i < keys.length; i++) expect(keys[i]).toBeLessThanOrEqual(keys[(i - 1) >> 1]);
    }
    for (const [point, count] of uses) expect(state.uses[point]).toBe(count);
    // Every other point is free, and none of those in use.
    let free = 0;
    for (let point = state.freePoint; point >= 0; point = state.uses[point]) {
      expect(uses.has(point)).toBe(false);
      free++;
    }
    expect(uses.size + free).toBe(state.stored);
  });

  it('keeps a row once, whichever trees hold it', () => {
    const { state, settings } = grow(5_000, 3, { trees: 50 }, gaussian(9));
    expect(state.stored).toBeLessThan(0.6 * settings.trees * settings.sampleSize);
  });

  it('has the same boxes when it comes back from its state alone', () => {
    const { state, boxes } = grow(2_000, 3, {}, gaussian(10));
    const again = new Boxes(state, 3);
    const sidesOf = (of: Boxes, node: number): number[] =>
      node < 0
        ? []
        : [
            ...of.sides.subarray(node * 6, node * 6 + 6),
            ...sidesOf(of, state.children[2 * node]),
            ...sidesOf(of, state.children[2 * node + 1]),
          ];
    for (const root of state.roots) expect(sidesOf(again, root)).toEqual(sidesOf(boxes, root));
  });

  it('can be emptied again, in any order, and then filled as before', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.double({ min: -1e37, max: 1e37, noNaN: true }), { minLength: 2, maxLength: 2 }), {
          minLength: 1,
          maxLength: 30,
        }),
        (rows) => {
          const settings = configSchema.parse({ trees: 1, sampleSize: 32 });
          const { state, boxes, trees } = planted(settings, 2);
          for (let round = 0; round < 2; round++) {
            const points = rows.map((row) => trees.insert(0, Float32Array.from(row), -1));
            expect(plainTree(state, boxes, 0, 2).mass).toBe(rows.length);
            points.sort((a, b) => ((a * 7) % 5) - ((b * 7) % 5));
            points.forEach((point, i) => {
              trees.remove(0, point);
              if (i + 1 < points.length) expect(plainTree(state, boxes, 0, 2).mass).toBe(rows.length - i - 1);
            });
            expect(state.roots[0]).toBe(EMPTY);
          }
        },
      ),
      { seed: 1, numRuns: 200 },
    );
  });

  it('cuts a dimension as often as its share of the length says', () => {
    const settings = configSchema.parse({ trees: 1, sampleSize: 2 });
    let first = 0;
    for (let seed = 0; seed < 4_000; seed++) {
      const { state, trees } = planted({ ...settings, seed }, 2);
      trees.insert(0, Float32Array.of(0, 0), -1);
      trees.insert(0, Float32Array.of(3, -1), -1);
      if (state.dimension[0] === 0) first++;
    }
    // Three quarters, within four standard deviations.
    expect(Math.abs(first / 4_000 - 0.75)).toBeLessThan(4 * Math.sqrt(0.1875 / 4_000));
  });

  it('holds the same shapes whether a row was removed from it or never came', () => {
    // Of three points on a line, which is parted first from the others: the root's cut lies in the longer gap as often as it is longer.
    const rootAt = (seed: number, withFourth: boolean) => {
      const { state, trees } = planted(configSchema.parse({ trees: 1, sampleSize: 4, seed }), 1);
      trees.insert(0, Float32Array.of(0), -1);
      trees.insert(0, Float32Array.of(1), -1);
      const fourth = withFourth ? trees.insert(0, Float32Array.of(9), -1) : -1;
      trees.insert(0, Float32Array.of(4), -1);
      if (withFourth) trees.remove(0, fourth);
      return state.cut[state.roots[0]];
    };
    for (const withFourth of [false, true]) {
      let inLonger = 0;
      for (let seed = 0; seed < 4_000; seed++) if (rootAt(seed, withFourth) >= 1) inLonger++;
      expect(Math.abs(inLonger / 4_000 - 0.75)).toBeLessThan(4 * Math.sqrt(0.1875 / 4_000));
    }
  });
});

describe('the sample of a tree', () => {
  it('favours the recent as its decay says, and is uniform without', () => {
    const rows = 4_000;
    for (const [timeDecay, expected] of [
      [0, rows / 2],
      [0.005, 200],
    ] as const) {
      const { state } = grow(rows, 1, { trees: 20, sampleSize: 64, timeDecay }, (i) => i);
      let age = 0;
      for (const item of state.items) age += rows - state.points[item];
      const mean = age / state.items.length;
      // A sample of 64 takes some of the weight from the youngest, so its mean age is a little above 1 / decay.
      expect(mean / expected, `mean age ${mean} with decay ${timeDecay}`).toBeGreaterThan(0.9);
      expect(mean / expected, `mean age ${mean} with decay ${timeDecay}`).toBeLessThan(timeDecay ? 1.35 : 1.1);
    }
  });
});

describe('the score', () => {
  it.each([
    ['spread values', gaussian(3)],
    [
      'many equal rows',
      (
        (uniform) => () =>
          Math.floor(uniform() * 4)
      )(random(4)),
    ],
  ])('is what the definition gives on the same trees, by both ways through them: %s', (_, draw) => {
    const { state, boxes, settings, scorer } = grow(3_000, 3, {}, draw);
    const trees = Array.from({ length: settings.trees }, (_, tree) => plainTree(state, boxes, tree, 3));
    for (let i = 0; i < 300; i++) {
      const x = Float32Array.from({ length: 3 }, () => (i % 3 ? draw() : draw() * 5));
      const plain = trees.reduce((sum, tree) => sum + plainScore(tree, x, settings.sampleSize), 0) / trees.length;
      expect(Math.abs(scorer.score(x) - plain * Math.log2(65))).toBeLessThan(1e-12);
      expect(Math.abs(scorer.walk(x) - scorer.score(x))).toBeLessThan(1e-12);
    }
  });
});
