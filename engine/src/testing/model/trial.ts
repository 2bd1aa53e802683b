// One run of a model under test, which the laws look at.

import {
  type Column,
  type LoadedArtifact,
  type Model,
  type ModelPlugin,
  newExplanation,
  type PluginModule,
  pluginFrom,
} from '../../api/index.js';
import { roundTrip } from '../../state/codec.js';
import { modelHost, numberedColumns } from '../host.js';
import { correlated, gaussian } from '../random.js';

const NEVER: ReadonlySet<number> = new Set();

export interface ModelLaws {
  /** `with:` as a user writes it; small enough that the model has learned after `rows`. */
  readonly config: unknown;
  /** Rows until the model scores, has refitted at least once, and its state has stopped growing. Default 3,000. */
  readonly rows?: number;
  readonly columns?: number;
  /** What a model starts from that was trained ahead, on rows like those of the kit: column j with mean 10 · j and deviation j + 1. */
  readonly artifact?: LoadedArtifact;
  /** How far the sum of contributions may be from total − baseline, as a part of the total where that is above 1. Default 1e-9. */
  readonly tolerance?: number;
  /** Where the total of an explanation is the score: how far it may be off, as a part of the score where that is above 1. */
  readonly totalIsScore?: number;
  /** Sign of the contributions of what is odd. Default 1. */
  readonly oddSign?: 1 | -1;
  /** False where an explanation never says which way a value is off. */
  readonly directions?: false;
  /** Of rows with one shifted column, the part in which it must lead the explanation. Default 0.95. */
  readonly leads?: number;
  /** The lowest and the highest score that there can be, where the plugin says so. */
  readonly range?: readonly [lowest: number, highest: number];
  /** True if scores change with the version and only then: it is fitted now and again, and learns nothing in between. */
  readonly fits?: true;
  /** How many rows of a new level it takes until that is ordinary, where the model gets used to it. */
  readonly adapts?: number;
  /** A smaller configuration for streams of hostile rows: the fewer rows it takes to learn, the more streams are tried. */
  readonly hostile?: { readonly config: unknown; readonly rows: number };
}

export interface RunOptions {
  /** After these rows the state is saved and loaded. */
  readonly cuts?: ReadonlySet<number>;
  /** Lends all rows in one array that is poisoned afterwards; default: true. */
  readonly poison?: boolean;
  /** Asks for scores and explanations that nobody needs. */
  readonly curious?: boolean;
  /** Another model learns other rows at the same time. */
  readonly beside?: boolean;
  readonly look?: (state: unknown, after: number) => void;
}

/** Looks for the first thing that breaks a law, and says what it is. */
export type Check = (trial: ModelTrial) => string | undefined;

/** One model plugin under trial: makes rows and models of it, from seeds. */
export class ModelTrial {
  readonly plugin: ModelPlugin;
  readonly laws: ModelLaws;
  readonly width: number;
  readonly count: number;
  private readonly config: unknown;
  private readonly columns: readonly Column[];

  constructor(module: PluginModule<ModelPlugin>, laws: ModelLaws) {
    this.plugin = pluginFrom(module);
    this.laws = laws;
    this.width = laws.columns ?? 3;
    this.count = laws.rows ?? 3_000;
    this.config = this.plugin.config.parse(laws.config);
    this.columns = numberedColumns(this.width);
  }

  /** The same plugin with its configuration for hostile rows. */
  get hostile(): ModelTrial {
    const { hostile } = this.laws;
    return hostile ? new ModelTrial(this.plugin, { ...this.laws, ...hostile }) : this;
  }

  /** What the plugin says its state takes at most; `undefined` where it says nothing. */
  get mostBytes(): number | undefined {
    return this.plugin.stateBytes?.(this.config, this.width);
  }

  freshState(): unknown {
    return this.plugin.initialState(this.config, this.width);
  }

  make(state: unknown = this.freshState()): Model {
    return this.plugin.create(this.config, state, modelHost(this.columns, this.laws.artifact));
  }

  /** Ordinary rows: independent columns, each at a place and of a scale of its own. */
  rows(seed: number, n = this.count): Float64Array[] {
    const normal = gaussian(seed);
    return Array.from({ length: n }, () => this.row((j) => normal() * (j + 1) + j * 10));
  }

  /** Makes rows whose columns share half their variance, one of which may be shifted by so many deviations. On one scale, but for an artifact. */
  correlated(seed: number): (shifted?: number, by?: number) => Float64Array {
    const next = correlated(seed, this.width);
    const scaled = this.laws.artifact !== undefined;
    return (shifted, by = 0) => {
      const row = next();
      if (shifted !== undefined) row[shifted]! += by;
      return scaled ? row.map((value, j) => value * (j + 1) + j * 10) : row;
    };
  }

  row(value: (column: number) => number): Float64Array {
    return Float64Array.from({ length: this.width }, (_, j) => value(j));
  }

  /**
   * Scores then learns each row, and saves and loads the state after the rows in `cuts`. Rows are lent as the engine does, in one array
   * that is poisoned after each call, or each in an array of its own that nobody touches again.
   */
  run(rows: readonly Float64Array[], options: RunOptions = {}) {
    const { cuts = NEVER, poison = true, curious = false, beside = false, look } = options;
    let state = this.freshState();
    let model = this.make(state);
    const other = beside ? this.make() : undefined;
    const scores: number[] = [];
    const versions: string[] = [];
    const lent = new Float64Array(this.width);
    const out = newExplanation(this.width);
    const lend = (row: Float64Array) => {
      if (!poison) return row.slice();
      lent.set(row);
      return lent;
    };
    rows.forEach((row, i) => {
      scores.push(model.score(lend(row), i * 1_000));
      versions.push(model.version);
      if (curious) {
        model.score(lend(row.map((value) => 2 * value + 1)), i * 1_000);
        model.explain?.(lend(row), out, i * 1_000);
      }
      model.learn(lend(row), i * 1_000, 1);
      other?.learn(
        row.map((value) => 3 - value),
        i * 1_000,
        1,
      );
      lent.fill(Number.NaN);
      look?.(state, i);
      if (cuts.has(i)) {
        state = roundTrip(state);
        model = this.make(state);
      }
    });
    return { model, state, scores, versions };
  }

  /** A model that has learned ordinary rows. */
  learned(seed: number): Model {
    return this.run(this.rows(seed)).model;
  }
}

/** The rows of a trial as a message shows them. */
export function shown(row: ArrayLike<number>): string {
  return `[${Array.from(row).join(', ')}]`;
}

type Run = ReturnType<ModelTrial['run']>;

/** The first row at which two runs differ. */
export function difference(one: Run, other: Run): string | undefined {
  for (const [i, score] of one.scores.entries()) {
    if (!Object.is(score, other.scores[i])) return `row ${i} scores ${score} and then ${other.scores[i]}`;
    if (one.versions[i] !== other.versions[i]) return `row ${i} is judged by ${one.versions[i]} and then by ${other.versions[i]}`;
  }
  return undefined;
}
