// Rows put into the trees of a forest, and taken out.

import { uniform } from '@quantstream/engine';
import { LARGEST_SAMPLE } from './config.js';
import { EMPTY, type State } from './state.js';

/** The nodes of a way down. */
const path = new Int16Array(LARGEST_SAMPLE);

/**
 * Insertion and deletion in the trees of a forest: S. Guha, N. Mishra, G. Roy, O. Schrijvers, "Robust Random Cut Forest Based
 * Anomaly Detection on Streams", ICML 2016, algorithms 1 and 2. A tree with a row added or removed is distributed as one grown
 * afresh from what it then holds. Boxes are kept exactly, so that a score never needs the rows beneath.
 *
 * Both methods are hot and therefore long: nothing is allocated, and they touch one path each.
 */
export class Trees {
  private readonly state: State;
  private readonly sampleSize: number;
  private readonly numbers: number;

  /** @param numbers D, the numbers of a point */
  constructor(state: State, sampleSize: number, numbers: number) {
    this.state = state;
    this.sampleSize = sampleSize;
    this.numbers = numbers;
  }

  /** Adds a point (no NaN) to a tree with room for it; the leaf that it lies in. */
  insert(tree: number, x: Float32Array): number {
    const { numbers } = this;
    const { roots, left, right, dimension, cut, boxes, points, nodeMass, leafMass, random } = this.state;
    const base = tree * this.sampleSize;
    let node = roots[tree];
    if (node === EMPTY) {
      const leaf = this.newLeaf(tree, x);
      roots[tree] = ~leaf;
      return leaf;
    }
    let parent = -1;
    let fromLeft = false;
    // Alg. 2 draws a cut of the box grown by x at each node and stops where it separates x from the box. The same, cheaper: it
    // separates with probability grown length / length, and then lies uniformly in what was grown.
    while (node >= 0) {
      const box = (base + node) * numbers * 2;
      let grown = 0;
      let length = 0;
      for (let i = 0, b = box; i < numbers; i++, b += 2) {
        const low = boxes[b];
        const high = boxes[b + 1];
        const value = x[i];
        length += high - low;
        if (value > high) grown += value - high;
        else if (value < low) grown += low - value;
      }
      if (grown > 0) {
        const place = uniform(random) * (length + grown);
        if (place < grown) return this.split(tree, parent, fromLeft, node, place, x);
        for (let i = 0, b = box; i < numbers; i++, b += 2) {
          const value = x[i];
          if (value < boxes[b]) boxes[b] = value;
          else if (value > boxes[b + 1]) boxes[b + 1] = value;
        }
      }
      nodeMass[base + node]++;
      parent = node;
      fromLeft = x[dimension[base + node]] <= cut[base + node];
      node = fromLeft ? left[base + node] : right[base + node];
    }
    const point = (base + ~node) * numbers;
    let distance = 0;
    for (let i = 0; i < numbers; i++) distance += Math.abs(x[i] - points[point + i]);
    if (distance === 0) {
      leafMass[base + ~node]++;
      return ~node;
    }
    return this.split(tree, parent, fromLeft, node, uniform(random) * distance, x);
  }

