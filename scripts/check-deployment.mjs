// node scripts/check-deployment.mjs [SECONDS]
// Asks a stack that `docker compose up` started on this machine whether it works, from the outside: bars of the last minute are in the
// database, Prometheus reaches every engine that runs and the broker, Grafana lets in whom .env names and reaches both of its sources.
// Asks again for as long as SECONDS (180 unless given). Returns 0 when all is well, else 1 and what is not.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..');
const seconds = Number(process.argv[2] ?? 180);
if (!(seconds > 0)) {
  console.error('Give a number of seconds, or nothing: node scripts/check-deployment.mjs 180');
  process.exit(1);
}

/** The services that have metrics. */
const WATCHED = ['ingest', 'detect', 'uav', 'redpanda'];

/** A variable as Compose sees it: from the environment, else from .env. */
function variable(name) {
  const file = join(ROOT, '.env');
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  return process.env[name] ?? text.match(new RegExp(`^${name}=(.*)$`, 'm'))?.[1].trim();
}

function compose(...args) {
  const { status, stdout, stderr, error } = spawnSync('docker', ['compose', ...args], {
    cwd: ROOT,
    encoding: 'utf8',
    timeout: 30_000,
  });
  if (status !== 0)
    throw new Error(error?.message ?? (stderr.trim().split('\n').at(-1) || `docker compose ended with ${status}`));
  return stdout.trim();
}

async function json(url, headers = {}) {
  const answer = await fetch(url, { headers, signal: AbortSignal.timeout(10_000) });
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}: ${(await answer.text()).slice(0, 200)}`);
  return answer.json();
}

const grafana = (path) => {
  const login = Buffer.from(`admin:${variable('GF_PASSWORD')}`).toString('base64');
  return json(`http://127.0.0.1:3000${path}`, { authorization: `Basic ${login}` });
};

/** What must hold, by name. Each returns what it found, or throws. */
const checks = {
  'bars of the last minute': () => {
    const query = "SELECT count(*) FROM bars WHERE time > now() - interval '1 minute'";
    const psql = ['psql', '--username=quantstream', '--no-align', '--tuples-only', '--command', query];
    const count = Number(compose('exec', '--no-TTY', 'timescaledb', ...psql));
    if (!(count > 0)) throw new Error('there is none');
    return `${count}`;
  },
  'targets of Prometheus': async () => {
    const { data } = await json('http://127.0.0.1:9090/api/v1/targets?state=active');
    // What is not found is no target, and would be missed by looking at targets alone.
    const seen = data.activeTargets.map(({ labels }) => labels.instance.split(':')[0]);
    const running = compose('ps', '--services', '--status', 'running').split('\n');
    const unseen = WATCHED.filter((name) => running.includes(name) && !seen.includes(name));
    if (unseen.length > 0) throw new Error(`does not know of ${unseen.join(', ')}, which runs`);
    const down = data.activeTargets.filter(({ health }) => health !== 'up');
    if (down.length > 0)
      throw new Error(down.map(({ scrapeUrl, lastError }) => `${scrapeUrl}: ${lastError || 'not asked yet'}`).join('; '));
    return `${data.activeTargets.length} up`;
  },
  'database of Grafana': async () => (await grafana('/api/datasources/uid/quantstream-database/health')).message,
  'metrics of Grafana': async () => (await grafana('/api/datasources/uid/quantstream-prometheus/health')).message,
  'dashboard of Grafana': async () => (await grafana('/api/dashboards/uid/quantstream-market')).dashboard.title,
};

const end = Date.now() + seconds * 1_000;
let failed = 0;
for (const [name, check] of Object.entries(checks)) {
  for (;;) {
    try {
      console.log(`ok    ${name}: ${await check()}`);
      break;
    } catch (error) {
      if (Date.now() < end) {
        await sleep(2_000);
        continue;
      }
      console.error(`FAILS ${name}: ${error.cause?.message ?? error.message}`);
      failed++;
      break;
    }
  }
}
process.exitCode = failed === 0 ? 0 : 1;
