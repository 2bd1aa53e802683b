// Measures what pipelines find on variants of the simulated exchange, and prints the tables of docs/detection.md. Build first, then:
//   node scripts/markets.mjs [--group tuned|judged] [--only usual,thin] [--days 10] [--seeds 31] [--jobs 2] [--keep FOLDER]
//     [--pipelines btc-surveillance,without rules,btc] [--set models.rules=null …] [--file PATH]
// Those of `tuned` were looked at while the pipeline was made, those of `judged` once, with the result. The day before the measured ones is for
// learning. `--set` changes, and `--file` replaces, btc-surveillance.yaml alone. With `--keep` what was measured is kept, and not measured again.
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { measureAll, table } from './lib/measuring.mjs';

const GROUPS = {
  tuned: { variants: ['usual', 'no-bounce', 'thin', 'daily-volatility', 'round-lots'], seeds: [31] },
  judged: { variants: ['coarse-ticks', 'one-sided', 'opening-hours', 'clustered', 'wide-spread'], seeds: [1, 2] },
};
const DAY = 86_400_000;
const START = Date.parse('2024-08-01T00:00:00Z');
const RATES = [10, 1];
/** The same for all: how far behind its end an event can be found, and what separates two false episodes. */
const JUDGED = { rates: RATES, graceMs: 5_000, cooldownMs: 60_000 };
const root = resolve(import.meta.dirname, '..');
const SURVEILLANCE = 'btc-surveillance';
const WITHOUT = 'without rules';
const PLAIN = '\\|z\\| of the 1 s return';
/** What each detector is. The column of the plainest one is added to what btc.yaml computes; its model does not see it. */
const DETECTORS = {
  [SURVEILLANCE]: { file: SURVEILLANCE, set: [] },
  [WITHOUT]: { file: SURVEILLANCE, set: ['models.rules=null'] },
  btc: { file: 'btc', set: ['features.with.columns=[rsi_14, volatility_20, volume_change, log_return]'], z: 'log_return' },
};

/** Runs one detector over one simulated market. @returns what it finds, and |z| beside btc */
async function measure({ detector, variant, seed, days, set, path }, folder) {
  const { evaluatePipeline } = await import('../engine/dist/cli/commands/evaluate.js');
  const { evaluateSeries, parseLabels } = await import('../engine/dist/evaluate/index.js');
  const { file, set: own, z } = DETECTORS[detector];
  const labels = join(folder, 'labels.jsonl');
  const simulator = {
    ...{ seed, start: new Date(START).toISOString(), duration: `${days + 1}d`, realTime: false },
    ...{ tradesPerSecond: 5, anomaliesPerDay: 25, labels, ...(variant === 'usual' ? {} : { variant }) },
  };
  const { runs } = await evaluatePipeline({
    pipeline: path && file === SURVEILLANCE ? resolve(path) : join(root, 'pipelines', `${file}.yaml`),
    labels: [labels],
    against: [],
    set: ['source.with.connect=simulator', `source.with.simulator=${JSON.stringify(simulator)}`, ...own, ...set],
    quiet: [],
    ...JUDGED,
    ...(z ? { z } : {}),
  });
  const [run] = runs;
  const from = START + DAY;
  const after = run.series.map(({ key, times, scores, plain, alarms }) => {
    const first = times.findIndex((time) => time >= from);
    const cut = (values) => values.subarray(first);
    return { key, times: cut(times), scores: cut(scores), plain: cut(plain), alarms: cut(alarms) };
  });
  const events = parseLabels(readFileSync(labels, 'utf8'), labels).labels.filter((label) => label.from >= from);
  const episodes = run.episodes.filter(({ start }) => start >= from);
  const judge = (series, more = {}) => {
    const { points, kinds, configured, days: quiet } = evaluateSeries(series, events, { ...JUDGED, ...more });
    const { falsePerDay, recall } = configured ?? {};
    return { points, kinds, quiet, configured: { falsePerDay, recall }, events: events.length };
  };
  const found = { [detector]: judge(after, { episodes }) };
  if (z) found[PLAIN] = judge(after.map((series) => ({ ...series, scores: series.plain })));
  return { detector, variant, seed, days, seconds: run.seconds, found };
}

