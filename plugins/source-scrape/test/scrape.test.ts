import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import type { Observation } from '@quantstream/engine';
import { columnsOf } from '@quantstream/engine/metrics';
import { TestHosts } from '@quantstream/engine/testing';
import fc from 'fast-check';
import { Counter, Gauge, Histogram, Registry, type RegistryContentType } from 'prom-client';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { configSchema } from '../src/config.js';
import { isWhole } from '../src/exposition.js';
import scrape from '../src/index.js';
import { Rows } from '../src/rows.js';
import { type Exporter, exporter } from './exporter.js';

/** What a text is, with the columns of a configuration. */
function rowsOf(text: string, given: object, labels: Record<string, string> = { instance: 'a:1' }) {
  const settings = configSchema.parse({ targets: ['a:1'], ...given });
  const dropped: string[] = [];
  const rows = new Rows({ ...settings, columns: columnsOf(settings) }, (reason) => void dropped.push(reason));
  const observations = rows.read(text, 'a:1', labels, 1_000, 1_000);
  return { observations, dropped, values: Object.fromEntries(observations.map(({ key, values }) => [key, values])) };
}

describe('an answer', () => {
  /** What an exporter of Node, with the library that most have, really says. */
  async function exposed(format: 'prometheus' | 'openmetrics') {
    const registry = new Registry<RegistryContentType>();
    if (format === 'openmetrics') registry.setContentType(Registry.OPENMETRICS_CONTENT_TYPE as never);
    const registers = [registry];
    const requests = new Counter({
      name: 'http_requests_total',
      help: 'Requests "served"\\',
      labelNames: ['route', 'code'],
      registers,
    });
    const load = new Gauge({ name: 'load', help: 'Load', registers });
    const seconds = new Histogram({
      name: 'latency_seconds',
      help: 'Latency',
      labelNames: ['route'],
      buckets: [0.1, 1],
      registers,
    });
    requests.inc({ route: '/a "quoted" {brace}', code: '200' }, 3);
    requests.inc({ route: '/a "quoted" {brace}', code: '500' }, 2);
    requests.inc({ route: '/b\\c', code: '200' }, 1.5e9);
    load.set(-0.25);
    seconds.observe({ route: '/b\\c' }, 0.5);
    return registry.metrics();
  }

  it.each(['prometheus', 'openmetrics'] as const)('of prom-client is read as %s', async (format) => {
    const text = await exposed(format);
    expect(isWhole(text)).toBe(format === 'openmetrics');
    const columns = {
      requests: 'http_requests_total',
      errors: 'http_requests_total{code=~"5.."}',
      slow: 'latency_seconds_bucket{le="1"}',
      seconds: 'latency_seconds_sum',
    };
    const { values, dropped } = rowsOf(text, { columns, key: ['instance', 'route'] });
    expect(values).toEqual({
      'a:1//a "quoted" {brace}': { requests: 5, errors: 2 },
      'a:1//b\\c': { requests: 1.5e9, slow: 1, seconds: 0.5 },
    });
    expect(dropped).toEqual([]);
    expect(rowsOf(text, { columns: ['load'] }).values).toEqual({ 'a:1': { load: -0.25 } });
  });

  it('may have names in quotes, stamps, exemplars and any blanks', () => {
    const text = [
      '{"system.cpu",host="a"} 1 1700000000000',
      'x_total{ host = "a" , } 2 1700000000.5 # {trace_id="t"} 0.5 1700000000',
      '  y\t{host="a"}\t3\r',
      'z{host="a"} +Inf',
      'n{host="a"} NaN',
      '# EOF',
    ].join('\n');
    const columns = { cpu: 'system.cpu', x: 'x_total', y: 'y', z: 'z', n: 'n' };
    expect(rowsOf(text, { columns, key: 'host' })).toMatchObject({
      values: { a: { cpu: 1, x: 2, y: 3 } },
      dropped: ['bad_value'],
    });
  });

  it.each([
    ['sum', 9],
    ['mean', 3],
    ['min', 2],
    ['max', 4],
    ['first', 3],
  ])('has the %s of several series in one column', (combine, cpu) => {
    const text = [3, 2, 4].map((value, core) => `cpu{core="${core}"} ${value}\n`).join('');
    expect(rowsOf(text, { columns: { cpu: { metric: 'cpu', combine } } }).values).toEqual({ 'a:1': { cpu } });
  });

  it('that is bad in places is used where it is good', () => {
    const bad = [
      'load{host="b" 1',
      'load{host="c"} x',
      'load{host=c} 1',
      'load{host="d"} 1 what',
      'load 1',
      '{} 1',
      'load{host=""} 1',
    ];
    const { values, dropped } = rowsOf([...bad, 'load{host="a"} 1'].join('\n'), { columns: ['load'], key: 'host' });
    expect(values).toEqual({ a: { load: 1 } });
    expect(dropped.sort()).toEqual([...Array(5).fill('bad_line'), 'missing_key', 'missing_key']);
  });

  it('may hold so many keys, and a row that lacks what is not optional is dropped', () => {
    const text = Array.from({ length: 10 }, (_, i) => `load{host="${i}"} 1\n`).join('');
    const { observations, dropped } = rowsOf(text, { columns: ['load'], key: 'host', keys: 3 });
    expect([observations.length, dropped.length]).toEqual([3, 7]);
    expect(rowsOf(text, { columns: ['load', 'cpu'], optional: ['load'], key: 'host' }).observations).toEqual([]);
  });

  it('of any text makes rows of numbers and ends', () => {
    const piece = fc.constantFrom(
      'load',
      '{',
      '}',
      '"',
      '\\',
      'host',
      '=',
      ',',
      ' ',
      '1',
      '\n',
      '#',
      'NaN',
      '\ud800',
      '\0',
      '__proto__',
      'é',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 200 }), (pieces) => {
        const { observations } = rowsOf(pieces.join(''), { columns: ['load'], key: 'host' });
        for (const { key, values } of observations) {
          expect(key.isWellFormed()).toBe(true);
          expect(Object.values(values).every(Number.isFinite)).toBe(true);
        }
      }),
    );
  });
});

