import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TestHosts } from '@quantstream/engine/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { freePort } from '../../../scripts/lib/servers.mjs';
import scrape from '../src/index.js';

/** Whether a program can be run here. */
function has(program: string): boolean {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const EXPORTERS = [
  {
    program: 'prometheus',
    flags: (address: string, folder: string) => [
      `--config.file=${join(folder, 'empty.yml')}`,
      `--storage.tsdb.path=${join(folder, 'data')}`,
      `--web.listen-address=${address}`,
    ],
    columns: { goroutines: 'go_goroutines', cpu: 'process_cpu_seconds_total', heap: 'go_memstats_heap_inuse_bytes' },
  },
  {
    program: 'prometheus-node-exporter',
    flags: (address: string) => [`--web.listen-address=${address}`],
    columns: { load: 'node_load1', user: 'node_cpu_seconds_total{mode="user"}', memory: 'node_memory_MemAvailable_bytes' },
  },
];

describe.each(EXPORTERS)('the real $program', ({ program, flags, columns }) => {
  const hosts = new TestHosts();
  const folder = mkdtempSync(join(tmpdir(), 'qs-scrape-'));
  afterAll(() => {
    hosts.dispose();
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  });

  it.skipIf(!has(program))(
    `is scraped (skipped where ${program} is not installed)`,
    async () => {
      writeFileSync(join(folder, 'empty.yml'), '');
      const target = `127.0.0.1:${await freePort()}`;
      const child = spawn(program, flags(target, folder), { stdio: 'ignore' });
      const stop = new AbortController();
      const late = setTimeout(() => stop.abort(new Error('late')), 30_000);
      try {
        const dropped: string[] = [];
        const drop = (reason: string) => void dropped.push(reason);
        const config = scrape.config.parse({ targets: [target], columns, every: '200ms' });
        const source = await scrape.create(config, { ...hosts.source(), drop });
        const found = [];
        for await (const { observations } of source.read(null, stop.signal)) {
          found.push(...observations);
          if (found.length >= 3) break;
        }
        expect(found.length).toBeGreaterThanOrEqual(3);
        for (const { key, values } of found) {
          expect(key).toBe(target);
          expect(Object.keys(values).sort()).toEqual(Object.keys(columns).sort());
          expect(Object.values(values).every((value) => value >= 0)).toBe(true);
        }
        // Until it listens nobody answers; of what it says nothing is dropped.
        expect(dropped.filter((reason) => reason !== 'failed_scrape')).toEqual([]);
      } finally {
        clearTimeout(late);
        child.kill('SIGKILL');
      }
    },
    60_000,
  );
});
