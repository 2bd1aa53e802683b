// The trees: Tan, Ting, Liu, "Fast Anomaly Detection for Streaming Data", IJCAI 2011.

import type { Settings } from './config.js';
import { mix } from './random.js';
import type { State } from './state.js';

// A node is one 32-bit word: the window in which it was last touched (12 bits, modulo 4,096), the rows that it saw in that window
// (10 bits) and those of the window before (10 bits). Turning a window over then costs nothing: a node that was touched in the window
// before brings its count along as the reference when it is next looked at, an older one counts 0.
const EPOCHS = 4_096;
const COUNT = 1_023;
const REFERENCE_SHIFT = 10;
const EPOCH_SHIFT = 20;
/** Every node is looked at once in so many windows, before its epoch could be mistaken for that of 4,096 windows later. */
const SWEEP_WINDOWS = 2_000;
/** Bits of a position: more than the deepest tree has splits. */
const BITS = 31;
const LAST = 0x7fffffff;
/** A position that no split of the tree has asked for yet. */
const UNKNOWN = -1;
/** What is added to counts before a logarithm is taken of their ratio. */
const HALF = 0.5;

/**
 * Half-space trees: S. C. Tan, K. M. Ting, T. F. Liu, "Fast Anomaly Detection for Streaming Data", IJCAI 2011. Each tree halves a
 * random box around the data again and again, each node in the middle of a random column. As it always halves, the way of a row is
 * written in the binary digits of its positions in the box, and neither boxes nor split points need be kept; a node's column
 * is a hash of its number.
 */
export class HalfSpaceTrees {
  private readonly state: State;
  private readonly settings: Settings;
  private readonly columns: number;
  private readonly sizeLimit: number;
  /** Position of x in the box of tree t: (x − low) · scale + shift, by tree and column. */
  private readonly scale: Float64Array;
  private readonly shift: Float64Array;
  /** Hash seed by tree. */
  private readonly salt: Int32Array;
  /** By column: the binary digits of the row's position that the way down has not used yet. */
  private readonly bits: Int32Array;
  private readonly sweepStep: number;

  constructor(state: State, settings: Settings) {
    const { trees, window, seed } = settings;
    this.state = state;
    this.settings = settings;
    this.columns = state.low.length;
    this.sizeLimit = 0.1 * window;
    this.scale = new Float64Array(trees * this.columns);
    this.shift = new Float64Array(trees * this.columns);
    this.salt = Int32Array.from({ length: trees }, (_, tree) => mix(seed, tree, 0));
    this.bits = new Int32Array(this.columns);
    this.sweepStep = Math.ceil(state.nodes.length / (SWEEP_WINDOWS * window));
    if (!Number.isNaN(state.low[0])) this.placeBoxes();
  }

  /** Places the random boxes, once the ranges in the state are known. */
  placeBoxes(): void {
    const { low, high } = this.state;
    for (let tree = 0; tree < this.settings.trees; tree++) {
      for (let c = 0; c < this.columns; c++) {
        const centre = mix(this.settings.seed, tree, c + 1) / 4_294_967_296;
        const reach = 2 * Math.max(centre, 1 - centre);
        // In units of the range the box is [centre − reach, centre + reach].
        this.scale[tree * this.columns + c] = 1 / ((high[c] - low[c]) * 2 * reach);
        this.shift[tree * this.columns + c] = (reach - centre) / (2 * reach);
      }
    }
  }

  /** Counts a row in; the window turns over after its last. */
  learn(row: Float64Array): void {
    const { state, bits } = this;
    const { nodes, epoch } = state;
    const { trees, depth, window } = this.settings;
    for (let tree = 0; tree < trees; tree++) {
      bits.fill(UNKNOWN);
      const base = tree << (depth + 1);
      let node = 1;
      for (let level = 0; ; level++) {
        nodes[base + node] = current(nodes[base + node], epoch) + 1;
        if (level === depth) break;
        node = this.descend(row, tree, node);
      }
    }
    for (let i = 0; i < this.sweepStep; i++) {
      nodes[state.sweep] = current(nodes[state.sweep], epoch);
      state.sweep = state.sweep + 1 === nodes.length ? 0 : state.sweep + 1;
    }
    if (++state.inWindow < window) return;
    state.inWindow = 0;
    state.windows++;
    state.epoch = (epoch + 1) % EPOCHS;
  }

