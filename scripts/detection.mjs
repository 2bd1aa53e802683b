// Measures what pipelines find on the simulated exchange, whose anomalies are known, beside the plainest detector and chance, and prints
// the tables of docs/detection.md. Build first, then:
//   node scripts/detection.mjs [--days 20] [--seeds 1,2,3] [--trades 5] [--clean 1] [--jobs 2] [--keep FOLDER]
//     [--set models.rules=null …]
// The day before the measured ones is for learning and counts for nobody. `--clean` names seeds that run once more without anomalies.
// `--set` changes btc-surveillance.yaml alone. With `--keep` what was measured is kept in a folder, and not measured again. Twenty days of one seed take some six minutes of one core.
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { measureAll, table } from './lib/measuring.mjs';

const DAY = 86_400_000;
const START = Date.parse('2024-08-01T00:00:00Z');
const PER_DAY = 25;
const RATES = [10, 1];
/** The same for all: how far behind its end an event can be found, and what separates two false episodes. */
const JUDGED = { rates: RATES, graceMs: 5_000, cooldownMs: 60_000 };
const PIPELINES = ['btc', 'btc-surveillance'];
const root = resolve(import.meta.dirname, '..');

/** The column of the plainest detector is added to what btc.yaml computes; its model does not see it. */
const MORE = { btc: ['features.with.columns=[rsi_14, volatility_20, volume_change, log_return]'], 'btc-surveillance': [] };

/** Runs one pipeline over one simulated market. @returns what it and the baselines find */
async function measure({ pipeline, seed, days, trades, clean, set = [] }, folder) {
  const { evaluatePipeline } = await import('../engine/dist/cli/commands/evaluate.js');
  const { evaluateSeries, parseLabels, randomSeries } = await import('../engine/dist/evaluate/index.js');
  const labels = join(folder, 'labels.jsonl');
  const anomalies = clean ? { anomaliesPerDay: 0 } : { anomaliesPerDay: PER_DAY, labels };
  const duration = `${days + 1}d`;
  const simulator = {
    seed,
    start: new Date(START).toISOString(),
    duration,
    realTime: false,
    tradesPerSecond: trades,
    ...anomalies,
  };
  if (clean) writeFileSync(labels, '{"key":"BTCUSDT","kind":"none","from":0,"to":1}\n');
  const { runs } = await evaluatePipeline({
    pipeline: join(root, 'pipelines', `${pipeline}.yaml`),
    labels: [labels],
    against: [],
    set: ['source.with.connect=simulator', `source.with.simulator=${JSON.stringify(simulator)}`, ...MORE[pipeline], ...set],
    quiet: [],
    ...JUDGED,
    ...(pipeline === 'btc' ? { z: 'log_return' } : {}),
  });
  const [run] = runs;
  const from = START + DAY;
  const after = run.series.map(({ key, times, scores, plain, alarms }) => {
    const first = times.findIndex((time) => time >= from);
    return {
      key,
      times: times.subarray(first),
      scores: scores.subarray(first),
      plain: plain.subarray(first),
      alarms: alarms.subarray(first),
    };
  });
  const events = clean ? [] : parseLabels(readFileSync(labels, 'utf8'), labels).labels.filter((label) => label.from >= from);
  const episodes = run.episodes.filter(({ start }) => start >= from);
  const judge = (series, more = {}) => {
    const {
      points,
      kinds,
      days: quietDays,
      judged,
      configured,
      outcomes,
    } = evaluateSeries(series, events, { ...JUDGED, ...more });
    const peaks = outcomes.map(({ peakScore }) => peakScore);
    return { points, kinds, days: quietDays, judged, configured, events: events.length, peaks };
  };
  const found = { [pipeline]: judge(after, { episodes }) };
  if (pipeline === 'btc') {
    found['\\|z\\| of the 1 s return'] = judge(after.map((series) => ({ ...series, scores: series.plain })));
    found.random = judge(randomSeries(after));
  }
  // Thousands of episodes that no table shows.
  for (const one of Object.values(found)) if (one.configured) delete one.configured.list;
  return { pipeline, seed, days, trades, clean, seconds: run.seconds, found };
}

/** Where the result of a job is kept. */
const fileIn = (folder) => (job) => {
  const set = job.set?.length ? `-${createHash('sha256').update(job.set.join('\n')).digest('hex').slice(0, 12)}` : '';
  return join(folder, `${job.pipeline}-${job.seed}-${job.days}d-${job.trades}${job.clean ? '-clean' : ''}${set}.json`);
};

const percent = (share) => (Number.isFinite(share) ? share.toFixed(2) : '–');
const DETECTORS = ['btc-surveillance', 'btc', '\\|z\\| of the 1 s return', 'random'];

