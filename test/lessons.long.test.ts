// People say that a nightly job is normal, or that a fault was one: what that changes, what it never hides, and that it is the same wherever the stream is judged.

import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { type Episode, gaussian, type SinkBatch, type Verdict } from '../engine/src/api/index.js';
import { checkpointsOf } from '../engine/src/compose/checkpoints.js';
import type { Outside } from '../engine/src/compose/outside.js';
import { labelsOf } from '../engine/src/compose/people/labels.js';
import { changesOf, saidOf } from '../engine/src/compose/people/said.js';
import { composePipeline } from '../engine/src/compose/pipeline.js';
import { systemClock } from '../engine/src/ports/clock.js';
import { MemoryLog } from '../engine/src/ports/log.js';
import { unheardMetrics } from '../engine/src/ports/metrics.js';
import { planPipeline } from '../engine/src/spec/plan.js';
import type { Plan } from '../engine/src/spec/planned.js';
import { Bench } from './support.js';

const bench = new Bench();
afterAll(() => bench.dispose());

const MINUTE = 60_000;
const DAY = 86_400_000;
/** A Monday. */
const START = Date.UTC(2026, 2, 2);
const JOB = { from: 150, to: 170 };
const inJob = (minute: number) => minute >= JOB.from && minute < JOB.to;

/** What happens on a day beside its ordinary life, by column. */
type Change = (minute: number) => { readonly cpu?: number; readonly disk?: number; readonly memory?: number };
const NOTHING: Change = () => ({});
/** The job, so many times as strong as usual. */
const job =
  (times: number, more: Change = NOTHING): Change =>
  (minute) => ({ ...(inJob(minute) ? { cpu: 40 * times, disk: 60 * times } : {}), ...more(minute) });

/** A host, minute by minute, day after day; the same seed is the same host. */
class Host {
  readonly lines = ['ts,host,cpu,disk,memory'];
  private readonly normal: () => number;
  private level = 0;
  private days = 0;

  constructor(seed: number) {
    this.normal = gaussian(seed);
  }

  live(...days: Change[]): this {
    for (const change of days) {
      const strength = 1 + 0.08 * this.normal();
      for (let minute = 0; minute < 1_440; minute++) {
        this.level = 0.9 * this.level + this.normal();
        const { cpu = 0, disk = 0, memory = 0 } = change(minute);
        const time = new Date(START + this.days * DAY + minute * MINUTE).toISOString();
        const values = [
          20 + this.level + cpu * strength,
          5 + 0.5 * this.normal() + disk * strength,
          40 + 0.7 * this.normal() + memory,
        ];
        this.lines.push([time, 'db', ...values.map((value) => value.toFixed(3))].join());
      }
      this.days++;
    }
    return this;
  }
}

const times = (count: number, change: Change) => Array.from({ length: count }, () => change);
const dayOf = ({ time }: Verdict) => Math.floor((time - START) / DAY);
const minuteOf = ({ time }: Verdict) => ((time - START) % DAY) / MINUTE;

const pipelineOf = (name: string) => ({
  name,
  source: { use: 'file', with: { path: `./${name}.csv`, key: 'host', time: 'ts', values: ['cpu', 'disk', 'memory'] } },
  features: { use: 'window', with: { columns: ['cpu', 'disk', 'memory'] } },
  models: {
    distance: { use: 'mahalanobis', columns: ['cpu', 'disk', 'memory'], with: { halfLife: 10_000, warmUp: 500 } },
    tails: { use: 'tails', columns: ['cpu', 'disk', 'memory'], with: { window: 6_000, warmUp: 500 } },
  },
  alarms: { perDay: 1, cooldown: '10m', calibration: { atLeast: '2d', guard: '10m', longest: '3h' } },
});

/** A pipeline over a host that goes on living, run again whenever it has. */
class Watched {
  private readonly name: string;
  private readonly more: object;
  verdicts: Verdict[] = [];
  readonly episodes = new Map<string, Episode>();
  readonly log = new MemoryLog();
  plan!: Plan;
  private now = 1_000;

  constructor(name: string, more: object = {}) {
    this.name = name;
    this.more = more;
  }

