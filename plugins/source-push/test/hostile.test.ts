import { ProtobufMetricsSerializer } from '@opentelemetry/otlp-transformer';
import { columnOf, parseSelector, sayingOf } from '@quantstream/engine/metrics';
import { timeOf } from '@quantstream/engine/recordings';
import { hostileRecords } from '@quantstream/engine/testing';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { readLines } from '../src/wire/influx.js';
import { BadBody, Samples } from '../src/wire/intake.js';
import { readOtlp } from '../src/wire/otlp.js';
import { readWriteRequest } from '../src/wire/remote-write.js';
import { readRequest2 } from '../src/wire/remote-write-2.js';
import { packed, sendWrite, writeRequest, writeRequest2 } from './bodies.js';
import { Listening } from './listening.js';

const NOW = Date.now() - 3_600_000;
let ear: Listening | undefined;
afterEach(async () => {
  await ear?.end();
  ear = undefined;
});

const series = (i: number) =>
  Array.from({ length: 3 }, (_, n) => ({
    labels: { __name__: n === 0 ? 'load' : 'cpu', instance: `wéb-${i % 5}`, mode: 'user' },
    samples: [[NOW + i, i + n]] as const,
  }));

/** Knows every series by its identity, and wants them all. */
const everything = () => {
  const known = new Map<string, string>();
  return {
    wants: () => true,
    find: (identity: string) => known.get(identity),
    make: (identity: string) => {
      known.set(identity, identity);
      return identity;
    },
  };
};

describe('hostile bodies', () => {
  const otlp = ProtobufMetricsSerializer.serializeRequest({
    resource: { attributes: { instance: 'a' } } as never,
    scopeMetrics: [
      {
        scope: { name: 's' },
        metrics: [
          {
            descriptor: { name: 'load', description: '', unit: '', valueType: 1, type: 'GAUGE' } as never,
            dataPointType: 2,
            dataPoints: [{ startTime: [0, 0], endTime: [Math.floor(NOW / 1_000), 0], attributes: {}, value: 1 }],
            aggregationTemporality: 1,
          } as never,
        ],
      },
    ],
  })!;
  const lines = [
    `load,instance=a\\ b,mode=user value=1.5,text="a \\"b\\"",n=3i ${NOW}000000`,
    `cpu,instance=c value=t ${NOW}000000`,
  ].join('\n');
  it.each([
    [
      'remote-write 1.0',
      writeRequest(series(1)),
      (bytes: Buffer, out: Samples<string>) => readWriteRequest(bytes, everything(), out),
    ],
    [
      'remote-write 2.0',
      writeRequest2(series(1)),
      (bytes: Buffer, out: Samples<string>) => readRequest2(bytes, everything(), out),
    ],
    ['OTLP', otlp, (bytes: Buffer, out: Samples<string>) => readOtlp(bytes, false, everything(), out)],
    ['Influx lines', Buffer.from(lines), (bytes: Buffer, out: Samples<string>) => readLines(bytes, NOW, 1e-6, everything(), out)],
  ])('of %s give numbers, or are said to be none', (_, good, read) => {
    let [taken, none] = [0, 0];
    const records = [...hostileRecords([good], 10_000), ...Array.from({ length: good.length }, (_, i) => good.subarray(0, i))];
    for (const record of records) {
      const out = new Samples<string>();
      try {
        read(Buffer.from(record as Uint8Array), out);
      } catch (error) {
        expect(error).toBeInstanceOf(BadBody);
        expect((error as Error).message.length).toBeLessThan(1_000);
        none++;
        continue;
      }
      taken++;
      expect(out.times.length).toBe(out.values.length);
      for (const value of [...out.times, ...out.values]) expect(typeof value).toBe('number');
    }
    expect(taken).toBeGreaterThan(1_500);
    expect(taken + none).toBe(records.length);
  });

  it('leave the door open to good ones', async () => {
    ear = await new Listening().begin({ key: 'instance', columns: { load: 'load', cpu: 'cpu' }, join: '50ms', maxBody: 100_000 });
    const good = packed(writeRequest(series(0)));
    for (const record of hostileRecords([good], 300)) {
      const { status } = await ear.post('/api/v1/write', record, {
        'content-encoding': 'snappy',
        'content-type': 'application/x-protobuf',
      });
      expect([204, 400, 413]).toContain(status);
    }
    for (const body of [
      '[',
      `${'['.repeat(30_000)}${']'.repeat(30_000)}`,
      '{"__proto__":{"time":1}}',
      '\0',
      '"\ud800"',
      '{"time":"9e99","instance":"x","load":1}',
    ])
      for (const path of ['/', '/v1/metrics', '/write'])
        expect([200, 204, 400]).toContain((await ear.post(path, body, { 'content-type': 'application/json' })).status);
    // A time that was made up may be a little ahead of all others: what is of now is taken soon after.
    const taken = () => ear!.observations.some(({ key }) => key === 'fresh');
    while (!taken()) {
      const fresh = { labels: { __name__: 'load', instance: 'fresh' }, samples: [[Date.now(), 1]] as const };
      expect((await sendWrite(ear.address, writeRequest([fresh]))).status).toBe(204);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    for (const { values, time } of ear.observations)
      for (const value of [...Object.values(values), time]) expect(Number.isFinite(value)).toBe(true);
  });

  it('of OTLP cost a point whose time is an object that point only', () => {
    const second = Math.floor(NOW / 1_000);
    const dataPoints = [{ toString: 1, valueOf: 1 }, `${second}000000000`].map((timeUnixNano) => ({ timeUnixNano, asDouble: 1 }));
    const request = { resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: 'load', gauge: { dataPoints } }] }] }] };
    const out = new Samples<string>();
    readOtlp(Buffer.from(JSON.stringify(request)), true, everything(), out);
    expect([out.times, out.refused.get('bad_time')?.count]).toEqual([[second * 1_000], 1]);
  });

  it('of Influx lines cost their own line, where quotes and backslashes are never closed', () => {
    const cases: [text: string, samples: number, bad: number][] = [
      ['"'.repeat(200_000), 0, 1],
      [`m f="${'\n'.repeat(200_000)}\nm f=1 1`, 1, 1],
      ['\\'.repeat(200_001), 0, 1],
      [`${'m f="\n'.repeat(20_001)}m f=1 1`, 1, 1],
      [','.repeat(200_000), 0, 1],
      ['a,b=c d=1\n'.repeat(20_000), 20_000, 0],
    ];
    for (const [text, samples, bad] of cases) {
      const out = new Samples<string>();
      readLines(Buffer.from(text), NOW, 1, everything(), out);
      expect([out.times.length, out.refused.get('bad_line')?.count ?? 0], text.slice(0, 20)).toEqual([samples, bad]);
    }
  });
});

