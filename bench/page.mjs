/**
 * What it costs the engine to be looked at: 2,000 observations/s of 300 keys, with no page open, one, and ten, in turns of one run; and with
 * somebody who only reads what a page is sent, which tells the engine's own work from that of a browser on the same cores.
 * Frames are those that the browser drew, by its own trace, while the page moves all the time.
 * `node bench/page.mjs [--window 60] [--rounds 3]` prints JSON; build first. Needs Chromium; CPU is read as Linux tells it.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { CHROMIUM_ARGUMENTS, findChromium } from '../scripts/lib/chromium.mjs';
import { startShown } from '../scripts/lib/shown.mjs';
import { isMain, latency, machine, row, scrape, skipped, summary } from './lib.mjs';

const PLUGINS = fileURLToPath(new URL('./plugins', import.meta.url));
const NAME = 'the page open at 2,000 observations/s of 300 keys';
const [PER_SECOND, KEYS] = [2_000, 300];
const COLUMNS = ['level', 'change', 'smooth'];
/** Until a page that was just opened has drawn all that was there before, s. */
const SETTLING = 8;

const sleep = (seconds) => new Promise((resume) => setTimeout(resume, seconds * 1_000));

const pipeline = (page) => ({
  name: 'looked-at',
  source: {
    use: join(PLUGINS, 'many-keys.mjs'),
    // So long a past that the page has as much as it may keep.
    with: { keys: KEYS, total: 1e12, live: { perSecond: PER_SECOND, history: 480 } },
  },
  features: { use: join(PLUGINS, 'level-features.mjs') },
  models: {
    distance: { use: 'mahalanobis', columns: COLUMNS },
    tails: { use: 'tails', columns: COLUMNS, with: { window: 500, warmUp: 200 } },
  },
  alarms: { perDay: 10, calibration: { atLeast: '5m' } },
  checkpoint: { store: 'memory' },
  sinks: { page },
});

/** An engine that is looked at; resolves when it has caught up with now. */
async function start(folder) {
  const file = join(folder, 'looked-at.yaml');
  writeFileSync(file, JSON.stringify(pipeline({ use: 'page', with: { memory: 64 } })));
  const { engine, url } = await startShown(file, { data: join(folder, 'data') });
  for (;;) {
    const { now, eventTime } = await (await fetch(`${url}api/state`)).json();
    if (now - eventTime < 1_000) return { engine, url };
    await sleep(1);
  }
}

const cpuOf = (pid) => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
};
const residentOf = (pid) => Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1_024;

/** One that looks, in a window of its own, at something that never stands still. */
async function look(browser, url) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 860 } });
  const page = await context.newPage();
  await page.goto(url);
  await page.getByRole('option').first().waitFor();
  const session = await context.newCDPSession(page);
  return { context, page, session };
}

/** Bytes that the page holds after a collection. */
async function heapOf(session) {
  await session.send('HeapProfiler.collectGarbage');
  return (await session.send('Runtime.getHeapUsage')).usedSize / 2 ** 20;
}

/** Frames drawn a second, by the browser's trace, while something on the page changes with each. */
async function framesWhile({ page, session }, wait) {
  await page.evaluate(() => {
    const dot = document.body.appendChild(document.createElement('i'));
    Object.assign(dot.style, { position: 'fixed', left: '0', bottom: '0', width: '2px', height: '2px' });
    let n = 0;
    const next = () => {
      dot.style.background = n++ % 2 ? '#777' : '#888';
      requestAnimationFrame(next);
    };
    requestAnimationFrame(next);
  });
  let drawn = 0;
  session.on('Tracing.dataCollected', ({ value }) => {
    for (const { name } of value) if (name === 'DrawFrame') drawn++;
  });
  const traceConfig = { includedCategories: ['disabled-by-default-devtools.timeline.frame'] };
  await session.send('Tracing.start', { traceConfig, transferMode: 'ReportEvents' });
  const began = performance.now();
  await wait();
  const seconds = (performance.now() - began) / 1_000;
  const complete = new Promise((done) => session.once('Tracing.tracingComplete', done));
  await session.send('Tracing.end');
  await complete;
  return drawn / seconds;
}

/** The browser shares the processor with the engine, and is to give way: it runs when nobody else does. */
function idle(command, folder) {
  const path = join(folder, 'browser.sh');
  writeFileSync(path, `#!/bin/sh\nexec chrt --idle 0 '${command}' "$@"\n`, { mode: 0o755 });
  return path;
}

