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

/** The dashboard of a shipped pipeline. */
async function ofPipeline(file, uid, title, tags) {
  const plan = await planPipeline(join(root, 'pipelines', file), { dataRoot: root });
  const { config } = plan.sinks.find(({ plugin }) => plugin.name === 'timescale');
  return pipelineDashboard(shownOf(plan.schema, config), { uid, title, tags });
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
write(join(folder, 'market.json'), await ofPipeline('btc-stack.yaml', 'quantstream-market', 'QuantStream: market', ['market']));
write(join(folder, 'flight.json'), await ofPipeline('uav.yaml', 'quantstream-flight', 'QuantStream: flight', ['uav']));
write(join(folder, 'hosts.json'), await ofPipeline('nodes.yaml', 'quantstream-hosts', 'QuantStream: hosts', ['hosts']));
write(join(folder, 'latency.json'), await ofPipeline('latency.yaml', 'quantstream-latency', 'QuantStream: latency', ['http']));
write(
  join(folder, 'kubernetes.json'),
  await ofPipeline('kubernetes.yaml', 'quantstream-kubernetes', 'QuantStream: Kubernetes', ['kubernetes']),
);
write(join(folder, 'sensors.json'), await ofPipeline('sensors.yaml', 'quantstream-sensors', 'QuantStream: sensors', ['sensors']));
write(join(folder, 'engine.json'), engineDashboard());
if (stale.length > 0) {
  console.error(`stale: ${stale.join(', ')}; run node scripts/generate-dashboards.mjs and commit what it writes`);
  process.exitCode = 1;
}
