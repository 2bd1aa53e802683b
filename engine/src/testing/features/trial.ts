// One run of a features plugin under test, which the laws look at.

import {
  type FeatureExtractor,
  type FeaturesPlugin,
  type Missing,
  type Observation,
  type PluginModule,
  pluginFrom,
  type RowKind,
  type Rows,
} from '../../api/index.js';
import { extract, wakeUp } from '../../judge/extract.js';
import { roundTrip } from '../../state/codec.js';
import { TestHosts } from '../host.js';
import { type EmittedRow, RowLog } from './row-log.js';

export interface FeaturesLaws {
  /** `with:` as a user writes it. */
  readonly config: unknown;
  /** At least a hundred observations of one key (or group), in log order, that lead to rows. */
  readonly observations: readonly Observation[];
  /** True if its entities are groups whose keys it tells apart; the law that keys mean nothing is then skipped. */
  readonly grouped?: boolean;
  /** How far event time may run back between observations, ms. */
  readonly lateness?: number;
  /** Stretches that were lost: each is told before the observation of that number. Nothing but silence may lie in them. */
  readonly missing?: readonly { readonly before: number; readonly missing: Missing }[];
  /** Some rows, worked out by hand: by their time, some of their columns; NaN for what is missing. */
  readonly expected?: readonly { readonly time: number; readonly values: Readonly<Record<string, number>> }[];
  /** Columns for which an input that these observations lack would stand in: without what they have, they are missing all the same. */
  readonly standIns?: readonly string[];
  /** Columns that do not depend on the order in which observations come, as far as the lateness allows one: counts, sums, means. */
  readonly anyOrder?: readonly string[];
}

export interface Run {
  readonly rows: readonly EmittedRow[];
  /** By moment: when it asked to be woken, and the watermark that it was asked at. */
  readonly wakes: readonly { readonly watermark: number; readonly wake: number }[];
  /** Rows that were given when the last question was asked a second time. */
  readonly leftOver: number;
  /** The first array that was written after it had been handed back. */
  readonly overwritten: EmittedRow | undefined;
}

export interface RunOptions {
  readonly observations?: readonly Observation[];
  /** After the observations of these numbers the state is saved and loaded into a new extractor. */
  readonly cuts?: ReadonlySet<number>;
  /** Asked at every moment, not only when it wants to be. */
  readonly nosy?: boolean;
  /** Stretches that were lost are told: by default, where there are any. */
  readonly told?: boolean;
  /** Sees the same at the same time, for another key and with other numbers. */
  readonly beside?: boolean;
  /** Looks at the state before the first observation (−1) and after each. */
  readonly look?: (state: unknown, after: number) => void;
}

/** Moments between two observations at which time is told. */
const TICKS = 4;
const NEVER: ReadonlySet<number> = new Set();

/** One features plugin under trial. */
export class FeaturesTrial {
  readonly plugin: FeaturesPlugin;
  readonly laws: FeaturesLaws;
  readonly config: unknown;
  readonly row: RowKind;
  readonly lateness: number;
  private readonly hosts = new TestHosts();

  constructor(module: PluginModule<FeaturesPlugin>, laws: FeaturesLaws) {
    this.plugin = pluginFrom(module);
    this.laws = laws;
    this.config = this.plugin.config.parse(laws.config);
    this.row = this.plugin.row(this.config);
    this.lateness = laws.lateness ?? 0;
  }

  get observations(): readonly Observation[] {
    return this.laws.observations;
  }

  fresh(): unknown {
    return this.plugin.initialState(this.config);
  }

  make(state: unknown): FeatureExtractor {
    return this.plugin.create(this.config, state, this.hosts.host('features'));
  }

  /** The name of a column. */
  nameOf(column: number): string {
    return this.row.columns[column]?.name ?? `column ${column}`;
  }

