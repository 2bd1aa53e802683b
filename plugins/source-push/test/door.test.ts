import { request as rawRequest } from 'node:http';
import { deflateSync, gzipSync } from 'node:zlib';
import { afterEach, describe, expect, it } from 'vitest';
import push from '../src/index.js';
import { packed, sendWrite, writeRequest } from './bodies.js';
import { Listening } from './listening.js';

const NOW = Date.now() - 600_000;
const config = { key: 'host', columns: ['system.cpu.pct', 'load'], join: '100ms' };
let ear: Listening;
const begin = async (more: object = {}, options: Parameters<Listening['begin']>[1] = {}) => {
  ear = await new Listening().begin({ ...config, ...more }, options);
};
afterEach(() => ear.end());
const seen = () => ear.observations.map(({ key, time, values }) => [key, time, values]);
const line = (time: number, host = 'a') => JSON.stringify({ time, host, load: 1 });

describe('JSON', () => {
  it('is an object a line or an array, packed or not, sorted by time; times are of any kind', async () => {
    await begin();
    const day = Date.UTC(2026, 0, 2, 3, 4, 5);
    const rows = [
      { time: '2026-01-02T03:04:06.500Z', host: 'a', system: { cpu: { pct: 3 } } },
      { time: day / 1_000, host: 'a', 'system.cpu.pct': 1 },
      { time: '2026-01-02 05:04:06+02:00', host: 'a', system: { cpu: { pct: '2.5' } }, load: true },
    ];
    const response = await ear.post('/', gzipSync(JSON.stringify(rows)), { 'content-encoding': 'gzip' });
    expect([response.status, await response.text()]).toEqual([204, '']);
    await ear.until(() => ear.observations.length === 3);
    expect(seen()).toEqual([
      ['a', day, { system_cpu_pct: 1 }],
      ['a', day + 1_000, { system_cpu_pct: 2.5, load: 1 }],
      ['a', day + 1_500, { system_cpu_pct: 3 }],
    ]);
    expect((await ear.post('/json', `${line(day + 2_000)}\n\n${line(day + 3_000)}\n`)).status).toBe(204);
    expect((await ear.post('/', '[{"time":1')).status).toBe(400);
    await ear.until(() => ear.observations.length === 5);
  });
});

describe('a JSON object', () => {
  it('takes bodies that are packed with deflate, as the OTLP exporter of Python can', async () => {
    await begin();
    const body = deflateSync(JSON.stringify({ time: NOW, host: 'a', load: 2 }));
    expect((await ear.post('/', body, { 'content-encoding': 'deflate' })).status).toBe(204);
    await ear.until(() => ear.observations.length === 1);
    expect(seen()).toEqual([['a', NOW, { load: 2 }]]);
  });

  it('is its own mean', async () => {
    await begin({ columns: { load: { metric: 'load', combine: 'mean' } } });
    expect((await ear.post('/', line(NOW))).status).toBe(204);
    await ear.until(() => ear.observations.length === 1);
    expect(seen()).toEqual([['a', NOW, { load: 1 }]]);
  });

  it('of a day that no month has is refused', async () => {
    await begin();
    const days = ['2026-02-31', '2026-03-03'].map((day) => JSON.stringify({ time: `${day}T00:00:00Z`, host: 'a', load: 1 }));
    const response = await ear.post('/', days.join('\n'));
    expect([response.status, await response.json()]).toEqual([
      200,
      { taken: 1, repeated: 0, refused: 1, left: 0, message: '1 bad_time: time is "2026-02-31T00:00:00Z"' },
    ]);
    await ear.until(() => ear.observations.length === 1);
    expect(ear.hosts.dropped.get('bad_time')).toBe(1);
  });

  it('has no label where an object or a list stands, and costs no other object', async () => {
    await begin({ columns: { load: 'load{mode=""}', user: 'load{mode="user"}' } });
    const modes = [{ toString: 1, valueOf: 1 }, ['user'], 'user'];
    const rows = modes.map((mode, i) => ({ time: NOW + i * 1_000, host: 'a', load: 1, mode }));
    const response = await ear.post('/', JSON.stringify(rows));
    expect([response.status, await response.text()]).toEqual([204, '']);
    await ear.until(() => ear.observations.length === 3);
    expect(seen().map(([, , values]) => values)).toEqual([{ load: 1 }, { load: 1 }, { user: 1 }]);
  });
});

