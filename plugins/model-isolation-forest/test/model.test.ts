import type { LoadedArtifact, Model } from '@quantstream/engine';
import { gaussian, numberedColumns, startModel } from '@quantstream/engine/testing';
import plugin from '@quantstream/model-isolation-forest';
import { describe, expect, it } from 'vitest';

const columns = numberedColumns(2);
const start = (config: unknown, artifact?: LoadedArtifact) => startModel(plugin, config, 2, artifact);

/** Feeds `count` rows; returns the row numbers (from 1) after which the version was another one. */
function changes(model: Model, count: number, seed = 1): number[] {
  const normal = gaussian(seed);
  const at: number[] = [];
  let version = model.version;
  for (let i = 1; i <= count; i++) {
    model.learn(Float64Array.of(normal(), normal()), i, 1);
    if (model.version !== version) at.push(i);
    version = model.version;
  }
  return at;
}

const small = { trees: 10, sampleSize: 32, warmUp: 100, window: 150 };

describe('refits', () => {
  it('happen after warmUp rows and then every refitEvery rows', () => {
    const { model } = start({ ...small, refitEvery: 70 });
    expect(model.version).toBe('warmup');
    expect(model.score(Float64Array.of(0, 0), 0)).toBeNaN();
    expect(changes(model, 320)).toEqual([100, 170, 240, 310]);
    expect(model.version).toMatch(/^fit-4-[0-9a-f]{8}$/);
  });

  it('never happen again with refitEvery 0, and the rows are let go', () => {
    const { model, state } = start({ ...small, refitEvery: 0 });
    expect(changes(model, 1_000)).toEqual([100]);
    expect(state.rows.length).toBe(0);
  });

  it('happen every 10,000 rows by default', () => {
    const { model } = start({ trees: 1, sampleSize: 2, warmUp: 2 });
    expect(changes(model, 10_002)).toEqual([2, 10_002]);
  });

  it('see the latest rows of the window only', () => {
    const { model } = start({ ...small, refitEvery: 150 });
    const far = Float64Array.of(1_003, 1_002);
    for (let i = 0; i < 100; i++) model.learn(Float64Array.of(i % 7, i % 5), i, 1);
    const strange = model.score(far, 0);
    for (let i = 0; i < 150; i++) model.learn(Float64Array.of(1_000 + (i % 7), 1_000 + (i % 5)), i, 1);
    expect(model.score(far, 0)).toBeLessThan(strange);
    expect(model.score(Float64Array.of(3, 3), 0)).toBeGreaterThan(strange);
    expect(model.trainingScores!()!.length).toBe(150);
  });

  it('keep at most a window of rows', () => {
    const { model, state } = start({ ...small, refitEvery: 70 });
    changes(model, 1_000);
    expect(state.rows.length).toBe(150 * 2);
  });
});

describe('with a trained model', () => {
  const normal = gaussian(5);
  const values = Float64Array.from({ length: 1_000 }, () => normal());
  const { payload, scores } = plugin.train!({ columns, count: 500, values }, plugin.config.parse(small));
  const artifact = { version: 'trained', payload: plugin.load!(payload, columns), scores };

  it('scores at once, and does not refit unless asked to', () => {
    const { model, state } = start(small, artifact);
    expect(model.version).toBe('trained');
    expect(model.score(Float64Array.of(0, 0), 0)).toBeGreaterThan(0);
    expect(model.trainingScores!()).toBe(scores);
    expect(changes(model, 20_000)).toEqual([]);
    expect(state.rows.length).toBe(0);
  });

  it('refits on the rows of the stream where refitEvery says so, once there are enough for a sample', () => {
    expect(changes(start({ ...small, refitEvery: 120 }, artifact).model, 300)).toEqual([120, 240]);
    expect(changes(start({ ...small, refitEvery: 10 }, artifact).model, 52)).toEqual([32, 42, 52]);
  });
});

describe('configuration', () => {
  const problem = (config: unknown) => {
    const { error } = plugin.config.safeParse(config);
    return error?.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
  };

  it('has defaults for everything', () => {
    expect(plugin.config.parse({})).toEqual({ trees: 100, sampleSize: 256, seed: 42, warmUp: 1_000, window: 10_000 });
  });

  it('refuses a warm-up or window smaller than the sample, and unknown keys', () => {
    expect(problem({ sampleSize: 2_000 })).toMatch(/^warmUp: warmUp is 1000 rows, but each tree samples 2000/);
    expect(problem({ window: 100 })).toMatch(/^window: window is 100 rows/);
    expect(problem({ tree: 100 })).toMatch(/tree/);
    expect(problem({ trees: 10_000, sampleSize: 60_000, warmUp: 60_000, window: 60_000 })).toMatch(/^trees: /);
  });
});
