// npm run demo, npm run demo:uav [-- --for 60s] [-- --resume]: a pipeline on its simulator and the embedded database, from a clean start.
// What follows is handed to the engine; --resume goes on where the last demo stopped instead.
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const [name = 'btc-demo', ...rest] = process.argv.slice(2);
const root = fileURLToPath(new URL('..', import.meta.url));
const data = resolve(process.env.QUANTSTREAM_DATA ?? join(root, 'data'));
const args = rest.filter((argument) => argument !== '--resume');
if (!rest.includes('--resume')) rmSync(join(data, name), { recursive: true, force: true });

const ABOUT = {
  'btc-demo': [
    `a simulated exchange → 1 s bars → [RSI-14, volatility-20, volume change] → Isolation Forest → embedded PostgreSQL
Two simulated hours rush by and train the model, then it goes on in real time.`,
    'SELECT time, key, score, reason FROM anomalies ORDER BY time DESC LIMIT 10',
    9464,
  ],
  'uav-demo': [
    `three simulated quadcopters over MAVLink → some seventy columns five times a second → limits and learned models → embedded PostgreSQL
They take off now; the first fault comes within 20 s, the next ones after a minute, and then about one a minute.`,
    'SELECT start, key, severity, reason FROM episodes ORDER BY start DESC LIMIT 10',
    9465,
  ],
};
const [what, query, port] = ABOUT[name];

console.error(`
QuantStream demo: ${what} Ctrl-C ends it in good order.

Look at it: http://127.0.0.1:${port}/

While it runs:
  psql "$(cat ${join(data, name, 'database.url')})" -c "${query}"
  http://127.0.0.1:${port}/metrics and http://127.0.0.1:${port}/ready
  what was really injected: ${join(data, name, 'labels.jsonl')}
After it: npx engine serve --pipeline pipelines/${name}.yaml opens the same database again.
  docs/pipeline-file.md explains every key of pipelines/${name}.yaml; npx engine --help shows the commands.
`);

const cli = join(root, 'engine', 'bin', 'engine.js');
const pipeline = join(root, 'pipelines', `${name}.yaml`);
const child = spawn(process.execPath, [cli, '--log-format', 'text', '--pipeline', pipeline, ...args], {
  stdio: 'inherit',
  env: { ...process.env, QUANTSTREAM_DATA: data },
});
// Ctrl-C reaches the engine by itself; this process waits for its good order.
process.on('SIGINT', () => {});
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('exit', (code) => {
  process.exitCode = code ?? 1;
});
