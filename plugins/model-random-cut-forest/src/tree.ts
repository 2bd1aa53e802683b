// Rows put into the trees of a forest, and taken out.

import { uniform } from '@quantstream/engine';
import type { Boxes } from './boxes.js';
import { LARGEST_SAMPLE, type Settings } from './config.js';
import type { Points } from './points.js';
import { EMPTY, plant, type State } from './state.js';

/** The nodes of a way down. */
const path = new Int32Array(LARGEST_SAMPLE);

/**
 * Insertion and deletion in the trees of a forest: S. Guha, N. Mishra, G. Roy, O. Schrijvers, "Robust Random Cut Forest Based
 * Anomaly Detection on Streams", ICML 2016, algorithms 1 and 2. A tree with a row added or removed is distributed as one grown
 * afresh from what it then holds.
 *
 * Both methods are hot and therefore long: nothing is allocated, and they touch one path each.
 */
export class Trees {
  private readonly state: State;
  private readonly points: Points;
  private readonly boxes: Boxes;
  private readonly numbers: number;

  /** @param numbers D, the numbers of a point */
  constructor(state: State, points: Points, boxes: Boxes, numbers: number) {
    this.state = state;
    this.points = points;
    this.boxes = boxes;
    this.numbers = numbers;
  }

  /** Makes room for the trees, all empty. */
  plant(settings: Settings): void {
    plant(this.state, settings);
    this.boxes.begin();
  }

  /**
   * Adds a row (no NaN) to a tree with room for it.
   * @param known the point that it is, as far as a tree before has said so; else −1
   * @returns the point that it is
   */
  insert(tree: number, x: Float32Array, known: number): number {
    const { numbers, boxes, state } = this;
    const { roots, masses, children, dimension, cut, leftMass, random } = state;
    const { sides } = boxes;
    let node = roots[tree];
    let mass = masses[tree]++;
    if (node === EMPTY) {
      const point = this.take(x, known);
      roots[tree] = ~point;
      return point;
    }
    let parent = -1;
    let side = 0;
    // Alg. 2 draws a cut of the box grown by x at each node and stops where it separates x from the box. The same, cheaper: it
    // separates with probability grown length / length, and then lies uniformly in what was grown.
    while (node >= 0) {
      const end = (node + 1) * 2 * numbers;
      let grown = 0;
      let length = 0;
      for (let b = end - 2 * numbers, i = 0; b < end; b += 2, i++) {
        const low = sides[b];
        const high = sides[b + 1];
        const value = x[i];
        length += high - low;
        if (value > high) grown += value - high;
        else if (value < low) grown += low - value;
      }
      if (grown > 0) {
        const place = uniform(random) * (length + grown);
        if (place < grown) return this.split(tree, parent, side, node, mass, place, x, known);
        for (let b = end - 2 * numbers, i = 0; b < end; b += 2, i++) {
          const value = x[i];
          if (value < sides[b]) sides[b] = value;
          else if (value > sides[b + 1]) sides[b + 1] = value;
        }
      }
      parent = node;
      side = x[dimension[node]] <= cut[node] ? 0 : 1;
      if (side === 0) mass = leftMass[node]++;
      else mass -= leftMass[node];
      node = children[2 * node + side];
    }
    let distance = 0;
    for (let i = 0, p = ~node * numbers; i < numbers; i++, p++) distance += Math.abs(x[i] - state.points[p]);
    if (distance === 0) return this.take(x, ~node);
    return this.split(tree, parent, side, node, mass, uniform(random) * distance, x, known);
  }

  /** Takes one row out of a tree. @param point the one that it is there, as `insert` said */
  remove(tree: number, point: number): void {
    const { numbers, boxes } = this;
    const { roots, masses, children, dimension, cut, leftMass, points, freeNodes } = this.state;
    const { sides } = boxes;
    const start = point * numbers;
    let depth = 0;
    let node = roots[tree];
    let mass = masses[tree]--;
    while (node >= 0) {
      path[depth++] = node;
      const left = points[start + dimension[node]] <= cut[node];
      if (left) mass = leftMass[node]--;
      else mass -= leftMass[node];
      node = children[left ? 2 * node : 2 * node + 1];
    }
    this.points.release(point);
    if (mass > 1) return;
    if (depth === 0) {
      roots[tree] = EMPTY;
      return;
    }
    const parent = path[depth - 1];
    const sibling = children[2 * parent] + children[2 * parent + 1] - node;
    if (depth === 1) roots[tree] = sibling;
    else this.replaceChild(path[depth - 2], parent, sibling);
    children[2 * parent] = freeNodes[tree];
    freeNodes[tree] = parent;

    // A box changes only where the point touched it, and above one that did not change none does.
    for (let k = depth - 2; k >= 0; k--) {
      const above = path[k];
      const left = children[2 * above];
      const right = children[2 * above + 1];
      let changed = false;
      for (let i = 0, b = above * 2 * numbers; i < numbers; i++, b += 2) {
        const value = points[start + i];
        if (value === sides[b]) {
          sides[b] = Math.min(boxes.low(left, i), boxes.low(right, i));
          if (sides[b] !== value) changed = true;
        }
        if (value === sides[b + 1]) {
          sides[b + 1] = Math.max(boxes.high(left, i), boxes.high(right, i));
          if (sides[b + 1] !== value) changed = true;
        }
      }
      if (!changed) break;
    }
  }

  /** Puts a node with a cut above `child`, the other side a new leaf of x; `place` says where in the grown lengths to cut. */
  private split(
    tree: number,
    parent: number,
    side: number,
    child: number,
    mass: number,
    place: number,
    x: Float32Array,
    known: number,
  ): number {
    const { numbers, state, boxes } = this;
    const { children, dimension, cut, leftMass, freeNodes } = state;
    const { sides } = boxes;
    const point = this.take(x, known);
    const node = freeNodes[tree];
    freeNodes[tree] = children[2 * node];
    const box = node * 2 * numbers;
    let rest = place;
    let chosen = -1;
    let start = 0;
    let end = 0;
    let offset = 0;
    for (let i = 0; i < numbers; i++) {
      const low = boxes.low(child, i);
      const high = boxes.high(child, i);
      const value = x[i];
      sides[box + 2 * i] = value < low ? value : low;
      sides[box + 2 * i + 1] = value > high ? value : high;
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
    dimension[node] = chosen;
    cut[node] = at;
    children[2 * node] = goesLeft ? ~point : child;
    children[2 * node + 1] = goesLeft ? child : ~point;
    leftMass[node] = goesLeft ? 1 : mass;
    if (parent < 0) state.roots[tree] = node;
    else children[2 * parent + side] = node;
    return point;
  }

  /** One row more is a point: a known one, or else a new one. */
  private take(x: Float32Array, known: number): number {
    const point = known < 0 ? this.points.add(x) : known;
    this.state.uses[point]++;
    return point;
  }

  private replaceChild(node: number, before: number, after: number): void {
    const { children } = this.state;
    children[children[2 * node] === before ? 2 * node : 2 * node + 1] = after;
  }
}
