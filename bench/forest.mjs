/**
 * The Isolation Forest against three others on the same 10,000 seeded rows of 3 columns, 100 trees of 256: a forest of node
 * objects as one would first write it, the npm package `isolation-forest`, and scikit-learn where Python has it. With the shared
 * data also the accuracy against npm's. `node bench/forest.mjs` prints JSON; build first.
 */
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { averagePathLength, depthLimit, growForest } from '../plugins/model-isolation-forest/dist/forest.js';
import { makeScorer } from '../plugins/model-isolation-forest/dist/score.js';
import { areaUnderCurve, readLabelled } from './labelled.mjs';
import { gaussian, interleave, isMain, machine, random, row, shared, skipped, time } from './lib.mjs';

const TREES = 100;
const SAMPLE = 256;
const ROWS = 10_000;
const COLUMNS = 3;
const settings = { trees: TREES, sampleSize: SAMPLE, seed: 42, stream: 1 };

/** The forest as one would first write it: nodes as objects, recursion, rows as arrays. */
function naiveForest(rows, uniform) {
  const limit = depthLimit(SAMPLE);
  function grow(part, depth) {
    if (part.length <= 1 || depth >= limit) return { length: depth + averagePathLength(part.length) };
    const column = Math.floor(uniform() * COLUMNS);
    const values = part.map((r) => r[column]);
    const min = Math.min(...values);
    const max = Math.max(...values);
    if (min === max) return { length: depth + averagePathLength(part.length) };
    const threshold = min + uniform() * (max - min);
    const left = part.filter((r) => r[column] <= threshold);
    const right = part.filter((r) => r[column] > threshold);
    return { column, threshold, left: grow(left, depth + 1), right: grow(right, depth + 1) };
  }
  const trees = Array.from({ length: TREES }, () => {
    const sample = new Set();
    while (sample.size < SAMPLE) sample.add(rows[Math.floor(uniform() * rows.length)]);
    return grow([...sample], 0);
  });
  const walk = (node, r) =>
    node.length !== undefined ? node.length : walk(r[node.column] <= node.threshold ? node.left : node.right, r);
  const normal = TREES * averagePathLength(SAMPLE);
  return { score: (r) => 2 ** (-trees.reduce((sum, tree) => sum + walk(tree, r), 0) / normal) };
}

/** The npm package, or undefined where it is not installed. It takes objects, and has no seed. */
function npmForest() {
  try {
    return createRequire(new URL('../plugins/model-isolation-forest/package.json', import.meta.url))('isolation-forest')
      .IsolationForest;
  } catch {
    return undefined;
  }
}

const PYTHON = `
import json, time, numpy as np, sklearn
from sklearn.ensemble import IsolationForest
X = np.random.default_rng(1).normal(size=(${ROWS}, ${COLUMNS}))
def best(run, repeats):
    times = []
    for _ in range(repeats):
        begin = time.perf_counter(); run(); times.append(time.perf_counter() - begin)
    return min(times)
make = lambda: IsolationForest(n_estimators=${TREES}, max_samples=${SAMPLE}, random_state=42, n_jobs=1).fit(X)
forest = make()
print(json.dumps({"version": sklearn.__version__, "fit": best(make, 5) * 1000, "single": 1 / best(lambda: forest.score_samples(X[:1]), 20),
                  "batch": ${ROWS} / best(lambda: forest.score_samples(X), 5)}))
`;

function sklearn() {
  const python = process.env.QUANTSTREAM_PYTHON ?? 'python3';
  const { status, stdout } = spawnSync(python, ['-c', PYTHON], {
    encoding: 'utf8',
    env: { ...process.env, OMP_NUM_THREADS: '1' },
  });
  return status === 0 ? JSON.parse(stdout) : undefined;
}