  /** Judges what has come since the last time, or all of it in a memory of its own. */
  async judge(host: Host, said?: Outside['said']): Promise<void> {
    const { name } = this;
    bench.write(`${name}.csv`, `${host.lines.join('\n')}\n`);
    const file = bench.write(`${name}.yaml`, {
      ...pipelineOf(name),
      ...this.more,
      ...(said && { checkpoint: { store: 'memory' } }),
    });
    const plan = await planPipeline(file, { dataRoot: bench.path('data'), set: [], environment: {} });
    this.plan = plan;
    const write = async ({ verdicts, episodes }: SinkBatch) => {
      this.verdicts.push(...verdicts.map((verdict) => structuredClone(verdict)));
      for (const episode of episodes) this.episodes.set(episode.id, structuredClone(episode));
    };
    const plugin = { kind: 'sink', delivery: 'idempotent', create: () => ({ write, close: async () => {} }) };
    const collected = { ...plan, http: undefined, sinks: [{ use: 'collect', name: 'collect', config: {}, plugin }] };
    const outside = { clock: systemClock, log: this.log, metrics: unheardMetrics, ...(said && { said }) };
    const pipeline = await composePipeline(collected as unknown as Plan, outside);
    expect(await pipeline.run(new AbortController().signal)).toBe('finished');
  }

  async labels() {
    const outside = { clock: systemClock, log: this.log, metrics: unheardMetrics };
    return labelsOf(this.plan, await checkpointsOf(this.plan, outside), () => ++this.now);
  }

  async say(episode: Episode, label: 'anomaly' | 'normal', note?: string): Promise<void> {
    const { id, key, start: from, end: to } = episode;
    await (await this.labels()).put({ episode: id, key, from, to, label, ...(note === undefined ? {} : { note }) });
  }

  /** What people said, as a run over the same stream is told. */
  said() {
    return changesOf(this.plan, { clock: systemClock, log: this.log, metrics: unheardMetrics });
  }

  /** Anomalous rows of a day, within the job or outside of it. */
  odd(day: number, within = true): Verdict[] {
    return this.verdicts.filter((one) => one.anomalous && dayOf(one) === day && inJob(minuteOf(one)) === within);
  }

  episodeOf(day: number): Episode {
    const first = this.odd(day)[0]!;
    return this.episodes.get(first.episode!)!;
  }
}

describe.each([21, 7_101])('one label on a nightly job (seed %d)', (seed) => {
  const leak: Change = (minute) => (inJob(minute) ? { memory: 12 } : {});
  const host = new Host(seed).live(...times(7, job(1)));
  const watched = new Watched(`nightly-${seed}`);

  it('makes the next nights silent and says why; what else is odd in that hour, and the job three times as strong, is found', async () => {
    await watched.judge(host);
    expect(watched.odd(5).length).toBeGreaterThan(10);
    expect(watched.odd(6).length).toBeGreaterThan(10);
    await watched.say(watched.episodeOf(6), 'normal', 'backup');
    await watched.judge(host.live(...times(4, job(1)), job(1, leak), job(3), job(1)));
    for (const day of [7, 8, 9, 10, 13]) expect(watched.odd(day), `day ${day}`).toEqual([]);
    const silenced = watched.verdicts.filter(({ taught, time }) => taught && time < START + 11 * DAY);
    expect(silenced.length).toBeGreaterThan(4 * 10);
    for (const verdict of silenced) {
      expect(verdict).toMatchObject({ anomalous: false, score: 0, pValue: 1, taught: { label: 'normal' } });
      expect(verdict.reason).toMatch(/^as in the episode of 2026-03-08 02:\d\d UTC, which was called normal \(“backup”\)$/);
    }
    expect(watched.odd(11).length).toBeGreaterThan(10);
    expect(watched.odd(11)[0]!.reason).toContain('memory');
    expect(watched.odd(12).length).toBeGreaterThan(10);
  });

  it('is kept with when it was heard, and undone the nights are back', async () => {
    const labels = await watched.labels();
    const [label] = await labels.list();
    expect(label).toMatchObject({ label: 'normal', since: watched.verdicts[7 * 1_440 - 1]!.time });
    await labels.undo(label!.episode);
    await watched.judge(host.live(...times(2, job(1))));
    for (const day of [14, 15]) expect(watched.odd(day).length).toBeGreaterThan(10);
  });

  it('is the same where the stream is judged again, at once and elsewhere', async () => {
    const again = new Watched(`nightly-${seed}`);
    await again.judge(host, await watched.said());
    expect(again.verdicts.length).toBe(16 * 1_440);
    expect(again.verdicts).toEqual(watched.verdicts);
    const untaught = new Watched(`nightly-${seed}`);
    await untaught.judge(host, []);
    expect(untaught.odd(8).length).toBeGreaterThan(10);
  });
});

