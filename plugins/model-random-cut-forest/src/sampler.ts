import { uniform, withRoom } from '@quantstream/engine';
import { decayOf, type Settings } from './config.js';
import type { State } from './state.js';
import type { Trees } from './tree.js';

/**
 * Keeps in each tree a sample of the past, drawn without replacement with weights e^(−decay · age): the rows with the smallest keys
 * ln(−ln U) − decay · t (P. Efraimidis, P. Spirakis, "Weighted random sampling with a reservoir", 2006, with weights that grow
 * with t, so that no key ever has to be changed). Once the samples are full, a tree takes in about one row in ten.
 */
export class Sampler {
  private readonly state: State;
  private readonly trees: Trees;
  private readonly settings: Settings;
  private readonly count: number;
  private readonly sampleSize: number;
  private readonly decay: number;
  private readonly growth: number;

  constructor(state: State, trees: Trees, settings: Settings) {
    this.state = state;
    this.trees = trees;
    this.settings = settings;
    this.count = settings.trees;
    this.sampleSize = settings.sampleSize;
    this.decay = decayOf(settings);
    this.growth = Math.exp(this.decay);
  }

  /** Offers a point (D numbers, no NaN) to every tree, or lets it wait until somebody asks for a score. */
  take(x: Float32Array): void {
    const { state, settings } = this;
    if (state.keys.length > 0) {
      this.offer(x);
      return;
    }
    const most = Math.min(settings.sampleSize, settings.warmUp) * x.length;
    state.waiting = withRoom(state.waiting, (state.rows + 1) * x.length, most);
    state.waiting.set(x, state.rows * x.length);
    state.rows++;
    if (state.rows < settings.sampleSize && state.rows + state.historyRows < settings.warmUp) return;
    this.trees.plant(settings);
    const { rows, waiting } = state;
    state.rows = 0;
    state.waiting = new Float32Array(0);
    for (let i = 0; i < rows; i++) this.offer(waiting.subarray(i * x.length, (i + 1) * x.length));
  }

  /** Offers a point to every tree. */
  offer(x: Float32Array): void {
    const { state, sampleSize, decay, growth } = this;
    const { bounds, random } = state;
    const age = decay * state.rows;
    const size = state.rows;
    let point = -1;
    for (let tree = 0; tree < this.count; tree++) {
      const draw = uniform(random);
      if (size < sampleSize) {
        point = this.trees.insert(tree, x, point);
        this.push(tree, size, Math.log(-Math.log1p(-draw)) - age, point);
        if (size + 1 === sampleSize) bounds[tree] = Math.exp(state.keys[tree * sampleSize] + age);
        continue;
      }
      const bound = bounds[tree] * growth;
      bounds[tree] = bound;
      // −ln(1 − draw) is never below draw: most rows are turned away without a logarithm.
      if (draw >= bound) continue;
      const exponential = -Math.log1p(-draw);
      if (exponential >= bound) continue;
      this.trees.remove(tree, state.items[tree * sampleSize]);
      point = this.trees.insert(tree, x, point);
      this.replaceLargest(tree, Math.log(exponential) - age, point);
      bounds[tree] = Math.exp(state.keys[tree * sampleSize] + age);
    }
    state.rows++;
  }

  private push(tree: number, size: number, key: number, point: number): void {
    const { keys, items } = this.state;
    const base = tree * this.sampleSize;
    let at = size;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (keys[base + above] >= key) break;
      keys[base + at] = keys[base + above];
      items[base + at] = items[base + above];
      at = above;
    }
    keys[base + at] = key;
    items[base + at] = point;
  }

  private replaceLargest(tree: number, key: number, point: number): void {
    const { keys, items } = this.state;
    const size = this.sampleSize;
    const base = tree * size;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= size) break;
      if (child + 1 < size && keys[base + child + 1] > keys[base + child]) child++;
      if (keys[base + child] <= key) break;
      keys[base + at] = keys[base + child];
      items[base + at] = items[base + child];
      at = child;
    }
    keys[base + at] = key;
    items[base + at] = point;
  }
}
