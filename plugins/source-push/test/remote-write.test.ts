import { afterEach, describe, expect, it } from 'vitest';
import { type Said, STALE, sendWrite, writeRequest, writeRequest2 } from './bodies.js';
import { Listening } from './listening.js';

const NOW = Date.now() - 600_000;
const columns = { load: 'node_load1', user: { metric: 'node_cpu_seconds_total', labels: { mode: 'user' }, kind: 'counter' } };
const config = { key: 'instance', columns, join: '100ms' };

/** For several requests of one scrape: a machine that others use as well may take long between two. */
const PATIENT = { join: '3s' };

const load = (host: string, ...samples: [number, number][]): Said => ({
  labels: { __name__: 'node_load1', instance: host, job: 'n' },
  samples,
});
const user = (host: string, cpu: number, ...samples: [number, number][]): Said => ({
  labels: { __name__: 'node_cpu_seconds_total', mode: 'user', cpu: String(cpu), instance: host },
  samples,
});
const idle = (host: string, time: number): Said => ({
  labels: { __name__: 'node_cpu_seconds_total', mode: 'idle', cpu: '0', instance: host },
  samples: [[time, 1e6]],
});

let ear: Listening;
const begin = async (more: object = {}) => {
  ear = await new Listening().begin({ ...config, ...more });
};
afterEach(() => ear.end());
const seen = () => ear.observations.map(({ key, time, values }) => [key, time, values]);

describe.each([
  ['1.0', 1, writeRequest],
  ['2.0', 2, writeRequest2],
] as const)('remote-write %s', (_, version, bodyOf) => {
  const send = (...series: Said[]) => sendWrite(ear.address, bodyOf(series), version);

  it('makes one observation of the samples of one key and time, over several requests, and adds up cores', async () => {
    await begin(PATIENT);
    for (const at of [0, 15_000, 30_000]) {
      expect((await send(load('a:1', [NOW + at, 2]), user('a:1', 0, [NOW + at, 10]), idle('a:1', NOW + at))).status).toBe(204);
      expect((await send(user('a:1', 1, [NOW + at, 20]))).status).toBe(204);
    }
    await ear.until(() => ear.observations.length === 3);
    expect(seen()).toEqual([0, 15_000, 30_000].map((at) => ['a:1', NOW + at, { load: 2, user: 30 }]));
    expect([...ear.hosts.dropped]).toEqual([]);
  });

  it('knows repeats by series and time, within a request and over requests', async () => {
    await begin();
    for (let i = 0; i < 2; i++) await send(user('a:1', 0, [NOW, 10], [NOW, 10]), user('a:1', 1, [NOW, 20]));
    await ear.until(() => ear.observations.length === 1);
    await send(user('a:1', 0, [NOW, 10]));
    expect(seen()).toEqual([['a:1', NOW, { user: 30 }]]);
    expect(ear.hosts.dropped.get('repeated')).toBe(5);
  });

  it('takes a stale marker for the silence of its series, and of all series of a key for the silence of the key', async () => {
    await begin();
    await send(load('a:1', [NOW, 1]), user('a:1', 0, [NOW, 5]));
    await ear.until(() => ear.observations.length === 1);
    await send(load('a:1', [NOW + 15_000, Number.NaN]), user('a:1', 0, [NOW + 15_000, 6]));
    await ear.until(() => ear.observations.length === 2);
    await send(user('a:1', 0, [NOW + 30_000, Number.NaN]));
    await send(load('b:1', [NOW + 60_000, 1]));
    await ear.until(() => ear.observations.length === 3);
    expect(seen()).toEqual([
      ['a:1', NOW, { load: 1, user: 5 }],
      ['a:1', NOW + 15_000, { user: 6 }],
      ['b:1', NOW + 60_000, { load: 1 }],
    ]);
    // Time goes on by those who still speak.
    await ear.until(() => ear.watermark > NOW + 30_000);
  });

  it('holds a body that is none for an error, takes nothing of it, and goes on', async () => {
    await begin();
    const body = Buffer.from(bodyOf([load('a:1', [NOW, 1])]));
    for (const wrong of [body.subarray(0, body.length - 3), Buffer.concat([body, Buffer.from([0x2a, 0xff, 0xff, 1])])])
      expect((await sendWrite(ear.address, wrong, version)).status).toBe(400);
    expect((await send(load('a:1', [NOW, 1]))).status).toBe(204);
    await ear.until(() => ear.observations.length === 1);
  });

  it('tells what came too late, and refuses what is ahead of the clock or has no key', async () => {
    await begin(PATIENT);
    await send(load('a:1', [NOW, 1]));
    await ear.until(() => ear.observations.length === 1);
    await send(user('a:1', 0, [NOW, 5]));
    const ahead = await send(load('a:1', [Date.now() + 3_600_000, 1]));
    expect([ahead.status, await ahead.text()]).toEqual([400, expect.stringContaining('ahead of our clock')]);
    const nameless = await send({ labels: { __name__: 'node_load1' }, samples: [[NOW + 1, 1]] });
    expect([nameless.status, await nameless.text()]).toEqual([400, expect.stringContaining('has no instance')]);
    expect(Object.fromEntries(ear.hosts.dropped)).toEqual({ late: 1, ahead: 1, missing_key: 1 });
    // What came late is waited for the next time.
    await send(load('a:1', [NOW + 15_000, 1]));
    await send(user('a:1', 0, [NOW + 15_000, 6]));
    await ear.until(() => ear.observations.length === 2);
    expect(seen().at(-1)).toEqual(['a:1', NOW + 15_000, { load: 1, user: 6 }]);
  });
});

