import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Bench, ROOT, sharedData } from './support.js';

const { path: corpus, present } = sharedData('benchmark', 'nab');
const bench = new Bench();
afterAll(() => bench.dispose());

interface Report {
  readonly labels: { readonly keysWithoutRows: readonly string[] };
  readonly detectors: readonly { readonly name: string; readonly rows: number; readonly nab: Record<string, number> }[];
}

/** Runs a pipeline over the corpus, with one setting for all of its series. */
async function measure(name: string): Promise<Record<string, number> & { rows: number }> {
  const labels = join(corpus, 'labels', 'combined_windows.json');
  const file = bench.write(`${name}.yaml`, {
    extends: join(ROOT, 'pipelines', `${name}.yaml`),
    source: { with: { path: join(corpus, 'data', '**', '*.csv.gz') } },
  });
  const out = bench.path(`${name}.json`);
  const { code, stderr } = await bench.run(['evaluate', '-p', file, '--labels', labels, '--out', out]);
  if (code !== 0) throw new Error(stderr);
  const report = JSON.parse(readFileSync(out, 'utf8')) as Report;
  const detector = report.detectors.find((one) => one.name === name)!;
  return { ...detector.nab, rows: detector.rows };
}

describe.skipIf(!present)(`pipelines/nab*.yaml on NAB${present ? '' : ` (skipped: there is no ${corpus})`}`, () => {
  // What Numenta publishes for a random cut forest is 51.7; Windowed Gaussian has 39.6.
  it.each([
    ['nab', 64],
    ['nab-tails', 53],
  ] as const)(
    '%s scores above %d in the standard profile, and judges every row in time',
    async (name, least) => {
      const { standard, lowFalsePositives, lowFalseNegatives, windows, rows } = await measure(name);
      // Of 365,558; the clock of one series goes back by an hour, and eleven rows come late.
      expect(rows).toBe(365_547);
      expect(windows).toBe(116);
      expect(standard).toBeGreaterThan(least);
      expect(lowFalseNegatives).toBeGreaterThan(standard!);
      expect(lowFalsePositives).toBeGreaterThan(40);
    },
    300_000,
  );
});
