// The points of a forest, each kept once however many trees hold it.

import { indicesFor, type State } from './state.js';

/** Points that more room is made for at once, at least; beyond, an eighth of what there is: room that stays empty is state as well. */
const LEAST = 16;

/** Points by number, counted by the sampled rows that are one; a point that no row is any more makes room for another. */
export class Points {
  private readonly state: State;
  private readonly numbers: number;
  private readonly most: number;

  /** @param numbers D @param most points: as many as all trees hold rows */
  constructor(state: State, numbers: number, most: number) {
    this.state = state;
    this.numbers = numbers;
    this.most = most;
  }

  /** Keeps a point; its number. */
  add(x: Float32Array): number {
    const { state, numbers } = this;
    let point = state.freePoint;
    if (point >= 0) state.freePoint = state.uses[point];
    else {
      point = state.stored++;
      if (point >= state.uses.length) this.grow();
    }
    state.points.set(x, point * numbers);
    state.uses[point] = 0;
    return point;
  }

  /** A row less is this point. */
  release(point: number): void {
    const { state } = this;
    if (--state.uses[point] > 0) return;
    state.uses[point] = state.freePoint;
    state.freePoint = point;
  }

  private grow(): void {
    const { state, numbers, most } = this;
    const room = Math.min(most, state.stored + Math.max(LEAST, state.stored >> 3));
    const points = new Float32Array(room * numbers);
    points.set(state.points);
    const uses = indicesFor(most, room);
    uses.set(state.uses);
    state.points = points;
    state.uses = uses;
  }
}
