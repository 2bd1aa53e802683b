// Sets the simulated exchange beside real recordings, and writes docs/simulator.md. Build first, then:
//   node plugins/source-binance/scripts/anchor.mjs FOLDER-OF-RECORDINGS [--quick]
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import binance from '../dist/index.js';
import { ANOMALY_KINDS, SCALES } from '../dist/simulator/anomalies.js';
import { VARIANTS } from '../dist/simulator/variants/variants.js';
import { detect } from './detection.mjs';
import { statistics } from './statistics.mjs';

const shared = process.env.QUANTSTREAM_SHARED ?? resolve(import.meta.dirname, '../../../../shared');
const folder = process.argv.slice(2).find((argument) => !argument.startsWith('-')) ?? join(shared, 'data', 'binance');
const quick = process.argv.includes('--quick');
const scratch = mkdtempSync(join(tmpdir(), 'anchor-'));
const silent = { debug() {}, info() {}, warn() {}, error() {} };
const host = {
  pipeline: 'anchor',
  part: 'source',
  log: silent,
  clock: { now: () => Date.now(), sleep: async () => {} },
  resolvePath: (path) => resolve(scratch, path),
  drop(reason, detail) {
    throw new Error(`${reason}: ${detail}`);
  },
  progress() {},
};

async function eachTrade(config, visit) {
  const source = await binance.create(binance.config.parse(config), host);
  for await (const batch of source.read(null, new AbortController().signal)) for (const o of batch.observations) visit(o);
  await source.close();
}

async function measure(config) {
  const trades = [];
  await eachTrade(config, ({ time, values }) => {
    trades.push({ time, price: values.price, quantity: values.quantity, sell: values.buyer_is_maker });
  });
  return statistics(trades);
}

const clean = (tradesPerSecond, seed) => ({
  connect: 'simulator',
  stream: 'trade',
  simulator: { seed, start: '2024-08-08T08:00:00Z', duration: quick ? '2h' : '12h', tradesPerSecond, anomaliesPerDay: 0 },
});

