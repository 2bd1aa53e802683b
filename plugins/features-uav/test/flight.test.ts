import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../../..');
const cli = join(root, 'engine', 'dist', 'cli', 'main.js');
const built =
  existsSync(cli) &&
  ['source-mavlink', 'features-uav'].every((name) => existsSync(join(root, 'plugins', name, 'dist', 'index.js')));
const log = join(process.env.QUANTSTREAM_SHARED ?? resolve(root, '../shared'), 'data', 'uav', 'sitl', 'batt_a_sag.tlog.gz');
const present = existsSync(log);
const why = !present ? ` (skipped: ${log} is absent)` : !built ? ' (skipped: the engine is not built, run npm run build)' : '';

interface Verdict {
  readonly what: string;
  readonly key: string;
  readonly kind: string;
  readonly time: number;
  readonly values: Readonly<Record<string, number | null>>;
  readonly score: number | null;
}

const COLUMNS = ['voltage', 'current', 'vibration', 'satellites', 'altitude'];

describe.skipIf(!present || !built)(`the pipeline of a recorded flight${why}`, () => {
  let directory = '';
  afterAll(() => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }));
  let verdicts: Verdict[] = [];
  let summary: { readonly ending: string; readonly dropped: object; readonly observations: number } | undefined;

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'quantstream-uav-'));
    const pipeline = join(directory, 'flight.yaml');
    const summaryFile = join(directory, 'summary.json');
    // The file that is shipped, without its database: JSON is YAML as well.
    const overlay = {
      extends: join(root, 'pipelines', 'uav.yaml'),
      sinks: { database: null, console: null, rows: { use: 'file', with: { path: './rows.jsonl' } } },
      checkpoint: { store: 'memory' },
    };
    writeFileSync(pipeline, JSON.stringify(overlay));
    execFileSync(process.execPath, [cli, '--pipeline', pipeline, '--log-level', 'warn', '--summary', summaryFile], {
      env: { ...process.env, UAV_LOG: log, QUANTSTREAM_DATA: join(directory, 'data') },
      stdio: 'pipe',
    });
    summary = JSON.parse(readFileSync(summaryFile, 'utf8'));
    const lines = readFileSync(join(directory, 'rows.jsonl'), 'utf8').split('\n').filter(Boolean);
    verdicts = lines.map((line) => JSON.parse(line) as Verdict).filter(({ what }) => what === 'verdict');
  });

  it('gives five rows a second of the one vehicle, from take-off to landing, and drops nothing', () => {
    expect(summary).toMatchObject({ ending: 'finished', dropped: {} });
    // 469 s of recording, whose telemetry streams begin a few seconds after it.
    expect(verdicts.length).toBeGreaterThan(455 * 5);
    expect(verdicts.length).toBeLessThanOrEqual(470 * 5);
    expect(new Set(verdicts.map(({ key, kind }) => `${key} ${kind}`))).toEqual(new Set(['vehicle-1 telemetry']));
    for (let i = 1; i < verdicts.length; i++) expect(verdicts[i].time - verdicts[i - 1].time).toBeGreaterThanOrEqual(200);
  });

  it('fills all five columns of nearly every row, with values of that flight', () => {
    const complete = verdicts.filter(({ values }) => COLUMNS.every((column) => typeof values[column] === 'number'));
    expect(complete.length).toBeGreaterThan(verdicts.length * 0.98);
    const range = (column: string) => {
      const values = complete.map(({ values }) => values[column] as number);
      return [Math.min(...values), Math.max(...values)];
    };
    const [leastVoltage, mostVoltage] = range('voltage');
    expect(leastVoltage).toBeGreaterThan(10);
    expect(leastVoltage).toBeLessThan(10.6);
    expect(mostVoltage).toBeLessThan(13);
    expect(range('satellites')[1]).toBe(10);
    expect(range('latitude')[0]).toBeCloseTo(-35.36, 1);
  });

  it('scores the sagging battery higher than the flight before it', () => {
    const boot = 1_772_442_000_000;
    const median = (from: number, to: number) => {
      const scores = verdicts.filter(({ time }) => time >= boot + from && time < boot + to).flatMap(({ score }) => score ?? []);
      return scores.sort((a, b) => a - b)[scores.length >> 1];
    };
    expect(median(208_500, 238_500)).toBeGreaterThan(median(150_000, 208_000) + 0.05);
  });
});
