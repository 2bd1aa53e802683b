// Scores of points against a forest.

import { workingArrays } from '@quantstream/engine';
import { LARGEST_SAMPLE, type Settings } from './config.js';
import type { State } from './state.js';

/** 1 / (depth + 1), and the nodes of a way down: one thread, so one of each serves all forests, however large. */
const inverse = Float64Array.from({ length: LARGEST_SAMPLE + 1 }, (_, depth) => 1 / (depth + 1));
const path = new Int16Array(LARGEST_SAMPLE);
const distances = workingArrays();

/**
 * Scores of points against a forest, as the expected answer of a tree that had learned the point: at a node with box B the point
 * is cut off with probability p = (length grown by x) / (length of B ∪ x), summed over dimensions, and then counts 1 / (depth + 1);
 * else what its child says. A leaf counts 1 / (depth + 1), or damped 1 / (depth + log₂(mass + 1)) where it equals the point.
 * The mean over trees × log₂(rows in a tree + 1) is about 1 or below for ordinary points.
 */
export class Scorer {
  private readonly state: State;
  private readonly trees: number;
  private readonly sampleSize: number;
  private readonly numbers: number;
  private readonly grown: Float64Array;
  private high: Float64Array | undefined;
  private low: Float64Array | undefined;

  constructor(state: State, settings: Settings, numbers: number) {
    this.state = state;
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
    const { numbers, sampleSize, trees, size } = this;
    const { roots, left, right, dimension, cut, boxes, points, leafMass } = this.state;
    let total = 0;
    for (let tree = 0, base = 0; tree < trees; tree++, base += sampleSize) {
      let depth = 0;
      let node = roots[tree];
      while (node >= 0) {
        path[depth++] = node;
        node += base;
        node = x[dimension[node]] <= cut[node] ? left[node] : right[node];
      }
      const leaf = base + ~node;
      const point = leaf * numbers;
      let equal = true;
      for (let i = 0; i < numbers; i++) {
        if (x[i] !== points[point + i]) {
          equal = false;
          break;
        }
      }
      let score = equal ? seen(leafMass[leaf], size, depth) : inverse[depth];
      while (--depth >= 0) {
        let grown = 0;
        let length = 0;
        const end = (base + path[depth] + 1) * numbers * 2;
        for (let b = end - 2 * numbers, i = 0; b < end; b += 2, i++) {
          const low = boxes[b];
          const high = boxes[b + 1];
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
   * leads to both sides, weighted by their rows. With `high` and `low` (D numbers each) also where it comes from: the part due to
   * being above and to being below the boxes, by dimension; together they sum to the score.
   */
  walk(x: Float32Array, high?: Float64Array, low?: Float64Array): number {
    this.high = high?.fill(0);
    this.low = low?.fill(0);
    let total = 0;
    for (let tree = 0; tree < this.trees; tree++)
      total += this.visit(x, tree * this.sampleSize, this.state.roots[tree], 0, this.scale);
    this.high = this.low = undefined;
    return total;
  }

  private visit(x: Float32Array, base: number, node: number, depth: number, weight: number): number {
    if (node < 0) return this.visitLeaf(x, base + ~node, depth, weight);
    const { boxes, left, right, dimension, cut } = this.state;
    const box = (base + node) * this.numbers * 2;
    let grown = 0;
    let length = 0;
    for (let i = 0; i < this.numbers; i++) {
      const value = x[i];
      this.grown[i] = 0;
      if (Number.isNaN(value)) continue;
      const below = boxes[box + 2 * i] - value;
      const above = value - boxes[box + 2 * i + 1];
      length += boxes[box + 2 * i + 1] - boxes[box + 2 * i];
      this.grown[i] = above > 0 ? above : below > 0 ? -below : 0;
      grown += Math.abs(this.grown[i]);
    }
    const share = grown === 0 ? 0 : grown / (length + grown);
    const here = weight * share * inverse[depth];
    if (share > 0) this.credit(here, grown);
    const rest = weight * (1 - share);
    const value = x[dimension[base + node]];
    if (!Number.isNaN(value)) {
      return here + this.visit(x, base, value <= cut[base + node] ? left[base + node] : right[base + node], depth + 1, rest);
    }
    const leftShare = this.massOf(base, left[base + node]) / this.state.nodeMass[base + node];
    return (
      here +
      this.visit(x, base, left[base + node], depth + 1, rest * leftShare) +
      this.visit(x, base, right[base + node], depth + 1, rest * (1 - leftShare))
    );
  }

  private visitLeaf(x: Float32Array, leaf: number, depth: number, weight: number): number {
    const { points, leafMass } = this.state;
    let distance = 0;
    for (let i = 0; i < this.numbers; i++) {
      const difference = x[i] - points[leaf * this.numbers + i];
      this.grown[i] = Number.isNaN(difference) ? 0 : difference;
      distance += Math.abs(this.grown[i]);
    }
    if (distance > 0) {
      const score = weight * inverse[depth];
      this.credit(score, distance);
      return score;
    }
    // Nothing sets it apart, so no dimension is to blame more than another.
    const score = weight * seen(leafMass[leaf], this.size, depth);
    for (let i = 0; this.high && i < this.numbers; i++) {
      this.high[i] += score / (2 * this.numbers);
      this.low![i] += score / (2 * this.numbers);
    }
    return score;
  }

  /** Shares a part of the score among the dimensions by how far the point lies outside in each. */
  private credit(part: number, total: number): void {
    const { high, low, grown } = this;
    if (!high || !low) return;
    for (let i = 0; i < this.numbers; i++) {
      if (grown[i] > 0) high[i] += part * (grown[i] / total);
      else if (grown[i] < 0) low[i] -= part * (grown[i] / total);
    }
  }

  private massOf(base: number, child: number): number {
    return child < 0 ? this.state.leafMass[base + ~child] : this.state.nodeMass[base + child];
  }
}

/** A leaf that equals the point, damped by how much of the tree it is. */
function seen(mass: number, size: number, depth: number): number {
  return (1 - mass / (2 * size)) / (depth + Math.log2(mass + 1));
}