describe('an object with fields that are named as series are', () => {
  const columns = {
    inlet: 'pressure_bar{side="in"}',
    outlet: 'pressure_bar{side="out"}',
    busy: { metric: 'cpu_total{mode="user"}', combine: 'sum' },
    mean: { metric: 'cpu_total{mode="user"}', combine: 'mean' },
    least: { metric: 'cpu_total{mode="user"}', combine: 'min' },
  };
  it('has columns that only labels tell apart; several of one column are combined', async () => {
    await begin({ columns });
    const row = {
      time: NOW,
      host: 'a',
      'pressure_bar{side="in",room="x y\\"z"}': '1.5',
      'pressure_bar{side="out"}': 2,
      'cpu_total{cpu="0",mode="user"}': 3,
      'cpu_total{cpu="1",mode="user"}': 5,
      'cpu_total{cpu="2",mode="user"}': 1,
      'other{}': 'no number',
      'pressure_bar{side=~"in"}': 7,
      '{}': 7,
    };
    const response = await ear.post('/', JSON.stringify(row));
    expect([response.status, await response.text()]).toEqual([204, '']);
    await ear.until(() => ear.observations.length === 1);
    expect(seen()).toEqual([['a', NOW, { inlet: 1.5, outlet: 2, busy: 9, mean: 3, least: 1 }]]);
  });

  it('may name labels beside them; one that is no number, or of no column, is told', async () => {
    await begin({ columns });
    const rows = [
      { time: NOW, host: 'a', side: 'in', 'pressure_bar{}': 1 },
      { time: NOW + 1_000, host: 'a', side: 'up', 'pressure_bar{}': 1, 'pressure_bar{side="out"}': 2 },
      { time: NOW + 2_000, host: 'a', 'pressure_bar{side="in"}': 'high' },
      // A metric of columns without the labels that they ask for.
      { time: NOW + 3_000, host: 'a', pressure_bar: 3, 'pressure_bar{side="in"}': 4 },
    ];
    const answer = (await (await ear.post('/', JSON.stringify(rows))).json()) as { readonly message: string };
    expect(answer).toMatchObject({ taken: 3, refused: 1, left: 2 });
    expect(answer.message).toMatch(
      /^1 bad_value: pressure_bar\{side="in"\} is "high"; some of it is no column: pressure_bar\{\}, pressure_bar came/,
    );
    await ear.until(() => ear.observations.length === 3);
    expect(seen().map(([, , values]) => values)).toEqual([{ inlet: 1 }, { outlet: 2 }, { inlet: 4 }]);
  });

  it('costs time in proportion, however long and odd the name', async () => {
    await begin({ columns });
    const odd = [
      '{'.repeat(1e6),
      ' '.repeat(1e6),
      `pressure_bar{${' '.repeat(1e6)}`,
      `pressure_bar{${'a="",'.repeat(2e5)}`,
      `pressure_bar{a="${'\\'.repeat(1e6)}`,
    ];
    const row = Object.fromEntries(odd.map((name) => [`${name}}`, 1]));
    expect(
      (await ear.post('/', JSON.stringify([{ ...row, time: NOW, host: 'a', load: 1, 'pressure_bar{side="in"}': 1 }]))).ok,
    ).toBe(true);
    await ear.until(() => ear.observations.length === 1);
  });
});

describe('a push of which nothing is a column', () => {
  it('is told so by the answer where the format has a place for it, and once in the log', async () => {
    await begin();
    const json = await ear.post('/', JSON.stringify({ time: NOW, host: 'a', lode: 1 }));
    expect([json.status, await json.json()]).toEqual([
      200,
      {
        taken: 0,
        repeated: 0,
        refused: 0,
        left: 1,
        message: 'nothing of it is a column: time, host, lode came, and the columns are of system.cpu.pct, load',
      },
    ]);
    const influx = await ear.post('/write', 'löde,host=a value=1');
    expect([influx.status, influx.headers.get('x-influxdb-error')]).toEqual([
      204,
      'partial write: nothing of it is a column: l?de.value came, and the columns are of system.cpu.pct, load',
    ]);
    const point = { asDouble: 1, timeUnixNano: `${NOW}000000` };
    const request = { resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'lode', gauge: { dataPoints: [point] } }] }] }] };
    const otlp = await ear.post('/v1/metrics', JSON.stringify(request), { 'content-type': 'application/json' });
    expect([otlp.status, await otlp.json()]).toEqual([
      200,
      {
        partialSuccess: {
          rejectedDataPoints: 0,
          errorMessage: 'nothing of it is a column: lode came, and the columns are of system.cpu.pct, load',
        },
      },
    ]);
    // Who sent it again would not be helped.
    const body = writeRequest([{ labels: { __name__: 'lode', host: 'a' }, samples: [[NOW, 1]] }]);
    expect((await sendWrite(ear.address, body)).status).toBe(204);
  });
});

