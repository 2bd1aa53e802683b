import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Station, sourceLaws } from '@quantstream/engine/testing';
import push from '../src/index.js';
import { sendWrite, writeRequest } from './bodies.js';

const EPOCH = Date.UTC(2026, 0, 1);
const columns = { cpu: 'system.cpu.pct', up: { metric: 'up', unit: 's' } };
const config = { key: 'host.name', columns, json: { time: 'ts' } };

const record = (i: number, time = EPOCH + i * 1_000) => ({
  ts: time,
  host: { name: `wéb-${i % 3}` },
  system: { cpu: { pct: i % 17 } },
  up: i % 2 === 0,
});
const lines = (count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => `${JSON.stringify(record(from + i))}\n`).join('');

async function post(address: string, body: string, path = '/push/'): Promise<Response> {
  const response = await fetch(`${address}${path}`, { method: 'POST', body });
  if (response.status === 204) return response;
  const text = await response.text();
  // Something of it was not taken, and that is said.
  const { refused, left } = response.status === 200 ? JSON.parse(text) : { refused: 0, left: 0 };
  if (!(refused + left > 0)) throw new Error(`${response.status} ${text}`);
  return response;
}

sourceLaws(push, {
  config,
  prepare(directory) {
    const text = lines(20).split('\n');
    text[2] = 'neither fish nor fowl';
    text[4] = text[4]!.replace(/"ts":\d+/, '"ts":"yesterday"');
    text[6] = text[6]!.replace(/"pct":\d+/, '"pct":"lots"');
    text[8] = text[8]!.replace(/"name":"[^"]*"/, '"name":""');
    text[10] = text[11]!;
    writeFileSync(join(directory, 'broken.jsonl'), text.join('\n'));
  },
  async push(address, given, directory) {
    const { prefix } = given as { prefix?: string };
    if (prefix === 'broken') return void (await post(address, readFileSync(join(directory, 'broken.jsonl'), 'utf8'), '/broken/'));
    if (prefix === 'hostile')
      return void (await post(address, readFileSync(join(directory, 'hostile.jsonl'), 'utf8'), '/hostile/'));
    for (let i = 0; i < 2_500; i += 250) await post(address, lines(250, i));
  },
  cut: { ...config, batch: 7 },
  expected: [{ key: 'wéb-1', type: 'reading', sequence: EPOCH + 1_000, time: EPOCH + 1_000, values: { cpu: 1, up: 0 } }],
  broken: {
    config: { ...config, prefix: 'broken' },
    dropped: { bad_line: 1, bad_time: 1, bad_value: 1, missing_key: 1, repeated: 1 },
    observations: 15,
  },
  hostile: {
    config: { ...config, prefix: 'hostile', maxBody: 100_000_000 },
    records: Array.from({ length: 100 }, (_, i) => JSON.stringify(record(i))),
    write: (directory, records) =>
      writeFileSync(
        join(directory, 'hostile.jsonl'),
        (records as string[]).map((one, i) => one.replace(/"ts":\d+/, `"ts":${EPOCH + i * 1_000}`)).join('\n'),
      ),
  },
  live: {
    nobody: config,
    async open(address): Promise<Station> {
      let said = 0;
      return {
        config,
        connections: 1,
        async say(count) {
          await post(
            address,
            Array.from({ length: count }, () => `${JSON.stringify(record(said, Date.now() - 60_000 + said++))}\n`).join(''),
          );
        },
        async sayBad() {
          await post(address, `neither fish nor fowl\n${JSON.stringify(record(said, Date.now() - 60_000 + said++))}`);
        },
        async sayEndless(bytes) {
          await post(address, `${JSON.stringify(record(said, Date.now() - 60_000 + said++))}\n${'x'.repeat(bytes)}`);
        },
        hangUp() {},
        async close() {},
      };
    },
  },
});

/** Scrapes of three hosts with two cores each, in two requests each. */
async function scrapes(address: string, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    const time = EPOCH + i * 15_000;
    const series = [0, 1, 2].flatMap((host) => [
      { labels: { __name__: 'node_load1', instance: `host-${host}:9100` }, samples: [[time, host + i / 10]] as const },
      ...[0, 1].map((cpu) => ({
        labels: { __name__: 'node_cpu_seconds_total', mode: 'user', cpu: String(cpu), instance: `host-${host}:9100` },
        samples: [[time, i * 3 + cpu]] as const,
      })),
    ]);
    for (const part of [series.slice(0, 4), series.slice(4)]) {
      const response = await sendWrite(`${address}/push`, writeRequest(part));
      if (response.status !== 204) throw new Error(`${response.status}`);
    }
  }
}

sourceLaws(push, {
  config: { key: 'instance', columns: { load: 'node_load1', user: 'node_cpu_seconds_total{mode="user"}' }, join: '100ms' },
  atLeast: 270,
  push: (address) => scrapes(address, 100),
  expected: [
    { key: 'host-1:9100', type: 'reading', sequence: EPOCH + 15_000, time: EPOCH + 15_000, values: { load: 1.1, user: 7 } },
  ],
});
