// Writes days of metrics of three made-up hosts, with faults and their labels: what pipelines/host.yaml runs on. Seeded: the same arguments
// give the same bytes.   node scripts/make-host-metrics.mjs [FOLDER] [--days 5] [--seed 1]
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';

const { values: given, positionals } = parseArgs({
  allowPositionals: true,
  options: { days: { type: 'string', default: '5' }, seed: { type: 'string', default: '1' } },
});
const folder = positionals[0] ?? join('data', 'host');
const days = Number(given.days);
const START = Date.UTC(2026, 0, 5) / 1_000;
const EVERY = 30;
const DAY = 86_400;

/** Numbers in [0, 1): a 32-bit generator of good bits (C. Doty-Humphrey's small fast counting generator, sfc32). */
function generator(seed) {
  let [a, b, c, counter] = [seed | 0, 0x9e3779b9 | 0, 0x243f6a88 | 0, 1];
  const next = () => {
    const sum = (a + b + counter++) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = ((c << 21) | (c >>> 11)) + sum;
    c |= 0;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < 16; i++) next();
  return next;
}

/** What befalls a host: how long it lasts (s), and what it does to the figures at a share of that. */
const FAULTS = {
  runaway_process: { lasts: 1_200, apply: (m) => ({ ...m, cpu: 97 + m.noise, load: m.load + 6 }) },
  memory_leak: { lasts: 5_400, apply: (m, share) => ({ ...m, memory: m.memory + 35 * share }) },
  slow_disk: { lasts: 1_800, apply: (m) => ({ ...m, load: m.load + 9, cpu: m.cpu * 0.6, written: m.written * 0.1 }) },
  network_loss: { lasts: 900, apply: (m) => ({ ...m, sent: m.sent * 0.02, cpu: m.cpu * 0.5 }) },
  frozen_agent: { lasts: 1_800, frozen: true, apply: (m) => m },
};
const KINDS = Object.keys(FAULTS);
/** Seconds at the beginning without faults, for learning. */
const CALM = 1.5 * DAY;

const HOSTS = [
  { name: 'web-1', cpu: 30, swing: 18, memory: 55, sent: 4e6, written: 2e5 },
  { name: 'web-2', cpu: 34, swing: 16, memory: 58, sent: 5e6, written: 3e5 },
  { name: 'db-1', cpu: 45, swing: 8, memory: 72, sent: 2e6, written: 6e6 },
];

function faultsOf(uniform, host, labels) {
  const faults = [];
  for (let at = CALM; ; ) {
    at += DAY * (0.25 + 0.5 * uniform());
    const kind = KINDS[Math.floor(uniform() * KINDS.length)];
    const to = at + FAULTS[kind].lasts;
    if (to > days * DAY) return faults;
    faults.push({ kind, from: at, to });
    labels.push({ key: host, kind, from: Math.round((START + at) * 1_000), to: Math.round((START + to) * 1_000) });
  }
}

const labels = [];
const rows = [];
HOSTS.forEach((host, h) => {
  const uniform = generator(Number(given.seed) * 1_000 + h);
  const normal = () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  const faults = faultsOf(uniform, host.name, labels);
  const counters = { sent: 1e9 * (h + 1), written: 5e8 * (h + 1) };
  let drift = 0;
  let before;
  for (let t = 0; t < days * DAY; t += EVERY) {
    const noise = normal();
    drift = 0.995 * drift + 0.3 * normal();
    const busy = Math.sin((2 * Math.PI * (t - 8 * 3_600)) / DAY);
    const cpu = Math.max(2, host.cpu + host.swing * busy + drift + 2 * noise);
    let m = {
      noise,
      cpu,
      memory: host.memory + 4 * busy + 0.3 * drift + 0.2 * normal(),
      load: Math.max(0.05, cpu / 20 + 0.2 * normal()),
      sent: host.sent * (1 + 0.5 * busy) * Math.exp(0.15 * normal()),
      written: host.written * (1 + 0.3 * busy) * Math.exp(0.3 * normal()),
    };
    const fault = faults.find(({ from, to }) => t >= from && t < to);
    if (fault) m = FAULTS[fault.kind].apply(m, (t - fault.from) / (fault.to - fault.from));
    counters.sent += m.sent * EVERY;
    counters.written += m.written * EVERY;
    let cells = [m.cpu, m.memory, m.load].map((x, i) => Math.min(x, i < 2 ? 100 : 1e3).toFixed(2));
    cells.push(Math.round(counters.sent), Math.round(counters.written));
    if (fault && FAULTS[fault.kind].frozen && before) cells = before;
    before = cells;
    rows.push([t, h, `${START + t},${host.name},${cells.join(',')}`]);
  }
});
rows.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
labels.sort((a, b) => a.from - b.from);

mkdirSync(folder, { recursive: true });
const csv = `ts,host,cpu,memory,load,sent_bytes,written_bytes\n${rows.map(([, , text]) => text).join('\n')}\n`;
writeFileSync(join(folder, 'metrics.csv.gz'), gzipSync(csv, { level: 9 }));
writeFileSync(join(folder, 'labels.jsonl'), labels.map((label) => `${JSON.stringify(label)}\n`).join(''));
console.log(`wrote ${rows.length} rows and ${labels.length} faults to ${folder}`);
