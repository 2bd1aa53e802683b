import { NO_FLOATS, seedWords } from '@quantstream/engine';
import type { Settings } from './config.js';

/** Root of a tree without rows. */
export const EMPTY = 2_147_483_647;

/** Numbers of nodes and points: 16 bits wherever they suffice. */
export type Indices = Int16Array | Int32Array;

/**
 * A forest of T trees of n rows of D numbers (columns × shingle). Node i of tree t is `t · n + i`; a child is a node, or a leaf `~p`
 * that holds point p. A point is kept once, whichever trees have it. Points are float32: half the memory and traffic, and cuts stay
 * exact, as rows are rounded before anything looks at them. What follows from the rest is not kept here: see `Boxes`.
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

  /** Max-heap by tree: the key of each sampled row, and its point. The largest key leaves first. */
  keys: Float64Array;
  items: Indices;
  /** By tree: the largest −ln U that a new row may draw to be sampled; e^(largest key + decay · rows). */
  bounds: Float64Array;

  /** By tree: its root, the rows in it, and the head of its list of free nodes, linked by their left child; −1 ends a list. */
  roots: Int32Array;
  masses: Int16Array;
  freeNodes: Int32Array;
  /** Left and right of each node. */
  children: Indices;
  /** A row goes left where its number in this dimension is not above the cut. */
  dimension: Int16Array;
  cut: Float32Array;
  /** Rows beneath the left child of a node. */
  leftMass: Int16Array;

  /** D numbers of each point. */
  points: Float32Array;
  /** Sampled rows that are this point, in all trees; of a free one the next free, −1 at the end. */
  uses: Indices;
  /** Points that were ever in use at once, and the first of those that are free now. */
  stored: number;
  freePoint: number;
}

export function initialState(settings: Settings, columns: number): State {
  const { shingle, seed } = settings;
  return {
    rows: 0,
    waiting: NO_FLOATS,
    random: seedWords(seed),
    last: new Float64Array(columns).fill(Number.NaN),
    history: shingle === 1 ? NO_FLOATS : new Float32Array((shingle - 1) * columns),
    historyRows: 0,
    ...NOTHING,
    stored: 0,
    freePoint: -1,
  };
}

/** Makes room for the trees, all empty. */
export function plant(state: State, { trees, sampleSize }: Settings): void {
  Object.assign(state, arraysOf(trees, sampleSize));
  for (let node = 0; node < trees * sampleSize; node++) {
    state.children[2 * node] = (node + 1) % sampleSize === 0 ? -1 : node + 1;
    if (node % sampleSize === 0) state.freeNodes[node / sampleSize] = node;
  }
}

/** Zeros for numbers of so many nodes and points. */
export function indicesFor(most: number, length: number): Indices {
  return most <= 32_767 ? new Int16Array(length) : new Int32Array(length);
}

function arraysOf(trees: number, sampleSize: number) {
  const slots = trees * sampleSize;
  return {
    keys: new Float64Array(slots),
    items: indicesFor(slots, slots),
    bounds: new Float64Array(trees),
    roots: new Int32Array(trees).fill(EMPTY),
    masses: new Int16Array(trees),
    freeNodes: new Int32Array(trees),
    children: indicesFor(slots, 2 * slots),
    dimension: new Int16Array(slots),
    cut: new Float32Array(slots),
    leftMass: new Int16Array(slots),
    points: NO_FLOATS,
    uses: indicesFor(slots, 0),
  };
}

// Of a key without trees: one for all.
const NOTHING = arraysOf(0, 0);
