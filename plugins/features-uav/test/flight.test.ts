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
const flights = join(process.env.QUANTSTREAM_SHARED ?? resolve(root, '../shared'), 'data', 'uav', 'sitl');
const present = existsSync(flights);
const why = !present
  ? ` (skipped: ${flights} is absent)`
  : !built
    ? ' (skipped: the engine is not built, run npm run build)'
    : '';

interface Verdict {
  readonly what: string;
  readonly key: string;
  readonly kind: string;
  readonly time: number;
  readonly values: Readonly<Record<string, number | null>>;
  readonly score: number | null;
}

const COLUMNS = ['voltage', 'current', 'vibration', 'satellites', 'altitude'];

interface Run {
  readonly summary: { readonly ending: string; readonly dropped: object };
  readonly verdicts: readonly Verdict[];
}

describe.skipIf(!present || !built)(`the pipeline of a recorded flight${why}`, () => {
  let directory = '';
  let sag: Run = { summary: { ending: '', dropped: {} }, verdicts: [] };
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'quantstream-uav-'));
    sag = run('batt_a_sag');
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }));

  /** Runs the shipped file over a flight, with its rows in a file instead of a database. */
  function run(flight: string): Run {
    const pipeline = join(directory, `${flight}.yaml`);
    const summary = join(directory, `${flight}.json`);
    // JSON is YAML as well.
    const overlay = {
      extends: join(root, 'pipelines', 'uav.yaml'),
      sinks: { database: null, console: null, rows: { use: 'file', with: { path: `./${flight}.jsonl` } } },
      checkpoint: { store: 'memory' },
    };
    writeFileSync(pipeline, JSON.stringify(overlay));
    execFileSync(process.execPath, [cli, '--pipeline', pipeline, '--log-level', 'warn', '--summary', summary], {
      env: { ...process.env, UAV_LOG: join(flights, `${flight}.tlog.gz`), QUANTSTREAM_DATA: join(directory, 'data') },
      stdio: 'pipe',
    });
    const lines = readFileSync(join(directory, `${flight}.jsonl`), 'utf8')
      .split('\n')
      .filter(Boolean);
    return {
      summary: JSON.parse(readFileSync(summary, 'utf8')),
      verdicts: lines.map((line) => JSON.parse(line) as Verdict).filter(({ what }) => what === 'verdict'),
    };
  }

  it('gives five rows a second of the one vehicle, from take-off to landing, and drops nothing', () => {
    const { summary, verdicts } = sag;
    expect(summary).toMatchObject({ ending: 'finished', dropped: {} });
    // 469 s of recording, whose telemetry streams begin a few seconds after it.
    expect(verdicts.length).toBeGreaterThan(455 * 5);
    expect(verdicts.length).toBeLessThanOrEqual(470 * 5);
    expect(new Set(verdicts.map(({ key, kind }) => `${key} ${kind}`))).toEqual(new Set(['vehicle-1 telemetry']));
    for (let i = 1; i < verdicts.length; i++) expect(verdicts[i].time - verdicts[i - 1].time).toBeGreaterThanOrEqual(200);
  });

  it('fills all five columns of nearly every row, with values of that flight', () => {
    const { verdicts } = sag;
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
      const scores = sag.verdicts
        .filter(({ time }) => time >= boot + from && time < boot + to)
        .flatMap(({ score }) => score ?? []);
      return scores.sort((a, b) => a - b)[scores.length >> 1];
    };
    expect(median(208_500, 238_500)).toBeGreaterThan(median(150_000, 208_000) + 0.05);
  });

  it('stops giving rows in a blackout of the link, and goes on after it', () => {
    const { verdicts } = run('link_a_blackout');
    const gaps = verdicts.slice(1).map(({ time }, i) => time - verdicts[i].time);
    // 30 s without a byte, of which rows outlast the first three.
    expect(Math.max(...gaps)).toBeGreaterThan(26_000);
    expect(Math.max(...gaps)).toBeLessThan(30_000);
    expect(gaps.filter((gap) => gap > 5_000)).toHaveLength(1);
  });
});
