// The boxes around the rows beneath the nodes of a forest.

import { NO_FLOATS } from '@quantstream/engine';
import { EMPTY, type State } from './state.js';

/**
 * The exact box of the rows beneath each node, so that a score never needs the rows. They follow
 * from trees and points and are therefore no part of the state: they are made anew when a state comes back.
 */
export class Boxes {
  /** By node: D pairs (min, max). */
  sides = NO_FLOATS;
  private readonly state: State;
  private readonly numbers: number;

  /** @param numbers D, the numbers of a point */
  constructor(state: State, numbers: number) {
    this.state = state;
    this.numbers = numbers;
    if (state.keys.length > 0) this.begin();
  }

  /** Makes room, once there are trees. */
  begin(): void {
    const { state, numbers } = this;
    this.sides = new Float32Array(state.cut.length * numbers * 2);
    for (const root of state.roots) if (root !== EMPTY) this.restore(root);
  }

  /** The least number in a dimension beneath a node or leaf. */
  low(child: number, i: number): number {
    return child < 0 ? this.state.points[~child * this.numbers + i] : this.sides[(child * this.numbers + i) * 2];
  }

  /** The greatest. */
  high(child: number, i: number): number {
    return child < 0 ? this.state.points[~child * this.numbers + i] : this.sides[(child * this.numbers + i) * 2 + 1];
  }

  /** The boxes of a tree that came back, the lower ones first. */
  private restore(node: number): void {
    if (node < 0) return;
    const left = this.state.children[2 * node];
    const right = this.state.children[2 * node + 1];
    this.restore(left);
    this.restore(right);
    for (let i = 0, b = node * this.numbers * 2; i < this.numbers; i++, b += 2) {
      this.sides[b] = Math.min(this.low(left, i), this.low(right, i));
      this.sides[b + 1] = Math.max(this.high(left, i), this.high(right, i));
    }
  }
}
