// npm run demo [-- --for 60s] [-- --resume]: the BTC pipeline on the simulated exchange and the embedded database, from a clean start.
// What follows is handed to the engine; --resume goes on where the last demo stopped instead.
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const data = resolve(process.env.QUANTSTREAM_DATA ?? join(root, 'data'));
const args = process.argv.slice(2).filter((argument) => argument !== '--resume');
if (!process.argv.includes('--resume')) rmSync(join(data, 'btc-demo'), { recursive: true, force: true });

console.error(`
QuantStream demo: a simulated exchange → 1 s bars → [RSI-14, volatility-20, volume change] → Isolation Forest → embedded PostgreSQL
Two simulated hours rush by and train the model, then it goes on in real time. Ctrl-C ends it in good order.

While it runs:
  psql postgresql://postgres@127.0.0.1:54329/postgres -c "SELECT time, key, score, reason FROM anomalies ORDER BY time DESC LIMIT 10"
  http://127.0.0.1:9464/metrics and http://127.0.0.1:9464/ready
  what was really injected: ${join(data, 'btc-demo', 'labels.jsonl')}
After it: npm run engine -- serve --pipeline pipelines/btc-demo.yaml opens the same database again.
  docs/pipeline-file.md explains every key of pipelines/btc-demo.yaml; npm run engine -- --help shows the commands.
`);

const cli = join(root, 'engine', 'dist', 'cli', 'main.js');
const pipeline = join(root, 'pipelines', 'btc-demo.yaml');
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