describe('targets', () => {
  const hosts = new TestHosts();
  const open: Exporter[] = [];
  afterEach(async () => {
    for (const one of open.splice(0)) await one.close();
  });
  afterAll(() => hosts.dispose());

  async function target(): Promise<Exporter> {
    const one = await exporter();
    open.push(one);
    return one;
  }

  /** Reads until enough has come, or been dropped. */
  async function read(
    config: object,
    enough: (observations: readonly Observation[], dropped: Record<string, number>) => boolean,
  ) {
    const lent = hosts.source();
    const dropped: Record<string, number> = {};
    const drop = (reason: string, _: string, count = 1) => {
      dropped[reason] = (dropped[reason] ?? 0) + count;
    };
    const source = await scrape.create(scrape.config.parse({ columns: ['load'], every: '100ms', ...config }), { ...lent, drop });
    const observations: Observation[] = [];
    const stop = new AbortController();
    const late = setTimeout(() => stop.abort(new Error('late')), 20_000);
    for await (const batch of source.read(null, stop.signal)) {
      observations.push(...batch.observations);
      if (enough(observations, dropped)) break;
    }
    clearTimeout(late);
    await source.close?.();
    return { observations, dropped };
  }

  it('are keys by their address, with labels of their own, and each answers for itself', async () => {
    const [one, other] = [await target(), await target()];
    one.answer = (response) => void response.end('load 1\n');
    other.answer = (response) => void response.end('load{site="lies"} 2\n');
    const { observations } = await read(
      { targets: [one.target, { url: `http://${other.target}/metrics`, labels: { site: 'b' } }, '127.0.0.1:1'], key: 'instance' },
      (seen) => new Set(seen.map(({ key }) => key)).size === 2,
    );
    expect(new Set(observations.map(({ key, values }) => `${key} ${values.load}`))).toEqual(
      new Set([`${one.target} 1`, `${other.target} 2`]),
    );
    const sited = await read({ targets: [{ url: other.target, labels: { site: 'b' } }], key: 'site' }, (seen) => seen.length > 0);
    expect(sited.observations[0]!.key).toBe('b');
  });

  it('may pack their answers, up to a size once unpacked', async () => {
    const one = await target();
    one.answer = (response) => void response.setHeader('content-encoding', 'gzip').end(gzipSync('load 7\n'));
    expect((await read({ targets: [one.target] }, (seen) => seen.length > 0)).observations[0]!.values).toEqual({ load: 7 });
    one.answer = (response) => void response.setHeader('content-encoding', 'gzip').end(gzipSync(`#${'x'.repeat(10_000_000)}\n`));
    const { observations, dropped } = await read(
      { targets: [one.target], maxBody: 1_000_000 },
      (_, { too_large = 0 }) => too_large > 1,
    );
    expect([observations.length, Object.keys(dropped)]).toEqual([0, ['too_large']]);
  });

  it.each([
    [
      'say that something is wrong',
      (response: Parameters<Exporter['answer']>[0]) => void response.writeHead(503).end('load 1\n'),
      'failed_scrape',
    ],
    [
      'lead elsewhere',
      (response: Parameters<Exporter['answer']>[0]) => void response.writeHead(302, { location: '/' }).end(),
      'failed_scrape',
    ],
    ['never answer', () => {}, 'failed_scrape'],
    [
      'end in the middle of OpenMetrics',
      (response: Parameters<Exporter['answer']>[0]) =>
        void response.setHeader('content-type', 'application/openmetrics-text; version=1.0.0').end('load 1\n'),
      'cut_off',
    ],
  ])('that %s are silent, which is counted', async (_, answer, reason) => {
    const one = await target();
    one.answer = answer;
    const { observations, dropped } = await read(
      { targets: [one.target], timeout: '100ms' },
      (_, seen) => (seen[reason] ?? 0) > 1,
    );
    expect([observations.length, Object.keys(dropped)]).toEqual([0, [reason]]);
  });

  it('are told what opens them', async () => {
    const seen: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      seen.push(request.headers.authorization);
      response.end('load 1\n');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    await read({ targets: [address], authorization: 'Bearer secret' }, (rows) => rows.length > 0);
    server.closeAllConnections();
    server.close();
    expect(seen[0]).toBe('Bearer secret');
  });
});

it('refuses rates, and says what to say instead', () => {
  const found = scrape.config.safeParse({ targets: ['a:1'], columns: { cpu: { metric: 'cpu', kind: 'rate' } } });
  expect(found.error?.issues).toMatchObject([
    { path: ['columns', 'cpu', 'kind'], message: expect.stringContaining('kind: counter, and cpu_rate in the features') },
  ]);
});