it('by the command line, without a database, and with several threads it is the same', async () => {
  const host = new Host(22).live(...times(4, job(1)));
  const judge = async (workers: number) => {
    const name = `threads-${workers}`;
    const file = bench.write(`${name}.yaml`, {
      ...pipelineOf(name),
      workers,
      sinks: { lines: { use: 'file', with: { path: `./${name}.jsonl` } } },
    });
    const lines = () =>
      readFileSync(bench.path(`${name}.jsonl`), 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line.replaceAll(name, 'threads')) as Verdict & { what: string });
    bench.write(`${name}.csv`, `${host.lines.join('\n')}\n`);
    expect(await bench.run(['-p', file])).toMatchObject({ code: 0 });
    const id = lines().findLast((one) => one.what === 'verdict' && one.anomalous && inJob(minuteOf(one)))!.episode!;
    const wrong = await bench.run(['label', 'threads/db/row/x/0', 'normal', '-p', file]);
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining(`is no episode of ${name}: expected an id such as`) });
    const said = await bench.run(['label', id.replace('threads', name), 'normal', '-p', file, '--note', 'backup']);
    expect(said).toMatchObject({ code: 0, stdout: expect.stringContaining('db 2026-03-05T02:3') });
    const more = new Host(22).live(...times(6, job(1)));
    bench.write(`${name}.csv`, `${more.lines.join('\n')}\n`);
    expect(await bench.run(['-p', file])).toMatchObject({ code: 0 });
    const taught = lines().filter(({ what }) => what === 'verdict');
    // The pipeline has heard it, and knows how long it was.
    const { from, to, episode } = JSON.parse((await bench.run(['labels', '-p', file, '--only', 'all'])).stdout);
    expect([episode, to - from > 10 * 60_000]).toEqual([id.replace('threads', name), true]);
    return taught;
  };
  const [one, several] = [await judge(1), await judge(2)];
  expect(several).toEqual(one);
  expect(one.filter(({ taught }) => taught).length).toBeGreaterThan(20);
  expect(one.filter((verdict) => verdict.anomalous && dayOf(verdict) > 3 && inJob(minuteOf(verdict)))).toEqual([]);
  const backtest = await bench.run(['backtest', '-p', bench.path('threads-1.yaml')]);
  expect(backtest.stdout + backtest.stderr).toMatch(
    /What people said of episodes, and what that changed since\n {2}\d+ rows made ordinary, .*; \d+ before it was said/,
  );
  // Taken back, by the same command.
  const file = bench.path('threads-1.yaml');
  const { episode } = JSON.parse((await bench.run(['labels', '-p', file, '--only', 'all'])).stdout);
  const undo = () => bench.run(['label', episode, 'undo', '-p', file]);
  expect(await undo()).toMatchObject({ code: 0, stdout: expect.stringContaining('normal is taken back; nothing is said') });
  expect(await undo()).toMatchObject({ code: 2, stderr: expect.stringContaining('nothing that could be taken back was said') });
  expect((await bench.run(['labels', '-p', file, '--only', 'all'])).stdout.trim()).toBe('');
  bench.write('threads-1.csv', `${new Host(22).live(...times(8, job(1))).lines.join('\n')}\n`);
  expect(await bench.run(['-p', file])).toMatchObject({ code: 0 });
  const lines = readFileSync(bench.path('threads-1.jsonl'), 'utf8').trim().split('\n');
  const later = lines
    .map((line) => JSON.parse(line) as Verdict & { what: string })
    .filter((verdict) => verdict.what === 'verdict' && verdict.anomalous && inJob(minuteOf(verdict)) && dayOf(verdict) > 6);
  expect(later.length).toBeGreaterThan(10);
});

it('what was called an anomaly, a day later, is found again where it had been learned, and not learned any more', async () => {
  // A fault that comes back every two hours: after a while it is how things are.
  const often: Change = (minute) => (minute % 120 < 6 ? { cpu: 14 } : {});
  const host = new Host(33).live(...times(4, NOTHING), (minute) => (minute >= 600 && minute < 606 ? { cpu: 14 } : {}));
  const watched = new Watched('repeated');
  const faults = (day: number) =>
    watched.verdicts.filter((one) => one.anomalous && dayOf(one) === day && minuteOf(one) % 120 < 6).length;
  await watched.judge(host);
  const found = watched.verdicts.filter((one) => one.anomalous && dayOf(one) === 4 && minuteOf(one) >= 600);
  expect(found.length).toBeGreaterThan(2);
  await watched.judge(host.live(...times(5, often)));
  expect(faults(9)).toBeLessThan(12);
  const episode = [...watched.episodes.values()].find(({ id }) => id === found[0]!.episode)!;
  await watched.say(episode, 'anomaly', 'the pump');
  await watched.judge(host.live(...times(4, often)));
  for (const day of [10, 11, 12, 13]) expect(faults(day), `day ${day}`).toBeGreaterThan(30);
  expect(watched.verdicts.findLast(({ taught }) => taught)).toMatchObject({
    anomalous: true,
    taught: { label: 'anomaly', episode: episode.id },
    reason: expect.stringContaining('which was called an anomaly (“the pump”)'),
  });
});

