import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { INSTALLED, publish, WITHOUT } from '../plugins/source-mqtt/test/broker.js';
import { exporter } from '../plugins/source-scrape/test/exporter.js';
import { Mosquitto } from '../scripts/lib/mosquitto.mjs';
import { Bench, ROOT } from './support.js';

const bench = new Bench();
afterAll(() => bench.dispose());

const preset = (name: string) => join(ROOT, 'pipelines', `${name}.yaml`);

describe('the pipelines to begin with', () => {
  it.each(['nodes', 'kubernetes', 'latency', 'sensors'])('%s.yaml is valid as it is', async (name) => {
    const { code, stdout, stderr } = await bench.run(['validate', preset(name)]);
    expect(code, stderr).toBe(0);
    expect(stdout).toContain('valid');
  });

  it.each([
    [
      'nodes',
      (i: number) =>
        [
          ...[0, 1].map((cpu) => `node_cpu_seconds_total{cpu="${cpu}",mode="user"} ${i * 2}`),
          'node_cpu_seconds_total{cpu="0",mode="system"} 1',
          'node_cpu_seconds_total{cpu="0",mode="iowait"} 0',
          `node_load1 ${i % 3}`,
          'node_memory_MemAvailable_bytes 1e9',
          `node_network_receive_bytes_total{device="lo"} ${i * 1e6}`,
          `node_network_receive_bytes_total{device="eth0"} ${i * 100}`,
          `node_network_transmit_bytes_total{device="eth0"} ${i * 10}`,
          `node_disk_io_time_seconds_total{device="sda"} ${i / 10}`,
        ].join('\n'),
      {},
      ['available', 'disk_rate', 'iowait_rate', 'load', 'received_rate', 'sent_rate', 'system_rate', 'user_rate'],
    ],
    [
      'latency',
      (i: number) =>
        ['/', '/a']
          .flatMap((route) => [
            `http_request_duration_seconds_bucket{le="0.1",route="${route}",status_code="200"} ${i}`,
            `http_request_duration_seconds_sum{route="${route}",status_code="200"} ${i / 10}`,
            `http_request_duration_seconds_count{route="${route}",status_code="200"} ${i * 2}`,
            `http_request_duration_seconds_count{route="${route}",status_code="500"} ${i}`,
          ])
          .join('\n'),
      { features: { with: { every: '500ms' } } },
      ['errors_rate', 'fast_rate', 'requests_rate', 'seconds_rate'],
    ],
  ])(
    '%s.yaml makes whole rows of what exporters say',
    async (name, says, changes, columns) => {
      const one = await exporter();
      let scrapes = 0;
      one.answer = (response) => void response.end(`${says(scrapes++)}\n`);
      const file = bench.write(`${name}.yaml`, {
        extends: preset(name),
        source: { with: { targets: [one.target], every: '200ms' } },
        sinks: {
          database: null,
          page: null,
          out: { use: 'file', with: { path: `./${name}.jsonl`, write: ['verdicts'] } },
        },
        http: null,
        ...changes,
      });
      const lines = () => {
        try {
          return readFileSync(bench.path(`${name}.jsonl`), 'utf8')
            .split('\n')
            .slice(0, -1);
        } catch {
          return [];
        }
      };
      const running = bench.start(['-p', file]);
      let ended = false;
      void running.exit.then(() => {
        ended = true;
      });
      for (let tries = 0; lines().length < 12 && !ended && tries < 1_200; tries++)
        await new Promise((resolve) => setTimeout(resolve, 50));
      running.child.kill('SIGTERM');
      const { code, stderr } = await running.exit;
      await one.close();
      expect(code, stderr).toBe(0);
      const verdicts = lines().map((line) => JSON.parse(line) as { values: Record<string, number | null> });
      expect(verdicts.length).toBeGreaterThanOrEqual(12);
      // The first row of a key has no rates, and where it stops nothing may have come.
      const whole = verdicts.filter(({ values }) => Object.values(values).every((value) => value !== null));
      expect(whole.length).toBeGreaterThan(0);
      expect(Object.keys(whole[0]!.values).sort()).toEqual(columns);
    },
    90_000,
  );
});

describe('sensors.yaml over MQTT, as its comment has it', () => {
  const comment = readFileSync(preset('sensors'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('#   '))
    .map((line) => line.slice(4));
  const example = parse(comment.slice(comment.indexOf('extends: ./sensors.yaml')).join('\n'));
  const laid = (url: string) => ({
    ...example,
    extends: preset('sensors'),
    source: { ...example.source, with: { ...example.source.with, url } },
  });

  it('is valid', async () => {
    const { code, stderr } = await bench.run(['validate', bench.write('mqtt.yaml', laid('mqtt://127.0.0.1:1883'))]);
    expect(code, stderr).toBe(0);
  });

  it.skipIf(!INSTALLED)(
    `judges what a broker has, each sensor by itself${WITHOUT}`,
    async () => {
      const broker = await Mosquitto.create();
      const file = bench.write('broker.yaml', {
        ...laid(broker.url),
        sinks: {
          database: null,
          console: null,
          page: null,
          out: { use: 'file', with: { path: './mqtt.jsonl', write: ['verdicts'] } },
        },
        http: null,
      });
      const running = bench.start(['-p', file]);
      const lines = () =>
        existsSync(bench.path('mqtt.jsonl')) ? readFileSync(bench.path('mqtt.jsonl'), 'utf8').trim().split('\n') : [];
      let ended = false;
      void running.exit.then(() => {
        ended = true;
      });
      // What is said before the first connection nobody keeps.
      for (let i = 0; lines().length < 12 && !ended && i < 600; i++) {
        const said = JSON.stringify({
          temperature: 4 + (i % 3) / 10,
          humidity: 61,
          ...(i % 2 ? { battery: 3.1 } : {}),
          linkquality: 80,
        });
        await publish(broker.url, [
          ['zigbee2mqtt/cold-room', said],
          ['zigbee2mqtt/cellar', said],
        ]);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      running.child.kill('SIGTERM');
      const { code, stderr } = await running.exit;
      await broker.dispose();
      expect(code, stderr).toBe(0);
      const verdicts = lines().map((line) => JSON.parse(line) as { key: string; values: Record<string, number | null> });
      expect(verdicts.length).toBeGreaterThanOrEqual(12);
      expect(new Set(verdicts.map(({ key }) => key))).toEqual(new Set(['cold-room', 'cellar']));
      expect(verdicts[0]!.values).toMatchObject({ humidity: 61 });
    },
    90_000,
  );
});
