/**
 * Rows per second that each model scores and then learns, at 3, 10 and 40 normal columns, beside the same method as one would first
 * write it (`naive.mjs`), and beside river's half-space trees where Python has river. `node bench/detectors.mjs` prints JSON; build first.
 */
import { spawnSync } from 'node:child_process';
import { serialize } from 'node:v8';
import { gaussian, interleave, isMain, machine, random, row, skipped } from './lib.mjs';
import {
  naiveBaseline,
  naiveClusters,
  naiveDiscord,
  naiveHalfSpaceTrees,
  naiveMahalanobis,
  naiveRandomCutForest,
  naiveSubspace,
  naiveTails,
} from './naive.mjs';

const COLUMNS = [3, 10, 40];
const RIVER = { trees: 25, depth: 8, window: 250 };

/**
 * By model: settings, the naive form, and how many rows of each a round takes at 3 columns, fewer at more. A model that refits takes at
 * least as many as lie between two refits, so that each round holds its part of them. `learned` rows go before: full samples and windows.
 */
const MODELS = [
  { name: 'random-cut-forest', naive: (d) => naiveRandomCutForest(d, random(1)), rows: 2_000, naiveRows: 100, learned: 10_000 },
  {
    name: 'half-space-trees',
    with: { range: [-5, 5] },
    naive: (d) => naiveHalfSpaceTrees(d, random(1)),
    rows: 5_000,
    naiveRows: 500,
  },
  { name: 'baseline', naive: () => naiveBaseline(), rows: 10_000, least: 1_024, naiveRows: 20 },
  { name: 'clusters', naive: () => naiveClusters(), rows: 10_000, naiveRows: 500 },
  { name: 'discord', naive: () => naiveDiscord(), rows: 500, naiveRows: 5 },
  { name: 'mahalanobis', naive: (d) => naiveMahalanobis(d), rows: 20_000, naiveRows: 500 },
  { name: 'subspace', naive: () => naiveSubspace(), rows: 20_000, naiveRows: 200 },
  { name: 'tails', naive: (d) => naiveTails(d), rows: 10_000, least: 2_000, naiveRows: 100, learned: 10_000 },
  { name: 'isolation-forest', rows: 10_000, least: 10_000, learned: 10_000 },
];

async function start(name, raw, columns) {
  const { default: plugin } = await import(`../plugins/model-${name}/dist/index.js`);
  const settings = plugin.config.parse(raw ?? {});
  const state = plugin.initialState(settings, columns);
  const described = Array.from({ length: columns }, (_, i) => ({ name: `column_${i}`, unit: '1' }));
  return { state, model: plugin.create(settings, state, { columns: described }) };
}

function normalRows(count, columns) {
  const normal = gaussian(columns);
  return Array.from({ length: count }, () => Float64Array.from({ length: columns }, normal));
}

/** A contestant that scores and learns the next `count` rows of a ring. */
function contestant(model, rows, count, learned = 2_000) {
  for (const [i, r] of rows.slice(0, learned).entries()) model.learn(r, i, 1);
  let at = 0;
  let sum = 0;
  return () => {
    for (let i = 0; i < count; i++) {
      const r = rows[at];
      at = at + 1 === rows.length ? 0 : at + 1;
      sum += model.score(r, i);
      model.learn(r, i, 1);
    }
    if (!(sum > 0)) throw new Error('scores must be positive');
  };
}

async function measure({ name, with: raw, naive, rows, least = 0, naiveRows = 0, learned }, columns, repeats) {
  const share = 3 / columns;
  const counts = { ours: Math.max(least, Math.ceil(rows * share)), naive: Math.ceil(naiveRows * share) };
  const stream = normalRows(10_000, columns);
  const { state, model } = await start(name, raw, columns);
  const contestants = { ours: contestant(model, stream, counts.ours, learned) };
  if (naive) contestants.naive = contestant(naive(columns), stream, counts.naive, learned);
  const times = interleave(contestants, repeats);
  return row({
    name: `${name}: rows scored and learned, ${columns} columns`,
    value: (counts.ours / times.ours.min) * 1_000,
    unit: 'rows/s',
    ...(naive ? { baseline: { name: 'objects, whole windows', value: (counts.naive / times.naive.min) * 1_000 } } : {}),
    spread: times.ours.spread,
    bytesPerKey: serialize(state).length,
  });
}

const PYTHON = `
import json, random, time, river
from river.anomaly import HalfSpaceTrees
rows = [{c: random.Random(31 * i + c).gauss(0, 1) for c in range(3)} for i in range(1500)]
trees = HalfSpaceTrees(n_trees=${RIVER.trees}, height=${RIVER.depth}, window_size=${RIVER.window}, limits={c: (-5, 5) for c in range(3)}, seed=1)
for row in rows[:500]: trees.learn_one(row)
begin = time.perf_counter()
for row in rows[500:]:
    trees.score_one(row)
    trees.learn_one(row)
print(json.dumps({"version": river.__version__, "rate": 1000 / (time.perf_counter() - begin)}))
`;

async function againstRiver(repeats) {
  const python = spawnSync(process.env.QUANTSTREAM_PYTHON ?? 'python3', ['-c', PYTHON], { encoding: 'utf8' });
  if (python.status !== 0) {
    return skipped('half-space-trees against river', 'no Python with river; QUANTSTREAM_PYTHON names one');
  }
  const { version, rate } = JSON.parse(python.stdout);
  const { model } = await start('half-space-trees', { ...RIVER, range: [-5, 5] }, 3);
  const times = interleave({ ours: contestant(model, normalRows(10_000, 3), 5_000) }, repeats);
  return row({
    name: `half-space-trees ${RIVER.trees} × ${RIVER.depth}: rows scored and learned, 3 columns`,
    value: 5e6 / times.ours.min,
    unit: 'rows/s',
    baseline: { name: `river ${version}`, value: rate },
    spread: times.ours.spread,
  });
}

/** @param {{ repeats?: number, columns?: readonly number[] }} [options] rounds of each measurement; numbers of columns */
export async function run({ repeats = 5, columns = COLUMNS } = {}) {
  const report = [];
  for (const model of MODELS) for (const d of columns) report.push(await measure(model, d, repeats));
  report.push(await againstRiver(repeats));
  return report;
}

if (isMain(import.meta.url)) console.log(JSON.stringify({ machine: machine(), rows: await run() }, null, 2));
