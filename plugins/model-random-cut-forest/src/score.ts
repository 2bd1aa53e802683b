// Scores of points against a forest.

import { workingArrays } from '@quantstream/engine';
import type { Boxes } from './boxes.js';
import { LARGEST_SAMPLE, type Settings } from './config.js';
import type { State } from './state.js';

/** 1 / (depth + 1), and the nodes of a way down: one thread, so one of each serves all forests, however large. */
const inverse = Float64Array.from({ length: LARGEST_SAMPLE + 1 }, (_, depth) => 1 / (depth + 1));
const path = new Int32Array(LARGEST_SAMPLE);
const distances = workingArrays();

/**
 * Scores of points against a forest, as the expected answer of a tree that had learned the point: at a node with box B the point
 * is cut off with probability p = (length grown by x) / (length of B ∪ x), summed over dimensions, and then counts 1 / (depth + 1);
 * else what its child says. A leaf counts 1 / (depth + 1), or damped 1 / (depth + log₂(mass + 1)) where it equals the point.
 * The mean over trees × log₂(rows in a tree + 1) is about 1 or below for ordinary points.
 */
export class Scorer {
  private readonly state: State;
  private readonly boxes: Boxes;
  private readonly trees: number;
  private readonly sampleSize: number;
  private readonly numbers: number;
  private readonly grown: Float64Array;
  private above: Float64Array | undefined;
  private below: Float64Array | undefined;

  constructor(state: State, boxes: Boxes, settings: Settings, numbers: number) {
    this.state = state;
    this.boxes = boxes;
    this.trees = settings.trees;
    this.sampleSize = settings.sampleSize;
    this.numbers = numbers;
    this.grown = distances(numbers);
  }

  /** Rows in each tree, at least one. */
  private get size(): number {
    return Math.min(this.state.rows, this.sampleSize);
  }

  /** What a tree's sum is multiplied by. */
  private get scale(): number {
    return Math.log2(this.size + 1) / this.trees;
  }

  /**
   * Score of a point without NaN. Hot, hence long: from the leaf upwards it may stop at the first box that holds the point, which for
   * ordinary points is near; all boxes above hold it too.
   */
  score(x: Float32Array): number {
    const { numbers, trees, size } = this;
    const { roots, children, dimension, cut, points } = this.state;
    const { sides } = this.boxes;
    let total = 0;
    for (let tree = 0; tree < trees; tree++) {
      let depth = 0;
      let node = roots[tree];
      while (node >= 0) {
        path[depth++] = node;
        node = children[x[dimension[node]] <= cut[node] ? 2 * node : 2 * node + 1];
      }
      let equal = true;
      for (let i = 0, p = ~node * numbers; i < numbers; i++, p++) {
        if (x[i] !== points[p]) {
          equal = false;
          break;
        }
      }
      if (equal) {
        // Every box holds it.
        total += seen(this.massOf(tree, depth, node), size, depth);
        continue;
      }
      let score = inverse[depth];
      while (--depth >= 0) {
        let grown = 0;
        let length = 0;
        const end = (path[depth] + 1) * numbers * 2;
        for (let b = end - 2 * numbers, i = 0; b < end; b += 2, i++) {
          const low = sides[b];
          const high = sides[b + 1];
          const above = x[i] - high;
          const below = low - x[i];
          length += high - low;
          // a + |a| is exactly 2·max(a, 0), without a branch that no processor could foresee.
          grown += above + Math.abs(above) + (below + Math.abs(below));
        }
        if (grown === 0) break;
        grown /= 2;
        score += (grown / (length + grown)) * (inverse[depth] - score);
      }
      total += score;
    }
    return total * this.scale;
  }

