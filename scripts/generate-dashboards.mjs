// node scripts/generate-dashboards.mjs [--check]
// Writes the dashboards of grafana/dashboards, derived from the shipped pipelines and the declarations of their plugins. With --check it writes
// nothing and fails when one is stale. For a pipeline of your own: engine dashboard.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { planPipeline } from '../engine/dist/spec/plan.js';
import { engineDashboard, pipelineDashboard, shownOf } from '../plugins/sink-timescale/dist/dashboard/index.js';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { values } = parseArgs({ options: { check: { type: 'boolean' } } });

/** What people of a domain want to see, by the kind of row: no declaration says it yet. */
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

/** The dashboard of a shipped pipeline. */
async function ofPipeline(file, uid, title) {
  const plan = await planPipeline(join(root, 'pipelines', file), { dataRoot: root });
  const { config } = plan.sinks.find(({ plugin }) => plugin.name === 'timescale');
  return pipelineDashboard(shownOf(plan.schema, config), { uid, title, ...HINTS[plan.schema.row.kind] });
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

const folder = join(root, 'grafana', 'dashboards');
write(join(folder, 'market.json'), await ofPipeline('btc-stack.yaml', 'quantstream-market', 'QuantStream: market'));
write(join(folder, 'flight.json'), await ofPipeline('uav.yaml', 'quantstream-flight', 'QuantStream: flight'));
write(join(folder, 'engine.json'), engineDashboard());
if (stale.length > 0) {
  console.error(`stale: ${stale.join(', ')}; run node scripts/generate-dashboards.mjs and commit what it writes`);
  process.exitCode = 1;
}
