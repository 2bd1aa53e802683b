// npm run test:faults [-- --rounds N] [--out FILE] [PATTERN…]
// Whole systems that are killed, stopped and cut off, with a real Kafka and a real PostgreSQL, and what they have stored compared row for
// row with an uninterrupted run. Prints what was shown, and writes it as JSON. Returns 1 when a test fails, or when there are no servers.
// Whole systems come one after the other, since they measure; the parts, which mostly wait, some at once.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { machine } from '../bench/lib.mjs';
import { runCommand } from './lib/command.mjs';
import { KafkaBroker } from './lib/kafka.mjs';
import { PostgresServer } from './lib/postgres.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { rounds: { type: 'string', default: '1' }, out: { type: 'string' } },
});
const rounds = Number(values.rounds);
if (!Number.isInteger(rounds) || rounds < 1) {
  console.error(`--rounds is how many times as long as usual it runs, a whole number from 1 on, not "${values.rounds}".`);
  process.exit(1);
}
const SYSTEMS = ['test/faults'];
// Besides: what is shown faster with a part of one.
const PARTS = [
  'test/state-follows.test.ts',
  'engine/test/kafka',
  'engine/src/adapters/kafka',
  'engine/test/taken-over.test.ts',
  'engine/src/adapters/file-checkpoints',
  'plugins/store-postgres',
  'plugins/sink-timescale/test/faults.test.ts',
  'plugins/sink-timescale/test/pooler.test.ts',
];

const folder = mkdtempSync(join(tmpdir(), 'quantstream-faults-'));
const figures = join(folder, 'figures.jsonl');
const servers = [];
try {
  for (const Server of [PostgresServer, KafkaBroker]) servers.push(await Server.create());
  const [postgres, broker] = servers;
  const environment = {
    QUANTSTREAM_TEST_POSTGRES: postgres.url,
    QUANTSTREAM_TEST_KAFKA: broker.address,
    QUANTSTREAM_FAULTS_ROUNDS: String(rounds),
    QUANTSTREAM_FAULTS_FIGURES: figures,
  };
  const run = (...which) => runCommand(['npx', 'vitest', 'run', ...which], environment);
  if (positionals.length > 0)
    process.exitCode = await run('--no-file-parallelism', '--project', 'faults', '--project', 'quick', ...positionals);
  else {
    const parts = await run('--project', 'quick', ...PARTS);
    // Counted beside the others, not in their place.
    if (process.env.VITEST_JSON) environment.VITEST_JSON = process.env.VITEST_JSON.replace(/\.json$/, '-systems.json');
    process.exitCode = (await run('--no-file-parallelism', '--project', 'faults', ...SYSTEMS)) || parts;
  }
  report(readShown());
} catch (error) {
  console.error(`The tests of faults need a Kafka and a PostgreSQL of their own. ${error.message}`);
  process.exitCode = 1;
} finally {
  for (const server of servers) await server.dispose();
  rmSync(folder, { recursive: true, force: true });
}

function readShown() {
  try {
    return readFileSync(figures, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  } catch {
    return [];
  }
}

function report(shown) {
  const lines = shown.flatMap(({ what, figures }) => [
    '',
    what,
    ...Object.entries(figures).map(([name, value]) => `  ${name.padEnd(28)} ${value.toLocaleString('en').padStart(14)}`),
  ]);
  console.log(lines.join('\n'));
  if (values.out) {
    const date = new Date().toISOString().slice(0, 10);
    writeFileSync(values.out, `${JSON.stringify({ machine: machine(), date, rounds, shown }, null, 2)}\n`);
  }
}