/** A simulated feed with anomalies as closes of each second, without keeping its trades. */
async function labelled(seed, days) {
  const start = Date.parse('2024-08-08T00:00:00Z');
  const close = new Float64Array(days * 86_400);
  let last = 0;
  await eachTrade(
    {
      connect: 'simulator',
      stream: 'aggTrade',
      simulator: {
        seed,
        start: '2024-08-08',
        duration: `${days}d`,
        tradesPerSecond: 5,
        anomaliesPerDay: 24,
        labels: `${seed}.jsonl`,
      },
    },
    ({ time, values }) => {
      const second = Math.floor((time - start) / 1_000);
      while (last < second) {
        close[last + 1] = close[last];
        last++;
      }
      close[second] = values.price;
    },
  );
  // Before its first trade a market has no price; after its last it keeps it.
  const first = close.findIndex((price) => price > 0);
  close.fill(close[first], 0, first).fill(close[last], last);
  const labels = readFileSync(join(scratch, `${seed}.jsonl`), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  return { seconds: { first: start / 1_000, close }, labels };
}

const number = (value) => (Number.isNaN(value) ? '–' : String(Number(value.toPrecision(3))));

function statisticsTable(names, columns) {
  const rows = Object.keys(columns[0]).map((name) => {
    const [one, other, ...simulated] = columns.map((column) => column[name]);
    const recorded = [one, other].filter((value) => !Number.isNaN(value));
    const low = Math.min(...recorded);
    const high = Math.max(...recorded);
    // Inside what the recordings span there is nothing to say; outside, how many times beyond the nearer end.
    const ratios = simulated.map((value) => (value > high ? value / high : value < low ? low / value : 1));
    const worst = Math.max(...ratios);
    const verdict = !(worst <= 2) ? `**${number(worst)}×**` : worst === 1 ? 'inside' : `${number(worst)}×`;
    return `| ${[name, ...columns.map((column) => number(column[name])), verdict].join(' | ')} |`;
  });
  return [`| ${['statistic', ...names, 'off by'].join(' | ')} |`, `|---|${'---:|'.repeat(names.length + 1)}`, ...rows].join('\n');
}

function variantTable() {
  const rows = Object.entries(VARIANTS).map(([name, { about }]) => `| \`${name}\` | ${about} |`);
  return ['| `variant` | the market |', '|---|---|', ...rows].join('\n');
}

function detectionTable(kinds) {
  const total = { count: 0, found: 0 };
  const row = (name, { count, found }, about) => `| ${name} | ${about} | ${count} | ${Math.round((100 * found) / count)} % |`;
  const rows = ANOMALY_KINDS.map((kind) => {
    const tally = kinds.get(kind);
    total.count += tally.count;
    total.found += tally.found;
    const { about, magnitude, seconds } = SCALES[kind];
    return row(`\`${kind}\``, tally, `${about} (${magnitude.join(' to ')}), over ${seconds.join(' to ')} s`);
  });
  return ['| kind | magnitude | injected | found |', '|---|---|---:|---:|', ...rows, row('all', total, '')].join('\n');
}

const files = ['BTCUSDT-trades-20240808.csv.gz', 'btcusdt-trades-20260112.csv.gz'];
const recorded = [];
for (const file of files) recorded.push(await measure({ connect: `file:${join(folder, file)}`, stream: 'trade' }));
const simulated = [await measure(clean(30, 1)), await measure(clean(23, 2))];

const days = quick ? 5 : 6;
const tally = new Map();
const thresholds = [];
for (const seed of quick ? [1] : [1, 2, 3, 4]) {
  const { seconds, labels } = await labelled(seed, days);
  const { threshold, kinds } = detect(seconds, labels);
  thresholds.push(threshold);
  for (const [kind, { count, found }] of kinds) {
    const sum = tally.get(kind) ?? { count: 0, found: 0 };
    tally.set(kind, { count: sum.count + count, found: sum.found + found });
  }
}

const page = `# The simulated exchange

Try a market pipeline offline, with anomalies that you know.

\`connect: simulator\` runs a small exchange inside the process.
It writes the JSON text that Binance's streams send, and the text goes through the same parser as a recording, so a pipeline can be tried on a plane.
A seed and a start fix the whole feed: it depends neither on the batch size nor on the clock, and a checkpoint resumes it exactly.

## How it works

- **Arrivals.** Taker orders excite further orders on two time scales, milliseconds and seconds (a Hawkes process), and come more often when volatility is high and in the European and American afternoon (a daily rhythm that peaks at 15:00 UTC).
- **Prices.** A hidden price moves with a volatility that clusters on two scales (most of a minute, half an hour).
  Quotes are one tick apart and stand still until the hidden price has run away from them; then an order sweeps the book to where it is.
- **Sides.** Takers lean to one side for some twenty orders on end, and trade at the ask when they buy, at the bid when they sell.
- **Fills and sizes.** An order fills one resting order half the time and many in some cases (a power law).
  Sizes are a mixture of the smallest order allowed, round lots, and a wide log-normal.

## Beside real trades

Two recordings of BTCUSDT spot (10.8 minutes of 2024-08-08, a wild hour; 35.6 minutes of 2026-01-12, a calm one) and twelve clean simulated hours each at their rates.
"Off by" says how far the worse of the two simulations lies outside of what the two recordings span; bold is more than twice.

${statisticsTable([...files.map((file) => file.replace(/\D*(\d{8}).*/, 'recorded $1')), 'simulated, 30/s', 'simulated, 23/s'], [...recorded, ...simulated])}

What to keep in mind:

- The recordings are minutes long, so that their tails and autocorrelations are uncertain themselves; where the two lie far apart (sizes, gaps), "inside" says little.
- The simulated hours, 08:00 to 20:00 UTC, are the busier half of the day: hence more trades than the mean that was asked for.
- The recording of 2026 has stamps of microseconds; the simulation, like the recording of 2024, has milliseconds.
- An order fills at most 300 resting ones (a sweep 800), which keeps the dispersion of counts below the recorded one.
  |r| stays correlated for longer than recorded at lag 5, and sides forget a little sooner at lag 10.

## Variants

\`simulator.variant\` makes a market of another kind, so that a pipeline can be tried where something does not hold that the usual one takes for granted.
Each is the usual market with a few numbers changed; anomalies are injected in all of them, and only while there is trade.
What a pipeline finds in each: [detection](detection.md#markets-of-other-kinds).

${variantTable()}

## The injected anomalies

With \`anomaliesPerDay\` above 0 the feed has anomalies of six kinds, written to \`labels\` as JSON lines (\`{"key", "kind", "from", "to", "magnitude"}\`, times in ms since the epoch).
The two kinds that move the price are drawn twice as often as the others.
Magnitudes and lengths are drawn so that each doubling is as likely, hence from subtle to obvious.
\`found\` is the share that the plainest detector finds, so that a better one has room to show it: |z| of the one-second log return against an exponentially weighted variance of the seconds before (memory five minutes), above a threshold that gives ten false episodes a day (${thresholds.map(number).join(', ')}), between the start of a label and five seconds behind its end.
${thresholds.length * days} simulated days at 5 trades a second.

${detectionTable(tally)}

This page is written by \`node plugins/source-binance/scripts/anchor.mjs FOLDER\` from the folder of the recordings.
`;
rmSync(scratch, { recursive: true, force: true });
const out = resolve(import.meta.dirname, '../../../docs/simulator.md');
if (quick) console.log(page);
else writeFileSync(out, page);
