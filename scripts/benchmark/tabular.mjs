/**
 * How well models tell the classes of labelled rows apart, each row scored and then learned, in orders shuffled by seeds.
 *   node scripts/benchmark/tabular.mjs --data FOLDER [--seeds 3] [--model NAME]… [--set NAME]…
 * prints JSON: by set and model the mean AUROC of the rows that were judged, and the share of them. Build first.
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { areaUnderCurve, readLabelled } from '../../bench/labelled.mjs';
import { random } from '../../bench/lib.mjs';

/** As their tests of accuracy have them: columns that a model wants scaled are scaled by all of their rows. */
const MODELS = {
  'isolation-forest': { with: (_, seed) => ({ seed, warmUp: 256, refitEvery: 1_000 }) },
  'random-cut-forest': { with: (_, seed) => ({ seed, warmUp: 64 }), scale: standardised },
  'half-space-trees': { with: (_, seed) => ({ seed, warmUp: 250, range: [0, 1] }), scale: toUnit },
  mahalanobis: { with: (rows) => ({ warmUp: Math.min(500, rows >> 2) }) },
  tails: { with: (rows) => ({ warmUp: Math.max(200, Math.min(1_000, rows >> 2)) }) },
  clusters: { with: (rows) => ({ warmUp: Math.min(1_000, rows >> 2) }) },
  subspace: { with: (rows) => ({ warmUp: Math.min(1_000, rows >> 2) }) },
};
/** Rows above which one shuffle must do. */
const MANY = 20_000;

function standardised(column) {
  const mean = column.reduce((a, b) => a + b, 0) / column.length;
  const deviation = Math.sqrt(column.reduce((sum, value) => sum + (value - mean) ** 2, 0) / column.length) || 1;
  return (value) => (value - mean) / deviation;
}

function toUnit(column) {
  const low = column.reduce((a, b) => Math.min(a, b));
  const length = column.reduce((a, b) => Math.max(a, b)) - low || 1;
  return (value) => (value - low) / length;
}

function shuffled(count, seed) {
  const uniform = random(seed);
  const order = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(uniform() * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

/** @returns AUROC and share judged of one shuffle */
function measure(plugin, raw, rows, labels, seed) {
  const columns = rows[0].length;
  const settings = plugin.config.parse(raw);
  const described = Array.from({ length: columns }, (_, i) => ({ name: `f${i}`, unit: '1' }));
  const model = plugin.create(settings, plugin.initialState(settings, columns), { columns: described });
  const order = shuffled(rows.length, seed);
  const scores = order.map((i, time) => {
    const score = model.score(rows[i], time);
    model.learn(rows[i], time, 1);
    return score;
  });
  const auroc = areaUnderCurve(
    scores,
    order.map((i) => labels[i]),
  );
  return { auroc, judged: scores.filter((score) => !Number.isNaN(score)).length / scores.length };
}

const { values: given } = parseArgs({
  options: {
    data: { type: 'string' },
    seeds: { type: 'string', default: '3' },
    model: { type: 'string', multiple: true, default: Object.keys(MODELS) },
    set: { type: 'string', multiple: true, default: ['breastw', 'pima', 'ionosphere', 'annthyroid', 'mammography', 'shuttle'] },
  },
});
if (given.data === undefined) throw new Error('expected --data FOLDER');
const found = {};
for (const set of given.set) {
  const { rows, labels } = readLabelled(join(given.data, `${set}.csv.gz`));
  const seeds = rows.length > MANY ? 1 : Number(given.seeds);
  found[set] = { rows: rows.length, columns: rows[0].length, seeds, models: {} };
  for (const name of given.model) {
    const { with: settings, scale } = MODELS[name];
    const { default: plugin } = await import(`../../plugins/model-${name}/dist/index.js`);
    const scales = scale && Array.from(rows[0], (_, c) => scale(Float64Array.from(rows, (row) => row[c])));
    const scaled = scales ? rows.map((row) => row.map((value, c) => scales[c](value))) : rows;
    const each = Array.from({ length: seeds }, (_, seed) => measure(plugin, settings(rows.length, seed), scaled, labels, seed));
    const mean = (of) => each.reduce((sum, one) => sum + of(one), 0) / seeds;
    found[set].models[name] = { auroc: mean(({ auroc }) => auroc), judged: mean(({ judged }) => judged) };
  }
}
console.log(JSON.stringify(found));
