import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { Bench, ROOT } from './support.js';

const bench = new Bench();
afterAll(() => bench.dispose());

const START = '2026-03-01T00:00:00Z';

interface Label {
  readonly kind: string;
  readonly from: number;
  readonly to: number;
  readonly magnitude: number;
}
interface Said {
  readonly id: string;
  readonly start: number;
  readonly end: number;
  readonly model: string;
  readonly reason: string;
}

/** Flies simulated vehicles past the shipped pipeline. @returns what happened, and the episodes that came of it */
async function fly(name: string, simulator: object): Promise<{ labels: Label[]; episodes: Said[] }> {
  const labels = bench.path(`${name}.labels.jsonl`);
  const pipeline = bench.write(`${name}.yaml`, {
    extends: join(ROOT, 'pipelines', 'uav.yaml'),
    name,
    source: { with: { connect: 'simulator', simulator: { start: START, realTime: false, labels, ...simulator } } },
    sinks: { database: null, console: null, rows: { use: 'file', with: { path: `./${name}.jsonl`, write: ['episodes'] } } },
    checkpoint: { store: 'memory' },
    http: null,
  });
  const { code, stderr } = await bench.start(['--pipeline', pipeline, '--log-level', 'warn'], name).exit;
  expect(code, stderr).toBe(0);
  const lines = (path: string) =>
    readFileSync(path, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line));
  const episodes = new Map(lines(bench.path(`${name}.jsonl`)).map((episode: Said) => [episode.id, episode]));
  return { labels: lines(labels), episodes: [...episodes.values()] };
}

const atTime = (episodes: readonly Said[], from: number, to = from) =>
  episodes.filter(({ start, end }) => start <= to && end >= from);

describe('simulated vehicles', () => {
  it('are announced to breach a fence at least three seconds before they do', async () => {
    const { labels, episodes } = await fly('approach', { seed: 11, duration: '55m', mission: 'approach', faultsPerHour: 0 });
    const breaches = labels.filter(({ kind }) => kind === 'geofence_breach').slice(0, 20);
    expect(breaches).toHaveLength(20);
    const early = breaches.filter(({ from }) =>
      atTime(episodes, from).some(({ start, reason }) => from - start >= 3_000 && reason.includes('geofence')),
    );
    expect(early.length).toBeGreaterThanOrEqual(19);
  }, 120_000);

  it('raise no wolf where they come near a fence and turn', async () => {
    const { labels, episodes } = await fly('near', { seed: 12, duration: '45m', mission: 'near_miss', faultsPerHour: 0 });
    const misses = labels.filter(({ kind }) => kind === 'normal').slice(0, 20);
    expect(misses).toHaveLength(20);
    expect(misses.filter(({ from, to }) => atTime(episodes, from, to).length > 0).length).toBeLessThanOrEqual(1);
  }, 120_000);

  it('are told what is wrong with them, by subsystem, and nothing while nothing is', async () => {
    const faults = [
      { kind: 'battery_sag', at: '100s', duration: '20s', magnitude: 0.05 },
      { kind: 'gps_loss', at: '150s', duration: '5s' },
      { kind: 'vibration', at: '190s', duration: '20s', magnitude: 12 },
      { kind: 'baro_glitch', at: '240s', duration: '15s', magnitude: 6 },
      { kind: 'compass_interference', at: '290s', duration: '20s', magnitude: 250 },
      { kind: 'motor_degradation', at: '340s', duration: '20s', magnitude: 0.3 },
      { kind: 'link_loss', at: '390s', duration: '15s' },
    ];
    const { labels, episodes } = await fly('faults', { seed: 13, duration: '450s', faultsPerHour: 0, faults });
    const words: Record<string, RegExp> = {
      battery_sag: /^battery: [\d.]+ V below its model at [\d.]+ A/,
      gps_loss: /^GPS: no position/,
      vibration: /^vibration: [\d.]+ m\/s²/,
      baro_glitch: /^height: the barometer left the estimate/,
      compass_interference: /^compass: /,
      motor_degradation: /^motors: number/,
      link_loss: /^link: nothing heard/,
    };
    expect(labels.map(({ kind }) => kind)).toEqual(Object.keys(words));
    for (const { kind, from, to } of labels) {
      const said = atTime(episodes, from, to + 3_000).map(({ reason }) => reason);
      expect(
        said.some((reason) => words[kind]!.test(reason)),
        `${kind}: ${said.join(' | ')}`,
      ).toBe(true);
    }
    const about = labels.map(({ from, to }) => [from - 500, to + 15_000] as const);
    const elsewhere = episodes.filter(({ start }) => !about.some(([from, to]) => start >= from && start <= to));
    expect(elsewhere).toEqual([]);
  }, 120_000);
});

it('has every limit in docs/uav.md, as it is', () => {
  const flight = parse(readFileSync(join(ROOT, 'plugins', 'features-uav', 'flight.yaml'), 'utf8'));
  const page = readFileSync(join(ROOT, 'docs', 'uav.md'), 'utf8');
  const rules = Object.entries<{ when: string; severity: string }>(flight.models.limits.with.rules);
  for (const [name, { when, severity }] of rules) {
    const line = page.split('\n').find((one) => one.startsWith(`| \`${name}\` |`));
    expect(line, name).toContain(`\`${when}\``);
    expect(line, name).toContain(`| ${severity} |`);
  }
  expect(page.match(/^\| `[a-z_]+` \| `/gm)).toHaveLength(rules.length);
});

it('names the flight that is not there', async () => {
  expect(existsSync(bench.path('nowhere.tlog'))).toBe(false);
  const pipeline = bench.write('nowhere.yaml', {
    extends: join(ROOT, 'pipelines', 'uav.yaml'),
    name: 'nowhere',
    source: { with: { connect: 'file:nowhere.tlog' } },
    sinks: null,
    http: null,
  });
  const { code, stderr } = await bench.start(['--pipeline', pipeline]).exit;
  expect(code).toBe(1);
  expect(stderr).toContain('nowhere.tlog');
}, 30_000);
