// The trees: Tan, Ting, Liu, "Fast Anomaly Detection for Streaming Data", IJCAI 2011.

import { NO_NUMBERS, withRoom } from '@quantstream/engine';
import type { Settings } from './config.js';
import { mix } from './random.js';
import type { State } from './state.js';

/** A node with less than this part of the window ends the way of a row: below it nothing is asked. */
const FEW = 0.1;
/** Bits of a position: more than the deepest tree has splits. */
const BITS = 31;
const LAST = 0x7fffffff;
/** A position that no split of the tree has asked for yet. */
const UNKNOWN = -1;
/** What is added to counts before a logarithm is taken of their ratio. */
const HALF = 0.5;

/** Working arrays of a window that turns over, as large as the largest so far: one thread, so one of each serves all trees. */
let digits = new Int32Array(0);
let order = new Int32Array(0);
let aside = new Int32Array(0);

/**
 * Half-space trees: S. C. Tan, K. M. Ting, T. F. Liu, "Fast Anomaly Detection for Streaming Data", IJCAI 2011. Each tree halves a
 * random box around the data again and again, each node in the middle of a random column. As it always halves, the way of a row is
 * written in the binary digits of its positions in the box, and neither boxes nor split points need be kept; a node's column
 * is a hash of its number. The paper counts each row into a leaf; here a window's rows are counted in when it is complete, and only down to
 * the nodes at which a way can end.
 */
export class HalfSpaceTrees {
  private readonly state: State;
  private readonly settings: Settings;
  private readonly columns: number;
  private readonly sizeLimit: number;
  /** Position of x in the box of tree t: (x − low) · scale + shift, by tree and column. */
  private scale = NO_NUMBERS;
  private shift = NO_NUMBERS;
  /** Hash seed by tree. */
  private salt = new Int32Array(0);
  /** By column: the binary digits of the row's position that the way down has not used yet. */
  private readonly bits: Int32Array;
  /** Rows of the reference window in each node, and the place of its left child (the right one follows it), 0 where none is kept. Tree t begins at node t. */
  private counts = new Uint16Array(0);
  private children = new Int32Array(0);
  private nodes = 0;
  /** Which window the nodes were grown from; they are derived from the state. */
  private grown = -1;

  constructor(state: State, settings: Settings) {
    this.state = state;
    this.settings = settings;
    this.columns = state.low.length;
    this.sizeLimit = FEW * settings.window;
    this.bits = new Int32Array(this.columns);
    if (!Number.isNaN(state.low[0])) this.placeBoxes();
  }

  /** Places the random boxes, once the ranges in the state are known. */
  placeBoxes(): void {
    const { low, high } = this.state;
    const { trees, seed } = this.settings;
    this.scale = new Float64Array(trees * this.columns);
    this.shift = new Float64Array(trees * this.columns);
    this.salt = Int32Array.from({ length: trees }, (_, tree) => mix(seed, tree, 0));
    for (let tree = 0; tree < trees; tree++) {
      for (let c = 0; c < this.columns; c++) {
        const centre = mix(seed, tree, c + 1) / 4_294_967_296;
        const reach = 2 * Math.max(centre, 1 - centre);
        // In units of the range the box is [centre − reach, centre + reach].
        this.scale[tree * this.columns + c] = 1 / ((high[c] - low[c]) * 2 * reach);
        this.shift[tree * this.columns + c] = (reach - centre) / (2 * reach);
      }
    }
  }

  /** Takes a row into the window, which turns over after its last. */
  learn(row: Float64Array): void {
    const { state, columns } = this;
    const { window } = this.settings;
    state.current = withRoom(state.current, (state.inWindow + 1) * columns, window * columns);
    state.current.set(row, state.inWindow * columns);
    if (++state.inWindow < window) return;
    state.reference = state.current;
    state.current = NO_NUMBERS;
    state.inWindow = 0;
    state.windows++;
  }

  /**
   * Mean over the trees of r · 2^depth / window at the first node on the row's way with few rows of the reference window (r below
   * a tenth of it), or at its leaf: the density around the row, in units of an even spread. Low is odd.
   */
  mass(row: Float64Array): number {
    if (this.grown !== this.state.windows) this.grow();
    const { bits, counts, children } = this;
    const { trees, window } = this.settings;
    let sum = 0;
    for (let tree = 0; tree < trees; tree++) {
      bits.fill(UNKNOWN);
      let node = 1;
      let level = 0;
      let place = tree;
      for (let child = children[place]; child > 0; child = children[place]) {
        node = this.descend(row, tree, node);
        place = child + (node & 1);
        level++;
      }
      sum += counts[place] * 2 ** level;
    }
    return sum / (trees * window);
  }