describe('remote-write', () => {
  it('says how much of a request of 2.0 was written', async () => {
    await begin();
    const body = writeRequest2([load('a:1', [NOW, 1]), user('a:1', 0, [NOW, 5]), idle('a:1', NOW)]);
    const { status, headers } = await sendWrite(ear.address, body, 2);
    const written = (what: string) => headers.get(`x-prometheus-remote-write-${what}-written`);
    expect([status, written('samples'), written('histograms'), written('exemplars')]).toEqual([204, '3', '0', '0']);
    expect(
      (await sendWrite(ear.address, writeRequest([load('b:1', [NOW, 1])]))).headers.get(
        'x-prometheus-remote-write-samples-written',
      ),
    ).toBeNull();
  });

  it('knows the stale marker of Prometheus by its bits', async () => {
    await begin();
    const body = Buffer.from(writeRequest([load('a:1', [NOW, 1.5])]));
    const at = body.indexOf(Buffer.from(new Float64Array([1.5]).buffer));
    STALE.copy(body, at);
    await sendWrite(ear.address, body);
    await sendWrite(ear.address, writeRequest([load('b:1', [NOW, 2])]));
    await ear.until(() => ear.observations.length === 1);
    expect(seen()).toEqual([['b:1', NOW, { load: 2 }]]);
  });

  it('wants its own encoding and type', async () => {
    await begin();
    const body = writeRequest([load('a:1', [NOW, 1])]);
    expect((await sendWrite(ear.address, body, 1, { 'content-encoding': 'zstd' })).status).toBe(415);
    expect(
      (await sendWrite(ear.address, body, 1, { 'content-type': 'application/x-protobuf;proto=io.other.Request' })).status,
    ).toBe(415);
    expect(
      (await sendWrite(ear.address, body, 1, { 'content-type': 'application/x-protobuf;proto=prometheus.WriteRequest' })).status,
    ).toBe(204);
  });

  it('learns series anew where there are more than it remembers, and loses nothing', async () => {
    await begin({ series: 10, join: '0ms' });
    for (let round = 0; round < 3; round++)
      await sendWrite(
        ear.address,
        writeRequest(Array.from({ length: 50 }, (_, i) => load(`host-${i}`, [NOW + round * 15_000, i]))),
      );
    await ear.until(() => ear.observations.length === 150);
    expect(new Set(seen().map((one) => JSON.stringify(one))).size).toBe(150);
  });
});