describe('selectors', () => {
  it('are read as PromQL writes them, and written so again', () => {
    for (const text of [
      'node_load1',
      'system.cpu.pct',
      'node_cpu_seconds_total{mode="user"}',
      'a{b!="c",d=~"x|y",e!~"z.*"}',
      'x{a="quote \\" brace } comma , end"}',
    ]) {
      const { metric, matchers } = parseSelector(text);
      expect(parseSelector(sayingOf({ metric, matchers })).matchers.map(({ says }) => says)).toEqual(
        matchers.map(({ says }) => says),
      );
    }
    const [matcher] = parseSelector('a{b=~"x|y"}').matchers;
    expect(['x', 'y', 'xy', ''].map((value) => matcher!.holds(value))).toEqual([true, true, false, false]);
  });

  it.each(['', '{a="b"}', 'x{a=b}', 'x{a="b"', 'x{a="b"}}', 'x{a="(",b=~"("}'])('%j is none', (text) => {
    expect(() => parseSelector(text)).toThrow();
  });

  it('give columns their names', () => {
    expect(
      ['system.cpu.pct', 'Volume_Flow_RateRMS', 'node_cpu_seconds_total{mode="user"}', '1m', 'ü', 'a{b!="x",c="Y Z"}'].map(
        columnOf,
      ),
    ).toEqual(['system_cpu_pct', 'volume_flow_raterms', 'node_cpu_seconds_total_user', 'x_1m', 'x', 'a_x_y_z']);
    fc.assert(
      fc.property(
        fc.string({ minLength: 1 }).filter((text) => !/[{}]/.test(text) && text.trim() !== ''),
        (text) => {
          expect(columnOf(text)).toMatch(/^[a-z][a-z0-9_]{0,62}$/);
        },
      ),
    );
  });
});

describe('times', () => {
  it.each([
    [1_767_225_600, 1_767_225_600_000],
    ['1767225600000', 1_767_225_600_000],
    [1_767_225_600_000_000, 1_767_225_600_000],
    ['2026-01-01', 1_767_225_600_000],
    ['2026-01-01T00:00:00.250+01:00', 1_767_222_000_250],
    ['2026-01-01 00:00', 1_767_225_600_000],
    ['2026-01-01T00:00:00-0130', 1_767_231_000_000],
  ])('%j is %d', (text, time) => expect(timeOf(text, 'auto')).toBe(time));
  it.each(['', 'yesterday', '2026-13-01', '0x10', null, {}, [1], '2026-01-01T25:00:00Z', '2026-02-31T00:00:00Z'])(
    '%j is none',
    (text) => expect(timeOf(text, 'auto')).toBeNaN(),
  );
});
