// The laws of features plugins.

import { describe, expect, it } from 'vitest';
import {
  type FeatureExtractor,
  type FeaturesPlugin,
  type Observation,
  type PluginModule,
  pluginFrom,
  type Rows,
} from '../api/index.js';
import { extract, wakeUp } from '../judge/extract.js';
import { roundTrip } from '../state/codec.js';
import { TestHosts } from './host.js';

export interface FeaturesLaws {
  /** `with:` as a user writes it. */
  readonly config: unknown;
  /** At least a hundred observations of one key (or group), in log order, that lead to rows. */
  readonly observations: readonly Observation[];
  /** True if its entities are groups whose keys it tells apart; the law that keys mean nothing is then skipped. */
  readonly grouped?: boolean;
  /** How far event time may run back between observations, ms. */
  readonly lateness?: number;
}

interface EmittedRow {
  time: number;
  values: number[];
}

/** A value that no extractor computes: a column that still holds it was not written. */
const UNWRITTEN = -1.2345678e301;

class RowLog implements Rows {
  readonly rows: EmittedRow[] = [];
  private readonly buffer: Float64Array;
  private pending: number | undefined;
  constructor(columns: number) {
    this.buffer = new Float64Array(columns);
  }
  next(time: number): Float64Array {
    this.settle();
    this.pending = time;
    return this.buffer.fill(UNWRITTEN);
  }
  /** Takes the row that was being filled, as the engine does when the call returns. */
  settle(): void {
    if (this.pending !== undefined) this.rows.push({ time: this.pending, values: [...this.buffer] });
    this.pending = undefined;
  }
}

/** The laws of a features plugin. Call it in a test file of the plugin. */
export function featuresLaws(module: PluginModule<FeaturesPlugin>, laws: FeaturesLaws): void {
  const plugin = pluginFrom(module);
  const config = plugin.config.parse(laws.config);
  const hosts = new TestHosts();
  const row = plugin.row(config);
  const lateness = laws.lateness ?? 0;

  const fresh = () => plugin.initialState(config);
  const make = (state: unknown): FeatureExtractor => plugin.create(config, state, hosts.host('features'));

  /** Runs the observations; after each index in `cuts` the state is saved and loaded into a new extractor. */
  function run(observations: readonly Observation[], cuts: ReadonlySet<number> = new Set(), nosy = false): EmittedRow[] {
    let state = fresh();
    let extractor = make(state);
    const log = new RowLog(row.columns.length);
    let wake = Number.POSITIVE_INFINITY;
    let time = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < observations.length; i++) {
      const o = observations[i]!;
      const before = time;
      time = Math.max(time, o.time);
      // An extractor that is asked more often than it wanted must still answer the same.
      if (nosy && i > 0) wake = wakeUp(extractor, (before + time) / 2 - lateness, log);
      wake = extract(extractor, o, time - lateness, wake, log);
      log.settle();
      if (cuts.has(i)) {
        state = roundTrip(state);
        extractor = make(state);
      }
    }
    wakeUp(extractor, Number.POSITIVE_INFINITY, log);
    log.settle();
    return log.rows;
  }

  describe(`${plugin.name}: laws of a features plugin`, () => {
    it('emits rows, with times that never run back', () => {
      const rows = run(laws.observations);
      expect(rows.length).toBeGreaterThan(0);
      for (let i = 1; i < rows.length; i++) expect(rows[i]!.time).toBeGreaterThanOrEqual(rows[i - 1]!.time);
    });

    it('writes every column of every row: a finite number, or NaN for missing', () => {
      for (const { time, values } of run(laws.observations)) {
        expect(Number.isFinite(time)).toBe(true);
        values.forEach((value, i) => {
          expect(value, `column ${row.columns[i]!.name} was not written`).not.toBe(UNWRITTEN);
          expect(Number.isFinite(value) || Number.isNaN(value), `column ${row.columns[i]!.name} is ${value}`).toBe(true);
        });
      }
    });

    it('leaves its input untouched', () => {
      const frozen = laws.observations.map((o) => Object.freeze({ ...o, values: Object.freeze({ ...o.values }) }));
      expect(run(frozen)).toEqual(run(laws.observations));
    });

    it('does not look at the moment of arrival', () => {
      const poisoned = laws.observations.map((o, i) => ({ ...o, received: i % 2 ? Number.NaN : -o.received * 7 }));
      expect(run(poisoned)).toEqual(run(laws.observations));
    });

    it.skipIf(laws.grouped)('is independent of other keys and of extractors made before', () => {
      const once = run(laws.observations);
      run(laws.observations.slice(0, laws.observations.length / 2));
      expect(run(laws.observations.map((o) => ({ ...o, key: `other-${o.key}` })))).toEqual(once);
    });

    it('gives the same rows when it is asked about silence more often than it wanted', () => {
      expect(run(laws.observations, new Set(), true)).toEqual(run(laws.observations));
    });

    it('resumes bit for bit wherever the stream is cut, saved and loaded', () => {
      const whole = run(laws.observations);
      const last = laws.observations.length - 1;
      for (const cut of [0, 1, Math.floor(last / 3), Math.floor(last / 2), last - 1, last]) {
        expect(run(laws.observations, new Set([cut])), `cut after observation ${cut}`).toEqual(whole);
      }
      expect(run(laws.observations, new Set(laws.observations.keys())), 'cut after each observation').toEqual(whole);
    });

    it('names columns in snake_case, once each, with unit, formula and description', () => {
      const names = row.columns.map((column) => column.name);
      expect(new Set(names).size).toBe(names.length);
      for (const column of row.columns) {
        expect(column.name).toMatch(/^[a-z][a-z0-9_]*$/);
        for (const text of [column.unit, column.about, column.formula]) expect(text.length).toBeGreaterThan(0);
      }
    });
  });
}