  /**
   * The same way as `mass`, as logarithms: each split adds −log₂ of (share of the rows that went the row's way) / ½ to its
   * column, a mean over trees. Above 0 the row went where fewer than half of the rows are.
   * @returns the sum: −log₂ of the density at the end of the way, the mean over trees
   */
  lostMass(row: Float64Array, byColumn: Float64Array): number {
    if (this.grown !== this.state.windows) this.grow();
    const { bits, columns, salt, counts, children } = this;
    const { trees } = this.settings;
    byColumn.fill(0);
    for (let tree = 0; tree < trees; tree++) {
      bits.fill(UNKNOWN);
      let node = 1;
      let place = tree;
      for (let child = children[place]; child > 0; child = children[place]) {
        const c = columnOf(node, salt[tree], columns);
        node = this.descend(row, tree, node);
        const next = child + (node & 1);
        byColumn[c] -= (1 + Math.log2((counts[next] + HALF) / (counts[place] + HALF))) / trees;
        place = next;
      }
    }
    return byColumn.reduce((a, b) => a + b, 0);
  }

  /** Counts the rows of the reference window into the nodes of every tree. */
  private grow(): void {
    const { state, columns } = this;
    const { trees } = this.settings;
    const rows = state.windows === 0 ? 0 : state.reference.length / columns;
    this.grown = state.windows;
    if (order.length < rows) [order, aside] = [new Int32Array(rows), new Int32Array(rows)];
    if (digits.length < rows * columns) digits = new Int32Array(rows * columns);
    this.counts.fill(0);
    this.children.fill(0);
    this.nodes = 0;
    this.room(trees);
    for (let tree = 0; tree < trees; tree++) {
      for (let i = 0, at = 0; i < rows; i++) {
        order[i] = i;
        for (let c = 0; c < columns; c++, at++) digits[at] = this.position(state.reference[at], tree, c);
      }
      this.node(tree, tree, 1, 0, rows, 0);
    }
  }

  /** Counts the rows `order[from, to)` into a node, and on where a way may go on. */
  private node(tree: number, place: number, node: number, from: number, to: number, level: number): void {
    this.counts[place] = to - from;
    if (level === this.settings.depth || to - from < this.sizeLimit) return;
    const { columns } = this;
    const c = columnOf(node, this.salt[tree], columns);
    let left = from;
    let right = 0;
    for (let i = from; i < to; i++) {
      const row = order[i];
      const at = row * columns + c;
      const digit = digits[at] >>> (BITS - 1);
      digits[at] = (digits[at] << 1) & LAST;
      if (digit === 0) order[left++] = row;
      else aside[right++] = row;
    }
    for (let i = 0; i < right; i++) order[left + i] = aside[i];
    const child = this.nodes;
    this.room(child + 2);
    this.children[place] = child;
    this.node(tree, child, 2 * node, from, left, level + 1);
    this.node(tree, child + 1, 2 * node + 1, left, to, level + 1);
  }

  /** Makes room for so many nodes. */
  private room(nodes: number): void {
    this.nodes = nodes;
    if (nodes <= this.counts.length) return;
    const counts = new Uint16Array(2 * nodes);
    const children = new Int32Array(2 * nodes);
    counts.set(this.counts);
    children.set(this.children);
    this.counts = counts;
    this.children = children;
  }

  /** The binary digits of the place of a value in the box of a tree. Beyond the box is at its edge. */
  private position(value: number, tree: number, c: number): number {
    const position = (value - this.state.low[c]) * this.scale[tree * this.columns + c] + this.shift[tree * this.columns + c];
    return position >= 1 ? LAST : position > 0 ? Math.floor(position * (LAST + 1)) : 0;
  }

  /** The child of a node that a row belongs to. Uses up a binary digit of its position in the column that the node splits. */
  private descend(row: Float64Array, tree: number, node: number): number {
    const { bits } = this;
    const c = columnOf(node, this.salt[tree], this.columns);
    const known = bits[c] === UNKNOWN ? this.position(row[c], tree, c) : bits[c];
    bits[c] = (known << 1) & LAST;
    return 2 * node + (known >>> (BITS - 1));
  }
}

/** The column that a node splits: a hash of its number, uniform over the columns. */
export function columnOf(node: number, salt: number, columns: number): number {
  let z = (node + salt) | 0;
  z ^= z >>> 16;
  z = Math.imul(z, 0x21f0aaad);
  z ^= z >>> 15;
  z = Math.imul(z, 0x735a2d97);
  return (((z ^ (z >>> 15)) >>> 16) * columns) >>> 16;
}