  /**
   * Mean over the trees of r · 2^depth / window at the first node on the row's way with few rows of the reference window (r below
   * a tenth of it), or at its leaf: the density around the row, in units of an even spread. Low is odd.
   */
  mass(row: Float64Array): number {
    const { bits, sizeLimit } = this;
    const { nodes, epoch } = this.state;
    const { trees, depth, window } = this.settings;
    let sum = 0;
    for (let tree = 0; tree < trees; tree++) {
      bits.fill(UNKNOWN);
      const base = tree << (depth + 1);
      let node = 1;
      let level = 0;
      let reference = referenceOf(nodes[base + 1], epoch);
      while (level < depth && reference >= sizeLimit) {
        node = this.descend(row, tree, node);
        level++;
        reference = referenceOf(nodes[base + node], epoch);
      }
      sum += reference * (1 << level);
    }
    return sum / (trees * window);
  }

  /**
   * The same way as `mass`, as logarithms: each split adds −log₂ of (share of the rows that went the row's way) / ½ to its
   * column, a mean over trees. Above 0 the row went where fewer than half of the rows are.
   * @returns the sum: −log₂ of the density at the end of the way, the mean over trees
   */
  lostMass(row: Float64Array, byColumn: Float64Array): number {
    const { bits, columns, salt, sizeLimit } = this;
    const { nodes, epoch } = this.state;
    const { trees, depth } = this.settings;
    byColumn.fill(0);
    for (let tree = 0; tree < trees; tree++) {
      bits.fill(UNKNOWN);
      const base = tree << (depth + 1);
      let node = 1;
      let reference = referenceOf(nodes[base + 1], epoch);
      for (let level = 0; level < depth && reference >= sizeLimit; level++) {
        const c = columnOf(node, salt[tree], columns);
        node = this.descend(row, tree, node);
        const next = referenceOf(nodes[base + node], epoch);
        byColumn[c] -= (1 + Math.log2((next + HALF) / (reference + HALF))) / trees;
        reference = next;
      }
    }
    return byColumn.reduce((a, b) => a + b, 0);
  }

  /** The child of a node that a row belongs to. Uses up a binary digit of its position in the column that the node splits. */
  private descend(row: Float64Array, tree: number, node: number): number {
    const { bits, columns } = this;
    const c = columnOf(node, this.salt[tree], columns);
    let digits = bits[c];
    if (digits === UNKNOWN) {
      const position = (row[c] - this.state.low[c]) * this.scale[tree * columns + c] + this.shift[tree * columns + c];
      // Beyond the box is at its edge.
      digits = position >= 1 ? LAST : position > 0 ? Math.floor(position * (LAST + 1)) : 0;
    }
    bits[c] = (digits << 1) & LAST;
    return 2 * node + (digits >>> (BITS - 1));
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

/** A node as it stands in this window: rolled over if it was last touched in another. */
function current(word: number, epoch: number): number {
  const age = (epoch - (word >>> EPOCH_SHIFT)) & (EPOCHS - 1);
  if (age === 0) return word;
  return ((epoch << EPOCH_SHIFT) | (age === 1 ? (word & COUNT) << REFERENCE_SHIFT : 0)) >>> 0;
}

/** Rows of the window before in a node. */
function referenceOf(word: number, epoch: number): number {
  const age = (epoch - (word >>> EPOCH_SHIFT)) & (EPOCHS - 1);
  return age === 0 ? (word >>> REFERENCE_SHIFT) & COUNT : age === 1 ? word & COUNT : 0;
}
