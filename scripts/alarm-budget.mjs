// What `alarms.perDay` gives: clean days of the simulated exchange after a day of calibration, on several seeds and rates.
// node scripts/alarm-budget.mjs [PIPELINE] [--days 5] [--seeds 1,2,3] [--rates 5,0.3]; build first. JSON on standard output.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const option = (name, or) => (process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] : or);
const given = process.argv[2]?.endsWith('.yaml') ? process.argv[2] : undefined;
const pipeline = given ?? fileURLToPath(new URL('../pipelines/btc-surveillance.yaml', import.meta.url));
const days = Number(option('--days', '5'));
const cli = fileURLToPath(new URL('../engine/bin/engine.js', import.meta.url));

const rows = [];
for (const rate of option('--rates', '5,0.3').split(',').map(Number)) {
  for (const seed of option('--seeds', '1,2,3').split(',').map(Number)) {
    const simulator = {
      seed,
      start: '2024-08-01T00:00:00Z',
      duration: `${days}d`,
      realTime: false,
      tradesPerSecond: rate,
      anomaliesPerDay: 0,
    };
    const set = [
      'source.with.connect=simulator',
      'source.with.symbols=[BTCUSDT]',
      `source.with.simulator=${JSON.stringify({ history: null, labels: null, ...simulator })}`,
      'alarms.perDay=10',
      'alarms.calibration.atLeast=1d',
    ];
    const args = [cli, 'backtest', '-p', pipeline, '--json', ...set.flatMap((value) => ['--set', value])];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', maxBuffer: 1 << 28 });
    if (status !== 0) throw new Error(stderr);
    const { keys } = JSON.parse(stdout);
    const row = {
      rate,
      seed,
      judgedDays: Number(keys[0].days.toFixed(2)),
      rowsPerDay: Number(keys[0].anomaliesPerDay.toFixed(1)),
      episodesPerDay: Number(keys[0].episodesPerDay.toFixed(1)),
    };
    console.error(
      `${rate} trades/s, seed ${seed}: ${row.rowsPerDay} anomalous rows and ${row.episodesPerDay} episodes a day over ${row.judgedDays} days`,
    );
    rows.push(row);
  }
}
process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