it('where life has a rhythm, what was called normal is so at its hour', async () => {
  const models = Object.fromEntries(
    ['mahalanobis', 'tails'].map((use) => [
      use,
      { use, columns: ['cpu', 'disk', 'memory'], transform: { rhythm: 'auto' }, with: { warmUp: 500 } },
    ]),
  );
  const watched = new Watched('hourly', { models });
  const surge =
    (from: number, length = 20): Change =>
    (minute) =>
      minute >= from && minute < from + length ? { cpu: 40, disk: 60 } : {};
  const host = new Host(34).live(...times(6, NOTHING), surge(150));
  await watched.judge(host);
  expect(watched.odd(6).length).toBeGreaterThan(10);
  await watched.say(watched.episodeOf(6), 'normal');
  await watched.judge(host.live(surge(150), surge(840), surge(170)));
  expect(watched.odd(7)).toEqual([]);
  expect(watched.odd(8, false).length).toBeGreaterThan(10);
  expect(watched.odd(9, false)).toEqual([]);
  // Of an episode by its id alone nobody but the key knows how long it was.
  const long = new Watched('hourly-long', { models });
  const other = new Host(37).live(...times(6, NOTHING), surge(600, 100));
  await long.judge(other);
  const first = long.odd(6, false)[0]!;
  const late = (day: number) =>
    long.verdicts.filter((one) => one.anomalous && dayOf(one) === day && minuteOf(one) >= 640 && minuteOf(one) < 700);
  expect(late(6).length).toBeGreaterThan(10);
  await long.say({ ...long.episodes.get(first.episode!)!, end: first.time }, 'normal');
  await long.judge(other.live(surge(600, 100)));
  expect(late(7)).toEqual([]);
});

it('a mute says nothing of an episode, neither to the key nor to an evaluation', async () => {
  const watched = new Watched('muted');
  const host = new Host(38).live(...times(4, NOTHING), job(1));
  await watched.judge(host);
  const { id: episode, key, start: from, end: to } = watched.episodeOf(4);
  const labels = await watched.labels();
  const said = () => saidOf(watched.plan, { clock: systemClock, log: watched.log, metrics: unheardMetrics });
  await labels.put({ episode, key, from, to, label: 'anomaly', muteUntil: 9_999, muteOnly: true });
  expect(await said()).toEqual([]);
  await labels.put({ episode, key, from, to, label: 'normal' });
  await labels.put({ episode, key, from, to, label: 'normal', muteUntil: 9_999, muteOnly: true });
  expect((await said()).map(({ label }) => label)).toEqual(['normal']);
  await watched.judge(host.live(job(1)));
  expect(watched.odd(5)).toEqual([]);
});

it('a limit that a person set is never silenced', async () => {
  const models = {
    distance: { use: 'mahalanobis', columns: ['cpu', 'disk', 'memory'], with: { warmUp: 500 } },
    limits: { use: 'rules', columns: ['disk'], with: { rules: { full: { when: 'disk > 50', severity: 'critical' } } } },
  };
  const watched = new Watched('limited', { models });
  const host = new Host(35).live(...times(5, NOTHING), job(1));
  await watched.judge(host);
  await watched.say(watched.episodeOf(5), 'normal');
  await watched.judge(host.live(job(1)));
  expect(watched.odd(6).length).toBeGreaterThan(10);
  expect(watched.odd(6)[0]).toMatchObject({ severity: 'critical' });
});

it('says so where it teaches nothing, as it was too long ago', async () => {
  const watched = new Watched('forgotten');
  const host = new Host(36).live(...times(4, NOTHING));
  await watched.judge(host);
  await (await watched.labels()).put({ episode: 'forgotten/db/row/1/0', key: 'db', from: 1, to: 2, label: 'normal' });
  await (await watched.labels()).put({ episode: 'forgotten/web/row/1/0', key: 'web', from: 1, to: 2, label: 'normal' });
  await watched.judge(host.live(NOTHING));
  expect(watched.log.lines.map(({ message }) => message)).toContain(
    'forgotten/db/row/1/0: what its rows were like is not remembered any more, so that it teaches nothing',
  );
  // Of a key that is not known here another detector may know.
  expect((await (await watched.labels()).list()).map(({ key, since }) => [key, since !== undefined])).toEqual([
    ['db', true],
    ['web', false],
  ]);
});