function recallTable(results, seeds) {
  const of = (name, seed) => results.find((one) => one.seed === seed && !one.clean && one.found[name])?.found[name];
  const rows = DETECTORS.map((name) => [
    name,
    ...seeds.map(
      (seed) =>
        of(name, seed)
          ?.points.map(({ recall }) => percent(recall))
          .join(' / ') ?? '–',
    ),
    RATES.map((_, i) => {
      const all = seeds.map((seed) => of(name, seed)).filter(Boolean);
      return percent(
        all.reduce((sum, { points }) => sum + points[i].found, 0) / all.reduce((sum, { events }) => sum + events, 0),
      );
    }).join(' / '),
  ]);
  return table(['recall at 10 / at 1 a day', ...seeds.map((seed) => `seed ${seed}`), 'all'], rows);
}

function kindTable(results) {
  const kinds = [
    ...new Set(results.flatMap(({ found }) => Object.values(found).flatMap((one) => one.kinds.map(({ kind }) => kind)))),
  ].sort();
  const share = (name, kind) => {
    const all = results
      .filter(({ clean, found }) => !clean && found[name])
      .map(({ found }) => found[name].kinds.find((one) => one.kind === kind))
      .filter(Boolean);
    const events = all.reduce((sum, one) => sum + one.events, 0);
    return {
      events,
      text: RATES.map((_, i) => percent(all.reduce((sum, one) => sum + one.recall[i] * one.events, 0) / events)).join(' / '),
    };
  };
  const rows = kinds.map((kind) => [
    `\`${kind}\``,
    String(share(DETECTORS[0], kind).events),
    ...DETECTORS.slice(0, 3).map((name) => share(name, kind).text),
  ]);
  return table(['kind', 'events', ...DETECTORS.slice(0, 3)], rows);
}

function configuredTable(results) {
  const rows = results
    .filter(({ found, pipeline }) => found[pipeline].configured)
    .sort((a, b) => a.pipeline.localeCompare(b.pipeline) || Number(a.clean) - Number(b.clean) || a.seed - b.seed)
    .map(({ pipeline, seed, clean, found, seconds }) => {
      const { configured, points } = found[pipeline];
      const threshold = (i) => (clean ? '–' : (points[i].medianDelay?.toFixed(1) ?? '–'));
      return [
        pipeline,
        `${seed}${clean ? ', without anomalies' : ''}`,
        configured.falsePerDay.toFixed(1),
        clean ? '–' : percent(configured.recall),
        clean ? '–' : percent(configured.precision),
        threshold(0),
        seconds.toFixed(0),
      ];
    });
  return table(
    ['as configured', 'seed', 'false episodes a day', 'recall', 'precision', 'delay at 10 a day (s)', 'run (s)'],
    rows,
  );
}

/** What the thresholds of a market without anomalies find in the same market with them. */
function transferTable(results) {
  const rows = results
    .filter(({ clean }) => clean)
    .map(({ seed, pipeline, found }) => {
      const own = results.find((one) => one.seed === seed && one.pipeline === pipeline && !one.clean)?.found[pipeline];
      const { points } = found[pipeline];
      const share = (threshold) => own && own.peaks.filter((peak) => peak !== null && peak > threshold).length / own.events;
      const pair = (list) => list.join(' / ');
      return [
        `seed ${seed}`,
        pair(points.map(({ threshold }) => threshold.toFixed(2))),
        pair(points.map(({ threshold }) => percent(share(threshold)))),
        pair(own?.points.map(({ threshold }) => threshold.toFixed(2)) ?? []),
        pair(own?.points.map(({ recall }) => percent(recall)) ?? []),
      ];
    });
  return table(['thresholds for 10 / 1 a day', 'from the clean run', 'recall', 'from the run itself', 'recall'], rows);
}

const { values } = parseArgs({
  options: {
    days: { type: 'string', default: '20' },
    seeds: { type: 'string', default: '1,2,3' },
    trades: { type: 'string', default: '5' },
    clean: { type: 'string', default: '' },
    jobs: { type: 'string', default: '2' },
    keep: { type: 'string' },
    set: { type: 'string', multiple: true, default: [] },
    job: { type: 'string' },
  },
});
const scratch = mkdtempSync(join(tmpdir(), 'detection-'));
try {
  if (values.job) {
    const { file, ...job } = JSON.parse(values.job);
    writeFileSync(file, JSON.stringify(await measure(job, scratch)));
  } else {
    const numbers = (text) => text.split(',').filter(Boolean).map(Number);
    const [days, trades] = [Number(values.days), Number(values.trades)];
    const folder = resolve(values.keep ?? scratch);
    mkdirSync(folder, { recursive: true });
    const jobs = numbers(values.seeds).flatMap((seed) =>
      PIPELINES.map((pipeline) => ({ pipeline, seed, days, trades, clean: false, set: pipeline === 'btc' ? [] : values.set })),
    );
    for (const seed of numbers(values.clean))
      jobs.push({ pipeline: 'btc-surveillance', seed, days, trades, clean: true, set: values.set });
    const results = await measureAll(fileURLToPath(import.meta.url), jobs, fileIn(folder), Number(values.jobs));
    process.stdout.write(
      `${[recallTable(results, numbers(values.seeds)), kindTable(results), configuredTable(results), transferTable(results)].join('\n\n')}\n`,
    );
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
