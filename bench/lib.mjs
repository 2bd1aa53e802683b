/**
 * What every bench needs: seeded numbers, contestants measured in turn so that a noisy neighbour hits all of them alike, and rows as
 * plain objects. The minimum of the repeats is what the code costs; the spread says how quiet the machine was.
 */
import { existsSync } from 'node:fs';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';

// Seeded numbers, as the tests have them.
export { gaussian, random } from '@quantstream/engine';

/** Milliseconds that a call takes. */
export function time(run) {
  const begin = process.hrtime.bigint();
  run();
  return Number(process.hrtime.bigint() - begin) / 1e6;
}

/**
 * Runs contestants in turn, `repeats` rounds after a warm-up round.
 * @param {Record<string, () => void>} contestants
 * @returns {Record<string, { min: number, median: number, spread: number }>} ms; spread: (median − min) / min
 */
export function interleave(contestants, repeats = 7) {
  const times = Object.fromEntries(Object.keys(contestants).map((name) => [name, []]));
  for (let round = -1; round < repeats; round++) {
    for (const [name, run] of Object.entries(contestants)) {
      const ms = time(run);
      if (round >= 0) times[name].push(ms);
    }
  }
  return Object.fromEntries(Object.entries(times).map(([name, all]) => [name, summary(all)]));
}

export function summary(times) {
  const sorted = [...times].sort((a, b) => a - b);
  const min = sorted[0];
  const median = sorted[Math.floor(sorted.length / 2)];
  return { min, median, spread: round((median - min) / min, 3) };
}

/** `x` to so many significant digits. */
export function round(x, digits = 4) {
  return Number(x.toPrecision(digits));
}

/**
 * One line of a report. `ratio` is how many times better ours is, whichever way better lies.
 * @param {{ name: string, value: number, unit: string, baseline?: { name: string, value: number }, lowerIsBetter?: boolean }} row
 */
export function row({ name, value, unit, baseline, lowerIsBetter = false, ...more }) {
  if (!baseline) return { name, value: round(value), unit, ...more };
  const ratio = round(lowerIsBetter ? baseline.value / value : value / baseline.value, 3);
  return { name, value: round(value), unit, baseline: { name: baseline.name, value: round(baseline.value) }, ratio, ...more };
}

/** What a comparison that could not be made leaves in the report. */
export function skipped(name, reason) {
  return { name, skipped: reason };
}

const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** What a part is told of its surroundings; what it drops fails. @param more what else it asks for */
export function quietHost(more = {}) {
  return {
    pipeline: 'bench',
    part: 'bench',
    clock: { now: Date.now, sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)) },
    log: silent,
    metrics: { gauge: () => ({ set() {} }) },
    signal: new AbortController().signal,
    time: { lateness: 0, maxAhead: 5_000 },
    resolvePath: (given) => given,
    repaired() {},
    trouble() {},
    progress() {},
    drop: (reason, detail) => {
      throw new Error(`${reason}: ${detail}`);
    },
    ...more,
  };
}

/** Where the figures come from. */
export function machine() {
  return { node: process.version, cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length, platform: process.platform };
}

/** A file outside the repository that a bench can use, or undefined. */
export function shared(name) {
  const folder = process.env.QUANTSTREAM_SHARED ?? fileURLToPath(new URL('../../shared', import.meta.url));
  const path = `${folder}/data/${name}`;
  return existsSync(path) ? path : undefined;
}

/** What an engine tells at /metrics: values by name and labels. */
export async function scrape(url) {
  const text = await fetch(new URL('/metrics', url)).then((answer) => answer.text());
  const found = new Map();
  for (const line of text.split('\n')) {
    const match = /^([a-z_0-9]+)(\{[^}]*\})? (\S+)$/.exec(line);
    if (match) found.set(match[1] + (match[2] ?? ''), Number(match[3]));
  }
  return found;
}

/** A quantile of the latencies of one stage, ms, interpolated inside its bucket. @param before what was told earlier, to leave out */
export function latency(metrics, stage, q, before = new Map()) {
  const buckets = [...metrics]
    .filter(([name]) => name.startsWith('quantstream_stage_latency_seconds_bucket') && name.includes(`stage="${stage}"`))
    .map(([name, count]) => [Number(/le="([^"]+)"/.exec(name)[1].replace('+Inf', 'Infinity')), count - (before.get(name) ?? 0)])
    .sort(([a], [b]) => a - b);
  const total = buckets.at(-1)?.[1] ?? 0;
  if (total === 0) return null;
  let below = [0, 0];
  for (const [edge, count] of buckets) {
    if (count >= q * total) {
      if (edge === Infinity) return `> ${below[0] * 1000}`;
      const share = count === below[1] ? 1 : (q * total - below[1]) / (count - below[1]);
      return Number(((below[0] + (edge - below[0]) * share) * 1000).toFixed(2));
    }
    below = [edge, count];
  }
  return null;
}

/** True if the module is what node was started with. */
export function isMain(url) {
  return process.argv[1] !== undefined && fileURLToPath(url) === process.argv[1];
}
