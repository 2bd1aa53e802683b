// Writes the Grafana dashboards, derived from pipeline files and the declarations of their plugins.
//   node scripts/generate-dashboards.mjs [--check]                          those of grafana/dashboards; --check: fails when one is stale
//   node scripts/generate-dashboards.mjs --pipeline FILE [--out FILE]       one for a pipeline of your own
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { planPipeline } from '../engine/dist/spec/plan.js';
import { engineDashboard, pipelineDashboard } from '../grafana/dist/index.js';
import { tablesOf } from '../plugins/sink-timescale/dist/tables/tables.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { values } = parseArgs({
  options: { check: { type: 'boolean' }, pipeline: { type: 'string' }, out: { type: 'string' } },
});

/** What people of a domain want to see, by the kind of row: no declaration can know it. */
const HINTS = {
  bar: {
    candle: { open: 'open', high: 'high', low: 'low', close: 'close', volume: 'volume' },
    sums: ['volume', 'trades'],
    tags: ['market'],
  },
  telemetry: {
    place: { latitude: 'latitude', longitude: 'longitude' },
    columns: [
      ...['altitude', 'ground_speed', 'phase', 'voltage', 'current', 'sag', 'resting_voltage', 'charge_gap', 'endurance_margin'],
      ...['vibration', 'clip_rate', 'accel_disagreement', 'ekf_velocity', 'ekf_position', 'ekf_height', 'ekf_compass'],
      ...[
        'satellites',
        'gps_offset',
        'gps_drift',
        'baro_gap',
        'heading_gap',
        'attitude_error',
        'motor_imbalance',
        'airspeed_gap',
      ],
      ...['link_age', 'loss_rate', 'fence_distance', 'time_to_breach'],
    ],
    tags: ['uav'],
  },
};

async function shown(file) {
  const plan = await planPipeline(file, { dataRoot: root });
  const sink = plan.sinks.find(({ plugin }) => plugin.name === 'timescale');
  if (!sink) throw new Error(`${file} has no sink "timescale": there is no table to show`);
  const { observations, rows, anomalies, episodes, missing } = tablesOf(plan.schema, sink.config.store);
  const names = Object.fromEntries([...observations].map(([type, { name }]) => [type, name]));
  const tables = {
    rows: rows.name,
    anomalies: anomalies.name,
    episodes: episodes.name,
    missing: missing.name,
    observations: names,
  };
  return { schema: plan.schema, tables };
}

async function ofPipeline(file, uid, title) {
  const what = await shown(file);
  const { pipeline, row } = what.schema;
  return pipelineDashboard(what, {
    uid: uid ?? `quantstream-${pipeline}`.slice(0, 40),
    title: title ?? `QuantStream: ${pipeline}`,
    ...HINTS[row.kind],
  });
}

/** JSON as the linter of this repository wants it. */
function format(value) {
  const biome = join(root, 'node_modules', '@biomejs', 'biome', 'bin', 'biome');
  const { status, stdout, stderr, error } = spawnSync(
    process.execPath,
    [biome, 'format', '--stdin-file-path=grafana/dashboards/any.json'],
    { cwd: root, input: JSON.stringify(value, null, 2), encoding: 'utf8', maxBuffer: 16 * 1024 * 1024 },
  );
  if (status !== 0) throw new Error(`the dashboard cannot be formatted: ${error?.message ?? stderr}`);
  return stdout;
}

const stale = [];
function write(path, dashboard) {
  const text = format(dashboard);
  const before = existsSync(path) ? readFileSync(path, 'utf8').replaceAll('\r\n', '\n') : undefined;
  if (before === text) return;
  if (values.check) stale.push(path);
  else {
    writeFileSync(path, text);
    console.log(`wrote ${path}`);
  }
}

if (values.pipeline !== undefined) {
  const dashboard = await ofPipeline(resolve(values.pipeline));
  if (values.out === undefined) console.log(JSON.stringify(dashboard, null, 2));
  else write(resolve(values.out), dashboard);
} else {
  const folder = join(root, 'grafana', 'dashboards');
  const market = await ofPipeline(join(root, 'pipelines', 'btc-stack.yaml'), 'quantstream-market', 'QuantStream: market');
  write(join(folder, 'market.json'), market);
  write(
    join(folder, 'flight.json'),
    await ofPipeline(join(root, 'pipelines', 'uav.yaml'), 'quantstream-flight', 'QuantStream: flight'),
  );
  write(join(folder, 'engine.json'), engineDashboard());
}
if (stale.length > 0) {
  console.error(`stale: ${stale.join(', ')}; run node scripts/generate-dashboards.mjs and commit what it writes`);
  process.exitCode = 1;
}
