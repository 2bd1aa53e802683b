import { seedWords } from '@quantstream/engine';
import type { Settings } from './config.js';

/** Root of a tree without rows. */
export const EMPTY = 32_767;

/**
 * A forest of T trees of n rows of D numbers (columns × shingle). Slot `tree · n + i` of an array is node or leaf i of a tree; a
 * child is a node `i` or a leaf `~i`. Points and boxes are float32: half the memory and traffic, and cuts stay exact, as rows are
 * rounded before anything looks at them.
 */
export interface State {
  /** Rows learned; each tree holds min(rows, n) of them, or they all wait. */
  rows: number;
  /** Points (rows × D) that no tree has taken in yet: there are no trees before the first score. */
  waiting: Float32Array;
  readonly random: Int32Array;
  /** The last value seen of each column, NaN before the first: stands in for a missing one. */
  readonly last: Float64Array;
  /** The latest shingle − 1 learned rows, oldest first, and how many of them there are. */
  readonly history: Float32Array;
  historyRows: number;

  /** Max-heap by tree: the key of each sampled row, and the leaf that it lies in. The largest key leaves first. */
  keys: Float64Array;
  items: Int16Array;
  /** By tree: the largest −ln U that a new row may draw to be sampled; e^(largest key + decay · rows). */
  bounds: Float64Array;

  roots: Int16Array;
  /** Heads of the lists of free nodes (linked by `left`) and leaves (linked by `leafMass`); −1 ends a list. */
  freeNodes: Int16Array;
  freeLeaves: Int16Array;
  left: Int16Array;
  right: Int16Array;
  /** A row goes left where its number in this dimension is not above the cut. */
  dimension: Int16Array;
  cut: Float32Array;
  /** Rows beneath a node. */
  nodeMass: Int16Array;
  /** D pairs (min, max) of each node: the exact box of the rows beneath. */
  boxes: Float32Array;
  /** Equal rows in a leaf. */
  leafMass: Int16Array;
  /** D numbers of each leaf. */
  points: Float32Array;
}

export function initialState(settings: Settings, columns: number): State {
  const { shingle, seed } = settings;
  return {
    rows: 0,
    waiting: NOTHING.points,
    random: seedWords(seed),
    last: new Float64Array(columns).fill(Number.NaN),
    history: shingle === 1 ? NOTHING.points : new Float32Array((shingle - 1) * columns),
    historyRows: 0,
    ...NOTHING,
  };
}

/** Makes room for the trees, all empty. */
export function plant(state: State, { trees, sampleSize }: Settings, numbers: number): void {
  Object.assign(state, arraysOf(trees, sampleSize, numbers));
  for (let slot = 0; slot < trees * sampleSize; slot++) {
    const next = (slot % sampleSize) + 1 === sampleSize ? -1 : (slot % sampleSize) + 1;
    state.left[slot] = next;
    state.leafMass[slot] = next;
  }
}

function arraysOf(trees: number, sampleSize: number, numbers: number) {
  const slots = trees * sampleSize;
  return {
    keys: new Float64Array(slots),
    items: new Int16Array(slots),
    bounds: new Float64Array(trees),
    roots: new Int16Array(trees).fill(EMPTY),
    freeNodes: new Int16Array(trees),
    freeLeaves: new Int16Array(trees),
    left: new Int16Array(slots),
    right: new Int16Array(slots),
    dimension: new Int16Array(slots),
    cut: new Float32Array(slots),
    nodeMass: new Int16Array(slots),
    boxes: new Float32Array(slots * numbers * 2),
    leafMass: new Int16Array(slots),
    points: new Float32Array(slots * numbers),
  };
}

// Of a key without trees: one for all.
const NOTHING = arraysOf(0, 0, 0);
