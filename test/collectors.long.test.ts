/**
 * Real collectors, configured as the documentation says, that push to a real engine. QUANTSTREAM_TEST_TELEGRAF and QUANTSTREAM_TEST_OTELCOL
 * name them. Where there are no packages of them, Go builds both:
 * `go install -tags custom,inputs.cpu,inputs.mem,inputs.system,outputs.influxdb,outputs.file,serializers.influx github.com/influxdata/telegraf/cmd/telegraf@v1.37.2`,
 * and `go run go.opentelemetry.io/collector/cmd/builder@v0.159.0` with hostmetricsreceiver, resourcedetectionprocessor and otlphttpexporter.
 */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { blocksOf } from '../engine/test/docs-blocks.js';
import { freePort } from '../scripts/lib/servers.mjs';
import { Bench, type Running } from './support.js';

/** A machine that others use as well may be slow: so long a condition may take to come true, ms. */
const PATIENCE = 120_000;
const TOKEN = 'the-token-of-those-who-push';

const bench = new Bench();
const children: ChildProcess[] = [];
const end = async (child: ChildProcess, signal: NodeJS.Signals) => {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill(signal);
  await once(child, 'exit');
};
afterEach(async () => {
  for (const child of children.splice(0)) await end(child, 'SIGKILL');
});
afterAll(() => bench.dispose());

/** @returns why the tests with a binary are skipped; one that is named has to be there, and then its absence fails */
function absent(variable: string): string {
  const binary = process.env[variable];
  if (binary === undefined) {
    console.warn(`skipped: a test of pushing needs ${variable} to name a binary`);
    return ` (skipped: ${variable} names no binary)`;
  }
  execFileSync(binary, ['--version'], { stdio: 'ignore' });
  return '';
}

/** The block of the page about pushing that holds a text. */
function shown(text: string): string {
  const found = blocksOf('docs/push.md').filter(({ code }) => code.includes(text));
  if (found.length !== 1) throw new Error(`docs/push.md has ${found.length} blocks with ${text}`);
  return found[0]!.code;
}

/** The pipeline of the page with the source for a collector, whose rows are of a second and are kept. */
async function pipelineFor(name: string, text: string): Promise<string> {
  const port = await freePort();
  const file = { ...parse(shown('name: hosts')), ...parse(shown(text)) };
  Object.assign(file.source.with, { round: '1s', ack: 'sink', token: TOKEN });
  bench.write(`${name}.yaml`, {
    ...file,
    name,
    checkpoint: { every: '1s' },
    http: { listen: `127.0.0.1:${port}` },
    sinks: { out: { use: 'file', with: { path: `./${name}.jsonl`, write: ['observations'] } } },
  });
  return `http://127.0.0.1:${port}/${name}/push`;
}

/** The configuration of the page for a collector, for an address and with the token. */
const configured = (text: string, address: string, without: string) =>
  shown(text)
    .replaceAll('http://127.0.0.1:9464/hosts/push', address)
    .replace(without, without.replace('# ', '').replace('...', TOKEN));

interface Said {
  readonly key: string;
  readonly time: number;
  readonly values: Readonly<Record<string, number>>;
}

/** What the engine has written so far, whole lines. */
function observations(name: string): Said[] {
  const path = bench.path(`${name}.jsonl`);
  if (!existsSync(path)) return [];
  const text = readFileSync(path, 'utf8');
  const lines = text.slice(0, text.lastIndexOf('\n') + 1).split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as Said);
}

async function start(name: string): Promise<Running> {
  const engine = bench.start(['-p', `${name}.yaml`, '--log-format', 'text', '--summary', '-']);
  children.push(engine.child);
  await engine.says('push: listens at');
  return engine;
}

async function until(what: string, come: () => boolean, said: () => string): Promise<void> {
  const late = Date.now() + PATIENCE;
  while (!come()) {
    if (Date.now() > late) throw new Error(`${what} has not come about:\n${said().slice(-2_000)}`);
    await sleep(100);
  }
}

/** Starts a collector. @returns what it says */
function collector(variable: string, args: readonly string[], environment: object = {}): { child: ChildProcess; said(): string } {
  const child = spawn(process.env[variable]!, args, { env: { ...process.env, ...environment }, stdio: 'pipe' });
  children.push(child);
  let text = '';
  for (const stream of [child.stdout!, child.stderr!])
    stream.on('data', (piece) => {
      text += piece;
    });
  return { child, said: () => text };
}