  /** Runs the observations as the engine does, and time between them. */
  run(options: RunOptions = {}): Run {
    const { observations = this.observations, cuts = NEVER, nosy = false, told = true, beside = false, look } = options;
    let state = this.fresh();
    let extractor = this.make(state);
    const other = beside ? this.make(this.fresh()) : undefined;
    const nowhere: Rows = { next: () => new Float64Array(this.row.columns.length), say: () => undefined };
    const log = new RowLog(this.row.columns.length);
    const wakes: { watermark: number; wake: number }[] = [];
    let wake = Number.POSITIVE_INFINITY;
    let time = Number.NEGATIVE_INFINITY;
    const ask = (watermark: number) => {
      log.watermark = watermark;
      wake = wakeUp(extractor, watermark, log);
      log.settle();
      wakes.push({ watermark, wake });
    };
    look?.(state, -1);
    for (const [i, o] of observations.entries()) {
      const before = time;
      time = Math.max(time, o.time);
      if (told) for (const one of this.laws.missing ?? []) if (one.before === i) extractor.missing?.(one.missing);
      if (i > 0 && time > before) {
        for (let tick = 1; tick <= TICKS; tick++) {
          log.moment++;
          const watermark = before + ((time - before) * tick) / (TICKS + 1) - this.lateness;
          if (nosy || watermark >= wake) ask(watermark);
        }
      }
      log.moment++;
      const watermark = time - this.lateness;
      if (nosy && i > 0) ask(watermark);
      // What comes of `advance` and of `update` is told apart by who has asked.
      log.watermark = undefined;
      const spied: FeatureExtractor = {
        update: (given, rows) => {
          log.settle();
          log.watermark = undefined;
          extractor.update(given, rows);
          log.settle();
        },
        advance: (at, rows) => {
          log.settle();
          log.watermark = at;
          const answer = wakeUp(extractor, at, rows);
          log.settle();
          wakes.push({ watermark: at, wake: answer });
          return answer;
        },
      };
      wake = extract(spied, o, watermark, wake, log);
      log.settle();
      if (other) extract(other, this.doubled(o), watermark, Number.NEGATIVE_INFINITY, nowhere);
      look?.(state, i);
      if (cuts.has(i)) {
        state = roundTrip(state);
        extractor = this.make(state);
      }
    }
    log.moment++;
    ask(Number.POSITIVE_INFINITY);
    const before = log.rows.length;
    ask(Number.POSITIVE_INFINITY);
    const leftOver = log.rows.length - before;
    const overwritten = log.rows.find(({ values }, i) => values.some((value, c) => !Object.is(value, log.arrays[i]![c])));
    return { rows: log.rows, wakes, leftOver, overwritten };
  }

  private doubled(o: Observation): Observation {
    const values = Object.fromEntries(Object.entries(o.values).map(([name, value]) => [name, 2 * value + 1]));
    return this.laws.grouped ? { ...o, values } : { ...o, key: `beside-${o.key}`, values };
  }
}

/** The first difference of two runs, as rows that the engine would get. */
export function difference(trial: FeaturesTrial, one: Run, other: Run): string | undefined {
  for (let i = 0; i < Math.max(one.rows.length, other.rows.length); i++) {
    const a = one.rows[i];
    const b = other.rows[i];
    if (!a || !b) return `${one.rows.length} rows and then ${other.rows.length}`;
    if (!Object.is(a.time, b.time)) return `row ${i} is stamped ${moment(a.time)} and then ${moment(b.time)}`;
    if (JSON.stringify(a.words) !== JSON.stringify(b.words))
      return `with row ${i} (${moment(a.time)}) it says ${JSON.stringify(a.words)} and then ${JSON.stringify(b.words)}`;
    const column = a.values.findIndex((value, c) => !Object.is(value, b.values[c]));
    if (column >= 0)
      return `${trial.nameOf(column)} of row ${i} (${moment(a.time)}) is ${a.values[column]} and then ${b.values[column]}`;
  }
  return undefined;
}

/** A time as messages show it. */
export function moment(time: number): string {
  return Math.abs(time) <= 8.64e15 ? new Date(time).toISOString() : String(time);
}
