// npm run bench [-- --quick] [--out FILE] [--write]: a table on standard error, JSON on standard output (or in FILE).
// --write puts the table into docs/benchmarks.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { run as detectors } from './detectors.mjs';
import { run as followed } from './followed.mjs';
import { run as forest } from './forest.mjs';
import { run as halves } from './halves.mjs';
import { machine } from './lib.mjs';
import { run as mavlink } from './mavlink.mjs';
import { run as mqtt } from './mqtt.mjs';
import { run as page } from './page.mjs';
import { run as pipeline } from './pipeline.mjs';
import { run as push } from './push.mjs';
import { run as topics } from './topics.mjs';
import { run as unnamed } from './unnamed.mjs';

const option = (name) => process.argv.includes(name);
const value = (name) => (option(name) ? process.argv[process.argv.indexOf(name) + 1] : undefined);

const quick = option('--quick');
const rows = [
  ...(await pipeline(quick ? { repeats: 1, trades: 100_000, part: 0.1 } : {})),
  ...(await halves(quick ? { repeats: 1, observations: 200_000, takeovers: 1 } : {})),
  ...(await followed(quick ? { repeats: 1, lines: 200_000 } : {})),
  ...(await forest(quick ? { repeats: 1, fits: 1 } : {})),
  ...(await mavlink(quick ? { repeats: 1, minutes: 5, live: 3 } : {})),
  ...(await topics(quick ? { count: 100_000 } : {})),
  ...(await mqtt(quick ? { count: 10_000 } : {})),
  ...(await push(quick ? { scrapes: 20, at: 10 } : {})),
  ...(await page(quick ? { window: 5, rounds: 1 } : {})),
  ...(await unnamed(quick ? { rows: 100_000, keys: 100, repeats: 1 } : {})),
  ...(await detectors(quick ? { repeats: 1, columns: [3, 10] } : {})),
];
const report = { machine: machine(), date: new Date().toISOString().slice(0, 10), rows };

const number = (x) => (x >= 1_000 ? Math.round(x).toLocaleString('en') : String(x));
const lines = rows.map((row) =>
  row.skipped
    ? `| ${row.name} | skipped: ${row.skipped} | | | |`
    : `| ${row.name} | ${number(row.value)} ${row.unit} | ${row.baseline ? `${row.baseline.name}: ${number(row.baseline.value)}` : ''} | ${row.ratio === undefined ? '' : `${row.ratio}×`} | ${[...(row.target === undefined ? [] : [number(row.target)]), ...(row.bytesPerKey === undefined ? [] : [`${number(row.bytesPerKey)} bytes a key`])].join('; ')} |`,
);
const table = [
  '| what | measured | baseline in the same run | better by | to reach |',
  '| --- | ---: | --- | ---: | ---: |',
  ...lines,
].join('\n');
console.error(table);

const json = `${JSON.stringify(report, null, 2)}\n`;
const out = value('--out');
if (out) writeFileSync(out, json);
else process.stdout.write(json);

if (option('--write')) {
  const file = fileURLToPath(new URL('../docs/benchmarks.md', import.meta.url));
  const { node, cpu, cores } = report.machine;
  const head = `Measured on ${report.date} with Node ${node} on ${cores} shared cores of ${cpu}.`;
  const page = readFileSync(file, 'utf8').replace(
    /(<!-- table -->\n)[\s\S]*?(<!-- \/table -->)/,
    (_, open, close) => `${open}${head}\n\n${table}\n${close}`,
  );
  writeFileSync(file, page);
}
