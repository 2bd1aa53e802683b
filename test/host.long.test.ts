import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Bench, ROOT } from './support.js';

const bench = new Bench();
afterAll(() => bench.dispose());

const make = (folder: string, ...rest: string[]) =>
  execFileSync(process.execPath, [join(ROOT, 'scripts', 'make-host-metrics.mjs'), bench.path(folder), ...rest]);

describe('pipelines/host.yaml', () => {
  it('runs on metrics that are made with the same bytes each time, and others with another seed', () => {
    make('once', '--days', '2');
    make('again', '--days', '2');
    make('other', '--days', '2', '--seed', '2');
    const [once, again, other] = ['once', 'again', 'other'].map((folder) => readFileSync(bench.path(folder, 'metrics.csv.gz')));
    expect(again!.equals(once!)).toBe(true);
    expect(other!.equals(once!)).toBe(false);
  });

  it('finds most faults of hosts at one false episode a day, and more than plain deviations do', async () => {
    make('host');
    const file = bench.write('host.yaml', {
      extends: join(ROOT, 'pipelines', 'host.yaml'),
      source: { with: { path: bench.path('host', 'metrics.csv.gz') } },
    });
    const out = bench.path('report.json');
    const labels = bench.path('host', 'labels.jsonl');
    const { code, stderr } = await bench.run(['evaluate', '-p', file, '--labels', labels, '--rates', '1', '--out', out]);
    expect(code, stderr).toBe(0);
    const { detectors } = JSON.parse(readFileSync(out, 'utf8')) as {
      detectors: { name: string; judgedEvents: number; points: { recall: number }[]; vusPr: number }[];
    };
    const [host, plain] = ['host', '|z|'].map((name) => detectors.find((one) => one.name === name)!);
    expect(host!.judgedEvents).toBe(20);
    expect(host!.points[0]!.recall).toBeGreaterThanOrEqual(0.9);
    expect(host!.points[0]!.recall).toBeGreaterThan(plain!.points[0]!.recall);
    expect(host!.vusPr).toBeGreaterThan(0.85);
  });
});
