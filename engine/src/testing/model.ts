// The laws of models.

import { describe, expect, it } from 'vitest';
import {
  type LoadedArtifact,
  type Model,
  type ModelPlugin,
  newExplanation,
  type PluginModule,
  pluginFrom,
} from '../api/index.js';
import { roundTrip } from '../state/codec.js';
import { TestHosts, testColumns } from './host.js';
import { gaussian } from './random.js';

export interface ModelLaws {
  /** `with:` as a user writes it; small enough that the model has learned after `rows`. */
  readonly config: unknown;
  /** Rows until the model scores and has refitted at least once. Default 3,000. */
  readonly rows?: number;
  readonly columns?: number;
  readonly artifact?: LoadedArtifact;
  /** How far the sum of contributions may be from total − baseline. Default 1e-9. */
  readonly tolerance?: number;
}

/** The laws of a model plugin. Call it in a test file of the plugin. */
export function modelLaws(module: PluginModule<ModelPlugin>, laws: ModelLaws): void {
  const plugin = pluginFrom(module);
  const config = plugin.config.parse(laws.config);
  const width = laws.columns ?? 3;
  const count = laws.rows ?? 3_000;
  const columns = testColumns(...Array.from({ length: width }, (_, i) => `column_${i}`));
  const hosts = new TestHosts();

  const make = (state: unknown): Model => plugin.create(config, state, hosts.model(columns, laws.artifact));
  const fresh = () => plugin.initialState(config, width);

  function rowsOf(seed: number, n = count): Float64Array[] {
    const normal = gaussian(seed);
    return Array.from({ length: n }, () => Float64Array.from({ length: width }, (_, j) => normal() * (j + 1) + j * 10));
  }

  /** Scores then learns each row; the row is poisoned after each call, as the engine reuses it. */
  function run(rows: readonly Float64Array[], cuts: ReadonlySet<number> = new Set()) {
    let state = fresh();
    let model = make(state);
    const scores: number[] = [];
    const versions: string[] = [];
    const lent = new Float64Array(width);
    rows.forEach((row, i) => {
      lent.set(row);
      scores.push(model.score(lent, i * 1_000));
      versions.push(model.version);
      lent.set(row);
      model.learn(lent, i * 1_000, 1);
      lent.fill(Number.NaN);
      if (cuts.has(i)) {
        state = roundTrip(state);
        model = make(state);
      }
    });
    return { model, scores, versions };
  }

  describe(`${plugin.name}: laws of a model plugin`, () => {
    it('scores are finite, or NaN while learning, and it has learned after the rows given', () => {
      const { scores } = run(rowsOf(1));
      for (const score of scores) expect(Number.isFinite(score) || Number.isNaN(score)).toBe(true);
      expect(Number.isFinite(scores.at(-1))).toBe(true);
      const first = scores.findIndex(Number.isFinite);
      expect(scores.slice(first).every(Number.isFinite), 'once learned, it stays learned').toBe(true);
    });

    it('score and explain change nothing', () => {
      const rows = rowsOf(2);
      const { model } = run(rows);
      const probe = rowsOf(3, 50);
      const first = probe.map((row) => model.score(row.slice(), 0));
      const out = newExplanation(width);
      for (const row of probe) model.explain?.(row.slice(), out);
      expect(probe.map((row) => model.score(row.slice(), 0))).toEqual(first);
      const untouched = probe[0]!.slice();
      model.score(untouched, 0);
      model.explain?.(untouched, out);
      expect(untouched).toEqual(probe[0]);
    });

    it('does not keep the row that it was lent, and the same seed gives the same scores', () => {
      expect(run(rowsOf(4))).toMatchObject({ scores: run(rowsOf(4)).scores, versions: run(rowsOf(4)).versions });
    });

    it('an outlier, shifted by twenty deviations, scores above the median inlier', () => {
      const { model } = run(rowsOf(5));
      const inliers = rowsOf(6, 501).map((row) => model.score(row, 0));
      const median = inliers.sort((a, b) => a - b)[250]!;
      for (const direction of [20, -20]) {
        const outlier = Float64Array.from({ length: width }, (_, j) => j * 10 + direction * (j + 1));
        expect(model.score(outlier, 0)).toBeGreaterThan(median);
      }
    });

    it('training scores, where it has them, ascend', () => {
      const scores = run(rowsOf(7)).model.trainingScores?.();
      if (scores) for (let i = 1; i < scores.length; i++) expect(scores[i]!).toBeGreaterThanOrEqual(scores[i - 1]!);
    });

    it('contributions add up to total − baseline', () => {
      const { model } = run(rowsOf(8));
      if (!model.explain) return;
      const out = newExplanation(width);
      for (const row of [...rowsOf(9, 20), Float64Array.from({ length: width }, () => 500)]) {
        model.explain(row, out);
        const sum = out.contributions.reduce((a, b) => a + b, 0);
        expect(Math.abs(sum - (out.total - out.baseline))).toBeLessThanOrEqual(laws.tolerance ?? 1e-9);
      }
    });

    it('resumes bit for bit wherever the stream is cut, saved and loaded', () => {
      const rows = rowsOf(10);
      const whole = run(rows);
      for (const cut of [0, 1, Math.floor(count / 3), Math.floor(count / 2), count - 2]) {
        const cutRun = run(rows, new Set([cut]));
        expect(cutRun.scores, `cut after row ${cut}`).toEqual(whole.scores);
        expect(cutRun.versions).toEqual(whole.versions);
      }
    });
  });
}
