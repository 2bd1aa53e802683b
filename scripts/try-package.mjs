/**
 * Packs the engine and some plugins, installs them into an empty project as a user would, without our lock file, and runs a pipeline on a
 * csv there. npm may not warn of anything.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PACKED = ['engine', 'plugins/source-file', 'plugins/features-window', 'plugins/model-tails', 'plugins/sink-file'];
const PIPELINE = {
  name: 'packed',
  source: { use: 'file', with: { path: './levels.csv', time: 'time', timeUnit: 's', key: 'key', values: ['level'] } },
  features: { use: 'window', with: { columns: ['level'] } },
  models: { tails: { use: 'tails', columns: ['level'] } },
  alarms: { perDay: 1 },
  sinks: { rows: { use: 'file', with: { path: './rows.jsonl', write: ['verdicts'] } } },
};

const folder = mkdtempSync(join(tmpdir(), 'quantstream-package-'));

function run(command, args, cwd) {
  const environment = { ...process.env, QUANTSTREAM_DATA: join(folder, 'data') };
  // On Windows npm is a script of the shell, which parts words at spaces.
  const words = process.platform === 'win32' ? args.map((word) => `"${word}"`) : args;
  const ended = spawnSync(command, words, { cwd, env: environment, encoding: 'utf8', shell: process.platform === 'win32' });
  if (ended.status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${ended.status}:\n${ended.stderr}`);
  return ended;
}

try {
  run('npm', ['pack', '--silent', '--pack-destination', folder, ...PACKED.flatMap((one) => ['--workspace', one])], ROOT);
  const archives = readdirSync(folder).map((name) => `./${name}`);
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'somebody', private: true, type: 'module' }));
  const warnings = run('npm', ['install', '--no-audit', '--no-fund', ...archives], folder)
    .stderr.split('\n')
    .filter((line) => /warn/i.test(line));
  if (warnings.length > 0) throw new Error(`npm warns of what was packed:\n${warnings.join('\n')}`);
  writeFileSync(
    join(folder, 'levels.csv'),
    `time,key,level\n${Array.from({ length: 50 }, (_, i) => `${i},tank,${i % 7}\n`).join('')}`,
  );
  // A pipeline file may be JSON: that is YAML as well.
  writeFileSync(join(folder, 'packed.yaml'), JSON.stringify(PIPELINE));
  run('npx', ['engine', '--lenient', '--pipeline', 'packed.yaml'], folder);
  const rows = readFileSync(join(folder, 'rows.jsonl'), 'utf8').trim().split('\n').length;
  if (rows !== 50) throw new Error(`the packed engine judged ${rows} of 50 rows`);
  const packages = readdirSync(join(folder, 'node_modules')).filter((name) => !name.startsWith('.'));
  process.stdout.write(`installed without a warning, with ${packages.join(', ')}; a pipeline of 50 rows ran\n`);
} finally {
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