  /**
   * Score of a point that may hold NaN, from the root down; a missing number is left out of lengths, and a cut in its dimension
   * leads to both sides, weighted by their rows. With `above` and `below` (D numbers each) also where it comes from: the part due to
   * being above and to being below the boxes, by dimension; together they sum to the score.
   */
  walk(x: Float32Array, above?: Float64Array, below?: Float64Array): number {
    this.above = above?.fill(0);
    this.below = below?.fill(0);
    const { roots, masses } = this.state;
    let total = 0;
    for (let tree = 0; tree < this.trees; tree++) total += this.visit(x, roots[tree], masses[tree], 0, this.scale);
    this.above = this.below = undefined;
    return total;
  }

  private visit(x: Float32Array, node: number, mass: number, depth: number, weight: number): number {
    if (node < 0) return this.visitLeaf(x, ~node, mass, depth, weight);
    const { children, dimension, cut, leftMass } = this.state;
    const { boxes, numbers } = this;
    const { sides } = boxes;
    let grown = 0;
    let length = 0;
    for (let i = 0, b = node * 2 * numbers; i < numbers; i++, b += 2) {
      const value = x[i];
      this.grown[i] = 0;
      if (Number.isNaN(value)) continue;
      const under = sides[b] - value;
      const over = value - sides[b + 1];
      length += sides[b + 1] - sides[b];
      this.grown[i] = over > 0 ? over : under > 0 ? -under : 0;
      grown += Math.abs(this.grown[i]);
    }
    const share = grown === 0 ? 0 : grown / (length + grown);
    const here = weight * share * inverse[depth];
    if (share > 0) this.credit(here, grown);
    const rest = weight * (1 - share);
    const value = x[dimension[node]];
    const onLeft = leftMass[node];
    if (!Number.isNaN(value)) {
      return value <= cut[node]
        ? here + this.visit(x, children[2 * node], onLeft, depth + 1, rest)
        : here + this.visit(x, children[2 * node + 1], mass - onLeft, depth + 1, rest);
    }
    return (
      here +
      this.visit(x, children[2 * node], onLeft, depth + 1, rest * (onLeft / mass)) +
      this.visit(x, children[2 * node + 1], mass - onLeft, depth + 1, rest * (1 - onLeft / mass))
    );
  }

  private visitLeaf(x: Float32Array, point: number, mass: number, depth: number, weight: number): number {
    const { points } = this.state;
    const { above, below, numbers } = this;
    let distance = 0;
    for (let i = 0; i < numbers; i++) {
      const difference = x[i] - points[point * numbers + i];
      this.grown[i] = Number.isNaN(difference) ? 0 : difference;
      distance += Math.abs(this.grown[i]);
    }
    if (distance > 0) {
      const score = weight * inverse[depth];
      this.credit(score, distance);
      return score;
    }
    // Nothing sets it apart, so no dimension is to blame more than another.
    const score = weight * seen(mass, this.size, depth);
    for (let i = 0; above && i < numbers; i++) {
      above[i] += score / (2 * numbers);
      below![i] += score / (2 * numbers);
    }
    return score;
  }

  /** Shares a part of the score among the dimensions by how far the point lies outside in each. */
  private credit(part: number, total: number): void {
    const { above, below, grown } = this;
    if (!above || !below) return;
    for (let i = 0; i < this.numbers; i++) {
      if (grown[i] > 0) above[i] += part * (grown[i] / total);
      else if (grown[i] < 0) below[i] -= part * (grown[i] / total);
    }
  }

  /** Rows in the leaf at the end of the path. */
  private massOf(tree: number, depth: number, leaf: number): number {
    const { children, leftMass, masses } = this.state;
    let mass = masses[tree];
    for (let k = 0; k < depth; k++) {
      const below = k + 1 < depth ? path[k + 1] : leaf;
      mass = children[2 * path[k]] === below ? leftMass[path[k]] : mass - leftMass[path[k]];
    }
    return mass;
  }
}

/** A leaf that equals the point, damped by how much of the tree it is. */
function seen(mass: number, size: number, depth: number): number {
  return (1 - mass / (2 * size)) / (depth + Math.log2(mass + 1));
}
