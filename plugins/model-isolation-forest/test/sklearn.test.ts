import { readFileSync } from 'node:fs';
import { newExplanation } from '@quantstream/engine';
import { TestHosts, testColumns } from '@quantstream/engine/testing';
import plugin from '@quantstream/model-isolation-forest';
import { describe, expect, it } from 'vitest';
import { sharedData } from '../../../test/shared.js';

const GOLDEN = sharedData('benchmark', 'isolation-forest-sklearn-golden.json');

interface Artifact {
  columns: { name: string; unit: string }[];
  quantiles: { count: number; body: number[]; tail: number[] };
  payload: Record<string, unknown>;
}

function modelOf(payload: unknown, columns = testColumns('a', 'b', 'c')) {
  const artifact = { version: 'v1', payload: plugin.load!(payload, columns), scores: new Float64Array(0) };
  const config = plugin.config.parse({});
  return plugin.create(config, plugin.initialState(config, columns.length), new TestHosts().model(columns, artifact));
}

/** scikit-learn reports −score, and calls a row an outlier where that is below its offset. */
function expectSame(payload: unknown, rows: number[][], scoreSamples: number[], predictions: number[], offset: number) {
  const model = modelOf(payload);
  rows.forEach((row, i) => {
    const score = model.score(Float64Array.from(row), 0);
    expect(Math.abs(score + scoreSamples[i])).toBeLessThan(1e-9);
    expect(-score < offset ? -1 : 1).toBe(predictions[i]);
  });
}

describe('a forest exported from scikit-learn by the script', () => {
  const file = JSON.parse(readFileSync(new URL('./fixtures/sklearn-forest.json', import.meta.url), 'utf8'));
  const artifact: Artifact = file.artifact;

  it('gives the scores and predictions that scikit-learn gave', () => {
    expect(new Set(file.predict)).toEqual(new Set([1, -1]));
    expectSame(artifact.payload, file.rows, file.score_samples, file.predict, file.offset);
  });

  it('brings the quantiles of its own training scores', () => {
    const model = modelOf(artifact.payload);
    const scores = file.training_rows
      .map((row: number[]) => model.score(Float64Array.from(row), 0))
      .sort((a: number, b: number) => a - b);
    const { count, body, tail } = artifact.quantiles;
    expect([count, body.length, tail.length]).toEqual([600, 101, 12]);
    expect(body[0]).toBeCloseTo(scores[0], 9);
    expect(body[50]).toBeCloseTo((scores[299] + scores[300]) / 2, 9);
    tail.forEach((score, i) => {
      expect(score).toBeCloseTo(scores[588 + i], 9);
    });
  });

  it('brings the quantiles of its training rows, so that reasons can be given', () => {
    const model = modelOf(artifact.payload, testColumns('rsi_14', 'log_return', 'rush_orders'));
    const out = newExplanation(3);
    model.explain!(Float64Array.of(50, 10, 1), out);
    expect(out.reasons[0]).toMatch(/^log_return 10 is above all 600 training rows \(median /);
  });

  it('depends on rounding rows to float32, as scikit-learn does', () => {
    const exact = modelOf({ ...artifact.payload, float32: false });
    const rounded = modelOf(artifact.payload);
    const differs = (row: number[]) => exact.score(Float64Array.from(row), 0) !== rounded.score(Float64Array.from(row), 0);
    const { feature, threshold } = (artifact.payload.trees as { feature: number[]; threshold: number[] }[])[0];
    const row = [50, 0, 1];
    // Just above the root's threshold in float64; on it, hence to the left, or beyond it after rounding.
    row[feature[0]] = threshold[0] + Math.abs(threshold[0]) * 1e-12;
    const rootRounds = Math.fround(row[feature[0]]) <= threshold[0];
    expect(differs(row)).toBe(rootRounds);
  });
});

describe.skipIf(!GOLDEN.present)('the golden scikit-learn forest of the shared data (needs ../shared/data)', () => {
  it('scores 45 rows to 1e-9 and predicts them alike at its offset', () => {
    const golden = JSON.parse(readFileSync(GOLDEN.path, 'utf8'));
    const payload = {
      format: 'isolation-forest/1',
      sampleSize: golden.max_samples,
      float32: true,
      rows: golden.max_samples,
      trees: golden.trees,
      quantiles: null,
    };
    expect(golden.X.length).toBe(45);
    expectSame(payload, golden.X, golden.score_samples, golden.predict, golden.offset);
  });
});

describe('a payload that is wrong', () => {
  const columns = testColumns('a');
  const good = {
    format: 'isolation-forest/1',
    sampleSize: 4,
    float32: false,
    rows: 4,
    trees: [{ feature: [0, -1, -1], threshold: [1, 0, 0], left: [1, -1, -1], right: [2, -1, -1], n: [4, 1, 3] }],
    quantiles: null,
  };
  const tree = (change: object) => ({ ...good, trees: [{ ...good.trees[0], ...change }] });

  it.each([
    ['another format', { ...good, format: 'forest/9' }, /^not an isolation forest: format/],
    ['no trees', { ...good, trees: [] }, /^not an isolation forest: trees/],
    ['a column that the model lacks', tree({ feature: [1, -1, -1] }), /tree 0, node 0: splits on column 1, but the model has 1/],
    ['a circle', tree({ left: [0, -1, -1] }), /tree 0, node 0: 0 is not a node below a root/],
    ['a node reached twice', tree({ right: [1, -1, -1] }), /tree 0, node 1: is reached twice/],
    ['a node that nothing leads to', tree({ left: [-1, -1, -1], right: [-1, -1, -1] }), /tree 0: 2 of 3 nodes are not reached/],
    ['a child beyond the end', tree({ right: [9, -1, -1] }), /9 is not a node below a root/],
    ['arrays of different length', tree({ n: [4, 1] }), /tree 0: n has 2 entries, feature has 3/],
    ['a leaf without rows', tree({ n: [4, 0, 4] }), /tree 0, node 1: n is 0/],
    [
      'quantiles of another number of columns',
      { ...good, quantiles: [Array(65).fill(0), Array(65).fill(0)] },
      /for 2 columns, but the model has 1/,
    ],
    [
      'quantiles that run back',
      { ...good, quantiles: [Array.from({ length: 65 }, (_, i) => -i)] },
      /quantiles of column a do not ascend/,
    ],
  ])('is refused with a sentence about it: %s', (_, payload, sentence) => {
    expect(() => plugin.load!(payload, columns)).toThrow(sentence);
  });

  it('is not what train makes: that loads and scores the same', () => {
    expect(() => plugin.load!(good, columns)).not.toThrow();
    const values = Float64Array.from({ length: 600 }, (_, i) => Math.sin(i) * 10);
    const { payload, scores } = plugin.train!({ columns: testColumns('a', 'b'), count: 300, values }, plugin.config.parse({}));
    const model = modelOf(JSON.parse(JSON.stringify(payload)), testColumns('a', 'b'));
    const again = Float64Array.from({ length: 300 }, (_, i) => model.score(values.slice(i * 2, i * 2 + 2), 0)).sort();
    expect(again).toEqual(scores);
  });
});