/** Reads what a page is sent of the first key, and draws nothing. @returns ends it */
async function read(url) {
  const ended = new AbortController();
  const { body } = await fetch(`${url}api/events?key=key-0`, { signal: ended.signal });
  const reader = body.getReader();
  let bytes = 0;
  const all = async () => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      bytes += value.length;
    }
  };
  const reading = all().catch(() => {});
  return async () => {
    ended.abort();
    await reading;
    if (bytes === 0) throw new Error('nothing was sent');
  };
}

/** A stretch of time with so many pages open, or, as `stream`, with what one is sent read by nobody who draws it. */
async function stretch({ engine, url }, browser, pages, window) {
  const looking = [];
  const end = pages === 'stream' ? await read(url) : undefined;
  for (let i = 0; i < pages; i++) looking.push(await look(browser, url));
  await sleep(SETTLING);
  const before = await scrape(url);
  const [cpu, resident] = [cpuOf(engine.pid), residentOf(engine.pid)];
  const heap = pages === 1 ? await heapOf(looking[0].session) : 0;
  const wait = () => sleep(window);
  const frames = pages === 1 ? await framesWhile(looking[0], wait) : await wait();
  const grown = pages === 1 ? (await heapOf(looking[0].session)) - heap : 0;
  const spent = cpuOf(engine.pid) - cpu;
  const after = await scrape(url);
  const observed = [...after].find(([name]) => name.startsWith('quantstream_observations_total'));
  const observations = observed[1] - before.get(observed[0]);
  for (const { context } of looking) await context.close();
  await end?.();
  return {
    pages,
    perObservation: (spent / observations) * 1e6,
    p99: latency(after, 'door_to_verdict', 0.99, before),
    resident: residentOf(engine.pid) - resident,
    frames,
    heap,
    grown,
  };
}

/** @returns rows of the report */
export async function run({ window = 60, rounds = 3 } = {}) {
  const executablePath = findChromium();
  if (!executablePath) return [skipped(NAME, 'no Chromium here')];
  if (!existsSync('/proc/self/stat')) return [skipped(NAME, 'CPU of a process is read as Linux tells it')];
  const folder = mkdtempSync(join(tmpdir(), 'quantstream-page-'));
  const watched = await start(folder);
  const browser = await chromium.launch({ executablePath: idle(executablePath, folder), args: CHROMIUM_ARGUMENTS });
  const all = [];
  try {
    for (let round = 0; round < rounds; round++)
      for (const pages of [0, 1, 'stream', 0, 10]) all.push(await stretch(watched, browser, pages, window));
  } finally {
    await browser.close();
    const gone = new Promise((done) => watched.engine.once('exit', done));
    watched.engine.kill('SIGTERM');
    await Promise.race([gone, sleep(10)]);
    rmSync(folder, { recursive: true, force: true });
  }
  const of = (pages, what) => all.filter((one) => one.pages === pages).map((one) => one[what]);
  const median = (numbers) => summary(numbers).median;
  const [none, one, ten] = [0, 1, 10].map((pages) => median(of(pages, 'perObservation')));
  const baseline = { name: 'no page open', value: none };
  const late = (pages) => of(pages, 'p99').join(' / ');
  return [
    row({
      name: `${NAME}: CPU of the engine`,
      value: one,
      unit: 'µs an observation',
      baseline,
      lowerIsBetter: true,
      all: of(1, 'perObservation'),
    }),
    row({
      name: 'ten pages open',
      value: ten,
      unit: 'µs an observation',
      baseline,
      lowerIsBetter: true,
      all: of(10, 'perObservation'),
      none: of(0, 'perObservation'),
    }),
    row({ name: `${NAME}: frames drawn`, value: Math.min(...of(1, 'frames')), unit: 'frames/s', target: 30 }),
    row({
      name: 'the page’s own memory after a window against before',
      value: Math.max(...of(1, 'grown')),
      unit: 'MB',
      heap: of(1, 'heap'),
      resident: of(1, 'resident'),
    }),
    row({
      name: `observation → verdict, 99 %, one page open`,
      value: median(of(1, 'p99')),
      unit: 'ms',
      baseline: { name: 'no page open', value: median(of(0, 'p99')) },
      lowerIsBetter: true,
      none: late(0),
      one: late(1),
      ten: late(10),
      streamOnly: late('stream'),
    }),
  ];
}

if (isMain(import.meta.url)) {
  const { values } = parseArgs({ options: { window: { type: 'string' }, rounds: { type: 'string' } } });
  const given = Object.fromEntries(Object.entries(values).map(([name, text]) => [name, Number(text)]));
  console.log(JSON.stringify({ machine: machine(), rows: await run(given) }, null, 2));
}