const WITHOUT_TELEGRAF = absent('QUANTSTREAM_TEST_TELEGRAF');
describe.skipIf(WITHOUT_TELEGRAF !== '')(`a real Telegraf${WITHOUT_TELEGRAF}`, { timeout: 3 * PATIENCE }, () => {
  it('pushes its host as rows, and what it had no answer to, as the engine was killed, once more', async () => {
    const address = await pipelineFor('telegraf', 'cpu.usage_idle{cpu="cpu-total"}');
    const own = bench.path('own.influx');
    bench.write(
      'telegraf.conf',
      [
        '[agent]\n  interval = "1s"\n  flush_interval = "1s"\n  hostname = "web-1"',
        '[[inputs.cpu]]\n[[inputs.mem]]\n[[inputs.system]]',
        configured('[[outputs.influxdb]]', address, '# http_headers = { Authorization = "Bearer ..." }'),
        `[[outputs.file]]\n  files = ["${own}"]\n  data_format = "influx"`,
      ].join('\n'),
    );
    let engine = await start('telegraf');
    const telegraf = collector('QUANTSTREAM_TEST_TELEGRAF', ['--config', bench.path('telegraf.conf')]);
    const count = () => new Set(observations('telegraf').map(({ time }) => time)).size;
    const said = () => `${telegraf.said()}${engine.said()}`;
    await until('that rows come', () => count() >= 5, said);
    await end(engine.child, 'SIGKILL');
    await sleep(3_000);
    const before = count();
    engine = await start('telegraf');
    await until('that rows come again', () => count() >= before + 8, said);
    await end(telegraf.child, 'SIGTERM');
    // The last row may lack something, and is waited for.
    const read = [...readFileSync(own, 'utf8').matchAll(/^mem,.* (\d+)\d{9}$/gm)].map(([, second]) => Number(second) * 1_000);
    const missing = () => read.filter((time) => !observations('telegraf').some((one) => one.time === time));
    await until('that all rows are there', () => missing().length === 0, said);
    engine.child.kill('SIGTERM');
    const { code, stdout, stderr } = await engine.exit;
    expect(code, stderr).toBe(0);
    const { dropped } = JSON.parse(stdout) as { dropped: object };
    expect(Object.keys(dropped).filter((reason) => reason !== 'repeated')).toEqual([]);
    const rows = observations('telegraf');
    expect(new Set(rows.map(({ key }) => key))).toEqual(new Set(['web-1']));
    expect(new Set(rows.flatMap(({ values }) => Object.keys(values)))).toEqual(new Set(['idle', 'used', 'load']));
    for (const { values } of rows)
      for (const share of [values.idle ?? 0, values.used ?? 0]) expect(share >= 0 && share <= 100, String(share)).toBe(true);
    expect(rows.filter(({ values }) => Object.keys(values).length === 3).length).toBeGreaterThan(rows.length / 2);
  });
});

const WITHOUT_OTELCOL = absent('QUANTSTREAM_TEST_OTELCOL');
describe.skipIf(WITHOUT_OTELCOL !== '')(`a real OpenTelemetry collector${WITHOUT_OTELCOL}`, { timeout: 3 * PATIENCE }, () => {
  it('pushes its host as rows, and goes on when the engine is killed and comes back', async () => {
    const address = await pipelineFor('otelcol', 'metric: system.cpu.time');
    const config = configured('otlphttp/quantstream:', address, '# headers: { Authorization: Bearer ... }')
      .replace('collection_interval: 10s', 'collection_interval: 1s, initial_delay: 0s')
      .replace('service:', 'service:\n  telemetry: { metrics: { level: none } }');
    bench.write('otelcol.conf.yaml', config);
    let engine = await start('otelcol');
    const named = { OTEL_RESOURCE_ATTRIBUTES: 'host.name=web-1' };
    const one = collector('QUANTSTREAM_TEST_OTELCOL', ['--config', bench.path('otelcol.conf.yaml')], named);
    const count = () => new Set(observations('otelcol').map(({ time }) => time)).size;
    const said = () => `${one.said()}${engine.said()}`;
    await until('that rows come', () => count() >= 5, said);
    await end(engine.child, 'SIGKILL');
    await sleep(2_000);
    const before = count();
    engine = await start('otelcol');
    await until('that rows come again', () => count() >= before + 8, said);
    await end(one.child, 'SIGTERM');
    engine.child.kill('SIGTERM');
    const { code, stderr } = await engine.exit;
    expect(code, stderr).toBe(0);
    const rows = [...new Map(observations('otelcol').map((row) => [row.time, row])).values()].sort((a, b) => a.time - b.time);
    expect(new Set(rows.map(({ key }) => key))).toEqual(new Set(['web-1']));
    expect(new Set(rows.flatMap(({ values }) => Object.keys(values)))).toEqual(new Set(['busy', 'used', 'load']));
    expect(rows.filter(({ values }) => Object.keys(values).length === 3).length).toBeGreaterThan(rows.length / 2);
    // All cores together, s since the machine began.
    const busy = rows.flatMap(({ values }) => values.busy ?? []);
    expect(busy).toEqual([...busy].sort((a, b) => a - b));
    expect(busy.at(-1)!).toBeGreaterThan(busy[0]!);
    for (const { values } of rows) expect(values.used ?? 1e9).toBeGreaterThan(1e6);
    expect(one.said()).not.toContain('Partial success');
  });
});