  /** Takes one row out of a leaf. */
  remove(tree: number, leaf: number): void {
    const { numbers } = this;
    const { roots, left, right, dimension, cut, boxes, points, nodeMass, leafMass, freeNodes, freeLeaves } = this.state;
    const base = tree * this.sampleSize;
    const point = (base + leaf) * numbers;
    let depth = 0;
    let node = roots[tree];
    while (node >= 0) {
      path[depth++] = node;
      nodeMass[base + node]--;
      node = points[point + dimension[base + node]] <= cut[base + node] ? left[base + node] : right[base + node];
    }
    if (--leafMass[base + leaf] > 0) return;
    leafMass[base + leaf] = freeLeaves[tree];
    freeLeaves[tree] = leaf;
    if (depth === 0) {
      roots[tree] = EMPTY;
      return;
    }
    const parent = path[depth - 1];
    const sibling = left[base + parent] === ~leaf ? right[base + parent] : left[base + parent];
    if (depth === 1) roots[tree] = sibling;
    else this.replaceChild(tree, path[depth - 2], parent, sibling);
    left[base + parent] = freeNodes[tree];
    freeNodes[tree] = parent;

    // A box changes only where the point touched it, and above one that did not change none does.
    for (let k = depth - 2; k >= 0; k--) {
      const above = path[k];
      const box = (base + above) * numbers * 2;
      let changed = false;
      for (let i = 0; i < numbers; i++) {
        const value = points[point + i];
        const b = box + 2 * i;
        if (value === boxes[b]) {
          boxes[b] = Math.min(this.low(base, left[base + above], i), this.low(base, right[base + above], i));
          if (boxes[b] !== value) changed = true;
        }
        if (value === boxes[b + 1]) {
          boxes[b + 1] = Math.max(this.high(base, left[base + above], i), this.high(base, right[base + above], i));
          if (boxes[b + 1] !== value) changed = true;
        }
      }
      if (!changed) break;
    }
  }

  /** Puts a node with a cut above `child`, the other side a new leaf of x; `place` says where in the grown lengths to cut. */
  private split(tree: number, parent: number, fromLeft: boolean, child: number, place: number, x: Float32Array): number {
    const { numbers, state } = this;
    const { left, right, dimension, cut, boxes, nodeMass, leafMass, freeNodes } = state;
    const base = tree * this.sampleSize;
    const leaf = this.newLeaf(tree, x);
    const node = freeNodes[tree];
    freeNodes[tree] = left[base + node];
    const box = (base + node) * numbers * 2;
    let rest = place;
    let chosen = -1;
    let start = 0;
    let end = 0;
    let offset = 0;
    for (let i = 0; i < numbers; i++) {
      const low = this.low(base, child, i);
      const high = this.high(base, child, i);
      const value = x[i];
      boxes[box + 2 * i] = value < low ? value : low;
      boxes[box + 2 * i + 1] = value > high ? value : high;
      const grown = value > high ? value - high : value < low ? low - value : 0;
      // Rounding may leave a rest beyond the last length: the last that grew then takes it.
      if (rest < 0 || grown === 0) continue;
      chosen = i;
      start = value > high ? high : value;
      end = value > high ? value : low;
      offset = Math.min(rest, grown);
      rest = rest < grown ? -1 : rest - grown;
    }
    let at = Math.fround(start + offset);
    if (!(at < end)) at = start;
    const goesLeft = x[chosen] <= at;
    dimension[base + node] = chosen;
    cut[base + node] = at;
    left[base + node] = goesLeft ? ~leaf : child;
    right[base + node] = goesLeft ? child : ~leaf;
    nodeMass[base + node] = 1 + (child < 0 ? leafMass[base + ~child] : nodeMass[base + child]);
    if (parent < 0) state.roots[tree] = node;
    else if (fromLeft) left[base + parent] = node;
    else right[base + parent] = node;
    return leaf;
  }

  private newLeaf(tree: number, x: Float32Array): number {
    const { freeLeaves, leafMass, points } = this.state;
    const base = tree * this.sampleSize;
    const leaf = freeLeaves[tree];
    freeLeaves[tree] = leafMass[base + leaf];
    leafMass[base + leaf] = 1;
    points.set(x, (base + leaf) * this.numbers);
    return leaf;
  }

  private replaceChild(tree: number, node: number, before: number, after: number): void {
    const { left, right } = this.state;
    const at = tree * this.sampleSize + node;
    if (left[at] === before) left[at] = after;
    else right[at] = after;
  }

  private low(base: number, child: number, i: number): number {
    const { boxes, points } = this.state;
    return child < 0 ? points[(base + ~child) * this.numbers + i] : boxes[((base + child) * this.numbers + i) * 2];
  }

  private high(base: number, child: number, i: number): number {
    const { boxes, points } = this.state;
    return child < 0 ? points[(base + ~child) * this.numbers + i] : boxes[((base + child) * this.numbers + i) * 2 + 1];
  }
}
