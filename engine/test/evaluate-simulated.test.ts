import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import type { Sink, SinkBatch } from '../src/api/index.js';
import { evaluatePipeline } from '../src/cli/commands/evaluate.js';
import { composePipeline } from '../src/compose/pipeline.js';
import { systemClock } from '../src/ports/clock.js';
import { MemoryLog } from '../src/ports/log.js';
import { MemoryMetrics } from '../src/ports/metrics.js';
import { planPipeline } from '../src/spec/plan.js';
import { Workshop } from './support.js';

interface Label {
  readonly kind: string;
  readonly from: number;
  readonly to: number;
}

// The script that measures the simulated market for its page: the same detector, written apart.
const SCRIPT = resolve(import.meta.dirname, '../../plugins/source-binance/scripts/detection.mjs');
const { detect, scores } = (await import(pathToFileURL(SCRIPT).href)) as {
  detect(
    seconds: { first: number; close: Float64Array },
    labels: readonly Label[],
    perDay: number,
  ): { threshold: number; kinds: Map<string, { count: number; found: number }> };
  scores(close: Float64Array): Float64Array;
};

const folder = mkdtempSync(join(tmpdir(), 'quantstream-evaluate-'));
const shop = new Workshop();
afterAll(() => {
  shop.dispose();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
});

describe('on a simulated market', () => {
  it('the baseline |z| finds what the script finds that its page is made with', { timeout: 120_000 }, async () => {
    const labelFile = join(folder, 'labels.jsonl');
    const simulator = {
      seed: 5,
      start: '2024-08-08',
      duration: '12h',
      tradesPerSecond: 4,
      anomaliesPerDay: 60,
      labels: labelFile,
    };
    const pipeline = shop.write(
      'market.yaml',
      stringify({
        name: 'market',
        source: { use: 'binance', with: { connect: 'simulator', stream: 'aggTrade', simulator } },
        features: { use: 'market', with: { empty: 'carry', columns: ['log_return', 'volatility_20'] } },
        models: { m: { use: 'mahalanobis', columns: ['log_return', 'volatility_20'] } },
      }),
    );
    const { report } = await evaluatePipeline({
      pipeline,
      labels: [labelFile],
      against: [],
      set: [],
      rates: [10],
      graceMs: 5_000,
      cooldownMs: 30_000,
      z: 'log_return',
      quiet: [],
    });
    const plain = report.detectors.find(({ name }) => name === '|z|')!;
    const seconds = await closesOf(pipeline);
    const labels: Label[] = readFileSync(labelFile, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    const expected = detect(seconds, labels, 10);
    expect(labels.length).toBeGreaterThan(20);
    expect(plain.points[0]!.threshold).toBeCloseTo(expected.threshold, 6);
    expect(Object.fromEntries(plain.kinds.map((one) => [one.kind, Math.round(one.recall[0]! * one.events)]))).toEqual(
      Object.fromEntries([...expected.kinds].map(([kind, { found }]) => [kind, found])),
    );
    const z = scores(seconds.close);
    const found = labels.map(({ from, to }) => {
      const first = Math.max(0, Math.floor(from / 1_000) - seconds.first);
      return z.slice(first, Math.floor(to / 1_000) - seconds.first + 6).some((score) => score > expected.threshold);
    });
    const bySeconds = (a: { from: number }, b: { from: number }) => a.from - b.from;
    expect([...plain.outcomes].sort(bySeconds).map((outcome) => outcome.found[0])).toEqual(
      labels
        .map((label, i) => ({ ...label, hit: found[i]! }))
        .sort(bySeconds)
        .map(({ hit }) => hit),
    );
    expect(plain.points[0]!.found).toBeGreaterThan(3);
  });
});

/** The last price of each second of the same feed. */
async function closesOf(file: string): Promise<{ first: number; close: Float64Array }> {
  const plan = await planPipeline(file, {
    set: ['checkpoint.store=memory', 'source.with.simulator.labels=null'],
    dataRoot: folder,
  });
  const times: number[] = [];
  const closes: number[] = [];
  const sink: Sink = {
    async write({ verdicts }: SinkBatch) {
      for (const { time, values } of verdicts) {
        times.push(time);
        closes.push(values.close!);
      }
    },
    async close() {},
  };
  const collector = {
    use: 'closes',
    name: 'closes',
    config: {},
    plugin: { kind: 'sink', delivery: 'idempotent', create: () => sink },
  };
  const outside = { clock: systemClock, log: new MemoryLog(), metrics: new MemoryMetrics() };
  const pipeline = await composePipeline({ ...plan, models: [], sinks: [collector] } as unknown as typeof plan, outside);
  await pipeline.run(new AbortController().signal);
  const first = times[0]! / 1_000;
  const close = new Float64Array(times.at(-1)! / 1_000 - first + 1);
  times.forEach((time, i) => {
    close[time / 1_000 - first] = closes[i]!;
  });
  for (let i = 1; i < close.length; i++) if (close[i] === 0) close[i] = close[i - 1]!;
  return { first, close };
}

describe('the page about evaluation', () => {
  it('shows a pipeline and a command that run', { timeout: 120_000 }, () => {
    const page = readFileSync(resolve(import.meta.dirname, '../../docs/evaluation.md'), 'utf8').replaceAll('\r\n', '\n');
    const [yaml, command] = ['yaml', 'sh'].map(
      (kind) => page.match(new RegExp(`\n\`\`\`${kind} evaluate[^\n]*\n([\\s\\S]*?)\n\`\`\``))![1]!,
    );
    shop.write('evaluated.yaml', yaml!);
    const [npx, program, ...args] = command!.split(' ');
    expect([npx, program]).toEqual(['npx', 'engine']);
    const cli = resolve(import.meta.dirname, '../bin/engine.js');
    const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...args], {
      cwd: shop.directory,
      encoding: 'utf8',
      env: { ...process.env, QUANTSTREAM_DATA: join(folder, 'data') },
    });
    expect(status, stderr).toBe(0);
    expect(stdout).toMatch(/^evaluated +\d+ % .*$/m);
    expect(readFileSync(join(shop.directory, 'report.html'), 'utf8')).toContain('flash_crash');
  });
});