describe('Influx lines', () => {
  it('are metrics by measurement and field, keyed by tags; a bad line costs itself only', async () => {
    await begin({ columns: { idle: 'cpu.usage_idle', used: 'mem.used', on: 'mem.on' }, round: '10s' });
    const text = [
      '# a comment',
      `cpu,host=we\\ b,cpu=cpu-total usage_idle=98.5,text="a \\"b\\", c\nd" ${NOW}`,
      `mem,host=we\\ b used=12i,on=t ${NOW}`,
      'neither fish nor fowl,',
      `mem,host=b used=1u ${NOW + 20_000}`,
    ].join('\n');
    expect((await ear.post('/write?db=x&precision=ms', text)).status).toBe(204);
    await ear.until(() => ear.observations.length === 2);
    const [first, second] = [Math.floor(NOW / 10_000) * 10_000, Math.floor((NOW + 20_000) / 10_000) * 10_000];
    expect(seen()).toEqual([
      ['we b', first, { idle: 98.5, used: 12, on: 1 }],
      ['b', second, { used: 1 }],
    ]);
    expect(ear.hosts.dropped.get('bad_line')).toBe(1);
    expect((await ear.post('/api/v2/write?org=o&bucket=b&precision=fortnight', text)).status).toBe(400);
    expect((await fetch(`${ear.address}/ping`)).status).toBe(204);
  });
});

