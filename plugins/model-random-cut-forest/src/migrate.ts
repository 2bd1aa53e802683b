// States of layout 2, in which each tree had its own points, and the boxes were kept.

import type { Settings } from './config.js';
import { Points } from './points.js';
import { EMPTY, initialState, plant, type State } from './state.js';

/** Slot `tree · n + i` of an array is node or leaf i of a tree; a child is a node `i` or a leaf `~i`. */
interface Former {
  rows: number;
  waiting: Float32Array;
  random: Int32Array;
  last: Float64Array;
  history: Float32Array;
  historyRows: number;
  keys: Float64Array;
  /** The leaf of each sampled row. */
  items: Int16Array;
  bounds: Float64Array;
  /** 32,767: a tree without rows. */
  roots: Int16Array;
  freeNodes: Int16Array;
  left: Int16Array;
  right: Int16Array;
  dimension: Int16Array;
  cut: Float32Array;
  nodeMass: Int16Array;
  leafMass: Int16Array;
  points: Float32Array;
}

/** The same forest in today's layout: its scores go on as they would have. */
export function migrated(former: Former, settings: Settings): State {
  const { rows, waiting, random, last, history, historyRows, keys, bounds, dimension, cut } = former;
  const state = { ...initialState(settings, last.length), rows, waiting, random, last, history, historyRows };
  if (keys.length === 0) return state;
  plant(state, settings);
  Object.assign(state, { keys, bounds, dimension, cut });
  const pointOf = shared(former, state, settings);
  for (let tree = 0; tree < settings.trees; tree++) moveTree(former, state, settings.sampleSize, tree, pointOf);
  return state;
}

/** Keeps each point once. @returns the point of a leaf */
function shared({ points }: Former, state: State, { trees, sampleSize, shingle }: Settings): (leaf: number) => number {
  const numbers = state.last.length * shingle;
  const kept = new Points(state, numbers, trees * sampleSize);
  const known = new Map<string, number>();
  return (leaf) => {
    const x = points.subarray(leaf * numbers, (leaf + 1) * numbers);
    const name = x.join();
    let point = known.get(name);
    if (point === undefined) {
      point = kept.add(x);
      known.set(name, point);
    }
    return point;
  };
}

function moveTree(former: Former, state: State, sampleSize: number, tree: number, pointOf: (leaf: number) => number): void {
  const base = tree * sampleSize;
  const { left, right, nodeMass, leafMass } = former;
  const moved = (child: number) => (child < 0 ? ~pointOf(base + ~child) : base + child);
  const massOf = (child: number) => (child < 0 ? leafMass[base + ~child] : nodeMass[base + child]);
  const open = former.roots[tree] === 32_767 ? [] : [former.roots[tree]];
  state.roots[tree] = open.length === 0 ? EMPTY : moved(open[0]);
  state.masses[tree] = open.length === 0 ? 0 : massOf(open[0]);
  for (let node = open.pop(); node !== undefined; node = open.pop()) {
    if (node < 0) continue;
    const slot = base + node;
    state.children[2 * slot] = moved(left[slot]);
    state.children[2 * slot + 1] = moved(right[slot]);
    state.leftMass[slot] = massOf(left[slot]);
    open.push(left[slot], right[slot]);
  }
  let free = former.freeNodes[tree];
  state.freeNodes[tree] = free < 0 ? -1 : base + free;
  for (; free >= 0; free = left[base + free])
    state.children[2 * (base + free)] = left[base + free] < 0 ? -1 : base + left[base + free];
  for (let i = base; i < base + state.masses[tree]; i++) {
    const point = pointOf(base + former.items[i]);
    state.items[i] = point;
    state.uses[point]++;
  }
}
