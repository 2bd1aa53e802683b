import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { exporter } from '../plugins/source-scrape/test/exporter.js';
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