describe('the door', () => {
  it('answers that one should come again before the pipeline has begun: that nothing is there some would believe', async () => {
    ear = new Listening();
    const address = `${await ear.hosts.listen()}/test/push`;
    const source = await push.create(push.config.parse(config), ear.hosts.source());
    const body = writeRequest([{ labels: { __name__: 'load', host: 'b' }, samples: [[NOW, 1]] }]);
    const { status, headers } = await sendWrite(address, body);
    expect([status, headers.get('retry-after')]).toEqual([503, '5']);
    await source.close!();
  });

  it('knows its paths and methods', async () => {
    await begin();
    expect((await ear.post('/nowhere', '')).status).toBe(404);
    expect((await ear.post('/__proto__', '')).status).toBe(404);
    expect((await fetch(`${ear.address}/write`)).status).toBe(405);
  });

  it('takes no body that is too large, as it comes or unpacked, whatever it announces', async () => {
    await begin({ maxBody: 10_000, maxUnpacked: 100_000 });
    const bomb = 'x'.repeat(5_000_000);
    expect((await ear.post('/', 'x'.repeat(10_001))).status).toBe(413);
    expect((await ear.post('/', gzipSync(bomb), { 'content-encoding': 'gzip' })).status).toBe(413);
    expect((await ear.post('/', deflateSync(bomb), { 'content-encoding': 'deflate' })).status).toBe(413);
    expect((await ear.post('/api/v1/write', packed(Buffer.alloc(200_000)), { 'content-encoding': 'snappy' })).status).toBe(413);
    // A length that is far more than what follows.
    const lying = Buffer.from([0xff, 0xff, 0xff, 0xff, 0x0f, 0, 1]);
    expect((await ear.post('/api/v1/write', lying, { 'content-encoding': 'snappy' })).status).toBe(413);
    expect((await ear.post('/api/v1/write', Buffer.from([5, 0xff, 3]), { 'content-encoding': 'snappy' })).status).toBe(400);
    expect((await ear.post('/', 'x', { 'content-encoding': 'gzip' })).status).toBe(400);
    expect((await ear.post('/', 'x', { 'content-encoding': 'deflate' })).status).toBe(400);
    // A body that never ends, and tells no length.
    const status = await new Promise<number | undefined>((resolve) => {
      const endless = rawRequest(`${ear.address}/`, { method: 'POST' }, (response) => resolve(response.statusCode));
      endless.on('error', () => resolve(undefined));
      const more = setInterval(() => endless.write('y'.repeat(1_000)), 1);
      endless.on('close', () => clearInterval(more));
    });
    expect(status).toBe(413);
    expect((await ear.post('/', line(NOW))).status).toBe(204);
  });

  it('holds no more bodies at once than a few of the largest, however many come slowly', async () => {
    await begin({ maxBody: 10_000 });
    const statuses: (number | undefined)[] = [];
    const slow = Array.from({ length: 12 }, () => {
      const one = rawRequest(`${ear.address}/`, { method: 'POST' }, (response) => statuses.push(response.statusCode));
      one.on('error', () => {});
      one.write('z'.repeat(9_000));
      return one;
    });
    // Four of them fit; those that came first are waited for.
    await ear.until(() => statuses.length >= 8);
    expect(statuses.every((status) => status === 429)).toBe(true);
    expect(statuses.length).toBeLessThan(12);
    for (const one of slow) one.destroy();
    let status = 0;
    while (status !== 204) status = (await ear.post('/', line(NOW))).status;
  });

  it('answers 503 to Prometheus and 429 to others, with Retry-After, while too much waits, and takes all of it later', async () => {
    let go = () => {};
    await begin({ buffer: 100, batch: 10 }, { held: new Promise<void>((resolve) => (go = resolve)) });
    let sent = 0;
    let answer = await ear.post('/', line(NOW));
    // From now on nothing is taken from it.
    await ear.until(() => ear.observations.length === 1);
    while (answer.status === 204)
      answer = await ear.post('/', Array.from({ length: 10 }, () => line(NOW + ++sent * 1_000)).join('\n'));
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '5']);
    expect(sent).toBeLessThan(150);
    const written = await sendWrite(
      ear.address,
      writeRequest([{ labels: { __name__: 'load', host: 'b' }, samples: [[NOW, 1]] }]),
    );
    expect([written.status, written.headers.get('retry-after')]).toEqual([503, '5']);
    go();
    // The last ten were not taken.
    await ear.until(() => ear.observations.length === 1 + sent - 10);
  });

  it('answers with ack: sink when a checkpoint holds the last sample, and to a repeat when it holds what is repeated', async () => {
    await begin({ ack: 'sink' });
    let [first, second] = [0, 0];
    const push = ear.post('/', `${line(NOW)}\n${line(NOW + 1_000)}`).then(({ status }) => (first = status));
    await ear.until(() => ear.observations.length === 2);
    const again = ear.post('/', line(NOW + 1_000)).then(({ status }) => (second = status));
    await ear.until(() => ear.hosts.dropped.get('repeated') === 1);
    await ear.source.commit!('1');
    await ear.until(() => ear.cursor === '2');
    expect([first, second]).toEqual([0, 0]);
    await ear.source.commit!('2');
    await Promise.all([push, again]);
    expect([first, second]).toEqual([204, 204]);
    // Who still waits at the end is told to come again.
    const late = ear.post('/', line(NOW + 2_000));
    await ear.until(() => ear.observations.length === 3);
    await ear.source.close!();
    expect((await late).status).toBe(429);
  });

  it('puts the tenant before the key: by header, path or token', async () => {
    await begin({ tenants: { from: 'header' } });
    const send = (path: string, headers = {}) => ear.post(path, line(NOW), headers).then(({ status }) => status);
    expect(await send('/', { 'x-scope-orgid': 'acme' })).toBe(204);
    expect(await send('/', { 'x-scope-orgid': '../x' })).toBe(400);
    expect(await send('/')).toBe(400);
    await ear.until(() => ear.observations.length === 1);
    await ear.end();
    const [one] = ear.observations;
    await begin({ tenants: { from: 'path' } });
    expect([await send('/acme/json'), await send('/acme'), await send('/', {})]).toEqual([204, 204, 404]);
    await ear.until(() => ear.observations.length === 1);
    expect([one!.key, ear.observations[0]!.key]).toEqual(['acme/a', 'acme/a']);
    await ear.end();
    const tokens = { acme: 'a-token-of-some-length', other: 'another-token-of-some-length' };
    await begin({ tenants: { from: 'token', tokens } });
    expect(await send('/', { authorization: `Bearer ${tokens.acme}` })).toBe(204);
    expect(await send('/', { authorization: `Token ${tokens.other}` })).toBe(204);
    expect(await send('/', { authorization: 'Bearer a-token-of-no-one-here' })).toBe(401);
    await ear.until(() => ear.observations.length === 2);
    expect(ear.observations.map(({ key, sender }) => [key, sender])).toEqual([
      ['acme/a', 'acme'],
      ['other/a', 'other'],
    ]);
  });

  it('goes by the time of what is pushed, history or not, and by the clock once nobody has pushed for long', async () => {
    await begin({ quiet: '200ms', join: '0ms' });
    const past = NOW - 86_400_000;
    await ear.post('/', line(past));
    await ear.until(() => ear.watermark === past);
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(ear.watermark).toBe(past);
    const now = Date.now();
    await ear.post('/', line(now));
    await ear.until(() => ear.watermark > now);
    expect(ear.missing).toEqual([{ key: '*', from: past, to: past, reason: 'not observed', count: 0 }]);
  });
});