function speed(repeats) {
  const normal = gaussian(1);
  const values = Float64Array.from({ length: ROWS * COLUMNS }, () => normal());
  const rows = Array.from({ length: ROWS }, (_, i) => values.slice(i * COLUMNS, (i + 1) * COLUMNS));
  const objects = rows.map(([a, b, c]) => ({ a, b, c }));
  const Npm = npmForest();

  const fits = interleave(
    { ours: () => growForest(values, ROWS, COLUMNS, settings), naive: () => naiveForest(rows, random(42)) },
    repeats,
  );
  const { score } = makeScorer(growForest(values, ROWS, COLUMNS, settings));
  const naive = naiveForest(rows, random(42));
  let sink = 0;
  const scores = interleave(
    {
      ours: () => {
        for (const r of rows) sink += score(r);
      },
      naive: () => {
        for (let i = 0; i < 1_000; i++) sink += naive.score(rows[i]);
      },
    },
    repeats,
  );
  if (!(sink > 0)) throw new Error('scores must be positive');
  const fitMs = fits.ours.min;
  const perSecond = (ROWS / scores.ours.min) * 1_000;
  const report = [
    row({
      name: 'forest: single rows scored',
      value: perSecond,
      unit: 'rows/s',
      baseline: { name: 'naive object nodes', value: 1e6 / scores.naive.min },
      spread: scores.ours.spread,
    }),
    row({
      name: 'forest: fit',
      value: fitMs,
      unit: 'ms',
      baseline: { name: 'naive object nodes', value: fits.naive.min },
      lowerIsBetter: true,
      spread: fits.ours.spread,
    }),
  ];
  if (Npm) {
    const forest = new Npm(TREES, SAMPLE);
    const fit = time(() => forest.fit(objects));
    const some = objects.slice(0, 500);
    const { predict } = interleave({ predict: () => forest.predict(some) }, 3);
    report.push(
      row({
        name: 'forest: single rows scored',
        value: perSecond,
        unit: 'rows/s',
        baseline: { name: 'npm isolation-forest 0.0.9', value: 5e5 / predict.min },
      }),
      row({
        name: 'forest: fit',
        value: fitMs,
        unit: 'ms',
        baseline: { name: 'npm isolation-forest 0.0.9', value: fit },
        lowerIsBetter: true,
      }),
    );
  } else report.push(skipped('forest against npm isolation-forest', 'the package is not installed'));
  const python = sklearn();
  if (python) {
    const name = `scikit-learn ${python.version}`;
    report.push(
      row({
        name: 'forest: single rows scored',
        value: perSecond,
        unit: 'rows/s',
        baseline: { name: `${name}, one row a call`, value: python.single },
      }),
      row({
        name: 'forest: single rows scored',
        value: perSecond,
        unit: 'rows/s',
        baseline: { name: `${name}, batches of ${ROWS}`, value: python.batch },
      }),
      row({ name: 'forest: fit', value: fitMs, unit: 'ms', baseline: { name, value: python.fit }, lowerIsBetter: true }),
    );
  } else report.push(skipped('forest against scikit-learn', 'no Python with scikit-learn; QUANTSTREAM_PYTHON names one'));
  return report;
}

function accuracy(set, fits) {
  const path = shared(`benchmark/${set}.csv.gz`);
  const Npm = npmForest();
  if (!path || !Npm)
    return skipped(`forest: AUROC on ${set}`, path ? 'the npm package is not installed' : '../shared/data is absent');
  const { rows, labels } = readLabelled(path);
  const columns = rows[0].length;
  const values = Float64Array.from({ length: rows.length * columns }, (_, i) => rows[Math.floor(i / columns)][i % columns]);
  const objects = rows.map((r) => Object.fromEntries(Array.from(r, (x, c) => [`f${c}`, x])));
  let ours = 0;
  let theirs = 0;
  for (let seed = 0; seed < fits; seed++) {
    const { score } = makeScorer(growForest(values, rows.length, columns, { ...settings, seed }));
    ours += areaUnderCurve(rows.map(score), labels) / fits;
    const forest = new Npm(TREES, SAMPLE);
    forest.fit(objects);
    theirs += areaUnderCurve(forest.predict(objects), labels) / fits;
  }
  return row({
    name: `forest: AUROC on ${set}, mean of ${fits} fits`,
    value: ours,
    unit: '1',
    baseline: { name: 'npm isolation-forest 0.0.9', value: theirs },
  });
}

/** @param {{ repeats?: number, fits?: number }} [options] rounds of each measurement; fits for the accuracy (0: none) */
export async function run({ repeats = 9, fits = 3 } = {}) {
  const report = speed(repeats);
  if (fits > 0) for (const set of ['annthyroid', 'mammography']) report.push(accuracy(set, fits));
  return report;
}

if (isMain(import.meta.url)) console.log(JSON.stringify({ machine: machine(), rows: await run() }, null, 2));