/** Where the result of a job is kept: another pipeline file is another job. */
const fileIn = (folder) => (job) => {
  const { detector, path } = job;
  const settings = JSON.stringify([job, path && detector !== 'btc' ? readFileSync(path, 'utf8') : '']);
  return join(folder, `${job.variant}-${job.seed}-${createHash('sha256').update(settings).digest('hex').slice(0, 12)}.json`);
};

const text = (shares) => shares.map((share) => (Number.isFinite(share) ? share.toFixed(2) : '–')).join(' / ');

/** Recall at each rate over the events of some results; of one kind, or of all. */
function recalls(results, name, kind) {
  const of = results.map(({ found }) => found[name]).filter(Boolean);
  const parts = kind ? of.map(({ kinds }) => kinds.find((one) => one.kind === kind)).filter(Boolean) : of;
  const events = parts.reduce((sum, one) => sum + one.events, 0);
  const found = (one, i) => (kind ? one.recall[i] * one.events : one.points[i].found);
  return { events, shares: RATES.map((_, i) => parts.reduce((sum, one) => sum + found(one, i), 0) / events) };
}

function report(results, variants, names) {
  const seeds = [...new Set(results.map(({ seed }) => seed))];
  const of = (variant) => results.filter((one) => one.variant === variant);
  const byVariant = variants.map((variant) => {
    const { events } = recalls(of(variant), names[0]);
    return [`\`${variant}\``, String(events), ...names.map((name) => text(recalls(of(variant), name).shares))];
  });
  const kinds = [
    ...new Set(results.flatMap(({ found }) => Object.values(found).flatMap((one) => one.kinds.map(({ kind }) => kind)))),
  ];
  const byKind = kinds.sort().map((kind) => {
    const cells = variants.map((variant) => text(recalls(of(variant), names[0], kind).shares));
    return [`\`${kind}\``, ...cells];
  });
  const configured = variants.map((variant) => {
    const all = of(variant)
      .map(({ found }) => found[names[0]]?.configured)
      .filter(Boolean);
    const mean = (pick) => (all.reduce((sum, one) => sum + pick(one), 0) / all.length).toFixed(2);
    return [`\`${variant}\``, mean((one) => one.falsePerDay), mean((one) => one.recall)];
  });
  return [
    table([`recall at 10 / at 1 a day, seeds ${seeds.join(', ')}`, 'events', ...names], byVariant),
    table([`${names[0]}, by kind`, ...variants], byKind),
    table([`${names[0]} as configured`, 'false episodes a day', 'recall'], configured),
  ].join('\n\n');
}

const { values } = parseArgs({
  options: {
    group: { type: 'string', default: 'tuned' },
    only: { type: 'string' },
    days: { type: 'string', default: '10' },
    seeds: { type: 'string' },
    pipelines: { type: 'string', default: Object.keys(DETECTORS).join(',') },
    jobs: { type: 'string', default: '2' },
    keep: { type: 'string' },
    set: { type: 'string', multiple: true, default: [] },
    file: { type: 'string' },
    job: { type: 'string' },
  },
});
const scratch = mkdtempSync(join(tmpdir(), 'markets-'));
try {
  if (values.job) {
    const { file, ...job } = JSON.parse(values.job);
    writeFileSync(file, JSON.stringify(await measure(job, scratch)));
  } else {
    const group = GROUPS[values.group];
    const variants = values.only?.split(',') ?? group.variants;
    const seeds = values.seeds?.split(',').map(Number) ?? group.seeds;
    const detectors = values.pipelines.split(',');
    const folder = resolve(values.keep ?? scratch);
    mkdirSync(folder, { recursive: true });
    const jobs = detectors.flatMap((detector) =>
      variants.flatMap((variant) =>
        seeds.map((seed) => ({
          ...{ detector, variant, seed, days: Number(values.days) },
          ...(detector === 'btc' ? { set: [] } : { set: values.set, path: values.file }),
        })),
      ),
    );
    const results = await measureAll(fileURLToPath(import.meta.url), jobs, fileIn(folder), Number(values.jobs));
    const names = [...detectors, ...(detectors.includes('btc') ? [PLAIN] : [])];
    process.stdout.write(`${report(results, variants, names)}\n`);
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
