// A pipeline in two halves for tests of faults: an ingesting half of seeded readings, detectors on machines of their own, and the oracle.

import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { expect } from 'vitest';
import type { Notebook } from '../../engine/src/api/index.js';
import { withCheckpoints } from '../../engine/src/compose/checkpoints.js';
import { labelsOf } from '../../engine/src/compose/people/labels.js';
import { systemClock } from '../../engine/src/ports/clock.js';
import type { MemoryLabels } from '../../engine/src/ports/labels.js';
import { MemoryLog } from '../../engine/src/ports/log.js';
import { unheardMetrics } from '../../engine/src/ports/metrics.js';
import { planPipeline } from '../../engine/src/spec/plan.js';
import { startEngine } from '../command-line.js';
import { ask, Bench, ROOT, type Running } from '../support.js';
import { type Compared, compare } from './oracle.js';

export const BROKER = process.env.QUANTSTREAM_TEST_KAFKA;
export { POSTGRES } from '../support.js';
export const WITHOUT =
  process.env.QUANTSTREAM_TEST_POSTGRES && BROKER
    ? ''
    : ' (skipped: QUANTSTREAM_TEST_POSTGRES and QUANTSTREAM_TEST_KAFKA must name a database and a broker)';

/** Of the readings. */
export const KEYS = 60;

export interface StageSettings {
  readonly name: string;
  readonly database: string;
  /** Where the processes reach it; as it is, unless something stands in between. */
  readonly through?: string;
  readonly broker: string;
  readonly partitions?: number;
  /** Readings a second. */
  readonly rate: number;
  readonly seed?: number;
  /** One process without a broker, in place of halves; `ingest` is that one. */
  readonly alone?: boolean;
  readonly alarms?: object;
  /** Over the pipeline. */
  readonly more?: object;
}

/** A look at a process. */
export interface Look {
  readonly at: number;
  /** Bytes. */
  readonly rss: number;
  readonly heap: number;
  /** Buffers outside of the heap. */
  readonly external: number;
  readonly handles: number;
}

/** A machine: its data folder, and the process that runs on it. */
export class Machine {
  readonly running: Running;
  private readonly probe: string;

  constructor(stage: Stage, file: string, role: string, data: string, environment: Record<string, string>) {
    const probe = pathToFileURL(join(import.meta.dirname, 'plugins', 'probe.mjs')).href;
    this.probe = stage.bench.path(`${data}.probe.jsonl`);
    rmSync(this.probe, { force: true });
    this.running = startEngine(
      stage.bench.directory,
      ['-p', file, '--role', role, '--log-level', 'info', '--log-format', 'json'],
      {
        data,
        environment: { ...environment, FAULTS_PROBE: this.probe, NODE_OPTIONS: `--import=${probe}` },
      },
    );
  }

  get looks(): Look[] {
    if (!existsSync(this.probe)) return [];
    const lines = readFileSync(this.probe, 'utf8').split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line) as Look);
  }

  /** The partitions that its group has given it. */
  get assigned(): readonly number[] {
    const lines = this.running.said().split('\n').slice(0, -1);
    const dealt = lines.findLast((line) => line.includes('"assigned":'));
    return dealt === undefined ? [] : (JSON.parse(dealt) as { assigned: number[] }).assigned;
  }

  get ended(): boolean {
    const { exitCode, signalCode } = this.running.child;
    return exitCode !== null || signalCode !== null;
  }

  async end(signal: NodeJS.Signals): Promise<void> {
    this.running.child.kill(signal);
    await this.running.exit;
  }
}

/** One run of a pipeline through faults, and what is left of it at the end. */
export class Stage {
  readonly bench = new Bench();
  readonly settings: StageSettings;
  readonly schema: string;
  private readonly name: string;
  private readonly file: string;
  private readonly machines: Machine[] = [];
  /** When the first reading was there. */
  private since = 0;
  private count = Number.POSITIVE_INFINITY;
  private ingesting: Machine | undefined;

  /** Sets the stage, plays, and clears away whatever is left. */
  static async play(settings: StageSettings, action: (stage: Stage) => Promise<void>): Promise<void> {
    const stage = new Stage(settings);
    try {
      await action(stage);
    } finally {
      await stage.dispose();
    }
  }

  private constructor(settings: StageSettings) {
    this.settings = settings;
    this.name = `${settings.name}-${process.pid}`;
    this.schema = `${settings.name}_${process.pid}`.replaceAll('-', '_');
    for (const folder of [join(ROOT, 'engine', 'test', 'fixtures'), join(import.meta.dirname, 'plugins')])
      cpSync(folder, this.bench.directory, { recursive: true });
    this.file = this.bench.write(
      'halves.yaml',
      this.pipeline(this.schema, {
        ...(!settings.alone && {
          channel: {
            use: 'kafka',
            with: { brokers: settings.broker, topic: this.name, group: this.name, partitions: settings.partitions ?? 6 },
          },
        }),
        checkpoint: { every: '250ms', store: 'postgres', url: settings.through ?? settings.database },
        // Most keys are away: a takeover has to bring them back.
        state: { keysInMemory: 5 },
        ...settings.more,
      }),
    );
  }

  private pipeline(schema: string, more: object): object {
    const { database, through = database, seed = 1 } = this.settings;
    return {
      name: this.name,
      source: { use: './seeded-source', with: { seed, keys: KEYS } },
      features: { use: './mean-features' },
      models: { z: { use: './deviation-model', columns: ['mean_level', 'mean_change'] } },
      alarms: { threshold: 4, cooldown: '60s', ...this.settings.alarms },
      sinks: { database: { use: 'timescale', with: { url: through, schema, store: ['reading'] } } },
      ...more,
    };
  }

  /** Readings that there are by now. */
  get due(): number {
    return Math.min(this.count, Math.floor(((Date.now() - this.since) / 1_000) * this.settings.rate));
  }

  private start(role: string, data: string, environment: Record<string, string> = {}): Machine {
    const machine = new Machine(this, this.file, role, data, environment);
    this.machines.push(machine);
    return machine;
  }

  /** Starts the ingesting half, or starts it again where it was. */
  ingest(environment: Record<string, string> = {}): Machine {
    if (this.since === 0) this.since = Date.now();
    this.ingesting = this.start(this.settings.alone ? 'all' : 'ingest', 'ingest', {
      FAULTS_SINCE: String(this.since),
      FAULTS_RATE: String(this.settings.rate),
      FAULTS_COUNT: String(this.count),
      ...environment,
    });
    return this.ingesting;
  }

  detect(data: string, environment: Record<string, string> = {}): Machine {
    return this.start('detect', data, environment);
  }

  /** What people say of the episodes of this run, as the engine keeps it. */
  async labels<T>(action: (labels: MemoryLabels, notebook: Notebook | undefined) => Promise<T>): Promise<T> {
    const outside = { clock: systemClock, log: new MemoryLog(), metrics: unheardMetrics };
    const plan = await planPipeline(this.file, { dataRoot: this.bench.path('ingest') });
    return withCheckpoints(plan, outside, async (checkpoints) =>
      action(await labelsOf(plan, checkpoints, Date.now), checkpoints.notebook),
    );
  }

  /** What the database has to say. @param text of which SCHEMA is that of this run */
  ask<T extends object>(text: string): Promise<T[]> {
    return ask<T & Record<string, unknown>>(this.settings.database, text.replaceAll('SCHEMA', this.schema));
  }

  /** Lets nothing come any more for now. */
  async rest(): Promise<void> {
    await this.ingesting!.end('SIGTERM');
    let now = -1;
    await this.until('what is on its way to be stored', async () => {
      const before = now;
      await sleep(500);
      now = await this.stored();
      return now === before;
    });
  }

  /** Lets the readings come to an end, at least so many of them. @param how the ingesting half is told @returns how many they are */
  async finish(atLeast = 0, how: NodeJS.Signals = 'SIGTERM'): Promise<number> {
    if (this.ingesting && !this.ingesting.ended) await this.ingesting.end(how);
    this.count = Math.max(atLeast, Math.ceil(((Date.now() - this.since) / 1_000 + 1) * this.settings.rate));
    const { code, stderr } = await this.ingest().running.exit;
    expect(code, stderr).toBe(0);
    return this.count;
  }

  /** Waits until detectors have judged everything. */
  async judged(detectors: readonly Machine[], withinMs = 120_000): Promise<void> {
    await this.until('the end of what is judged', () => detectors.every((one) => one.ended), withinMs);
    for (const { running } of detectors) {
      const { code, stderr } = await running.exit;
      expect(code, stderr).toBe(0);
    }
  }

  /** What is stored, beside what one process without a broker stores of the same readings, taught the same. */
  async compared(rejected: Readonly<Record<string, string>> = {}): Promise<Compared> {
    const direct = `${this.schema}_direct`;
    const file = this.bench.write('direct.yaml', this.pipeline(direct, { checkpoint: { store: 'file' } }));
    const folder = this.bench.path('direct', this.name);
    mkdirSync(folder, { recursive: true });
    // A store of somebody else's need not keep what people say.
    const said = await this.labels(async (_, notebook) => notebook?.read());
    if (said && said.length > 0) writeFileSync(join(folder, 'labels.jsonl'), `${said.join('\n')}\n`);
    const { code, stderr } = await startEngine(this.bench.directory, ['-p', file], {
      data: 'direct',
      environment: { FAULTS_COUNT: String(this.count) },
    }).exit;
    expect(code, stderr).toBe(0);
    return compare([this.settings.database, direct], this.schema, rejected);
  }

  /** Readings that are stored. @returns 0 before there is a table, and while the database does not answer */
  async stored(): Promise<number> {
    const [row] = await ask<{ n: number }>(
      this.settings.database,
      `SELECT count(*)::int AS n FROM ${this.schema}.readings`,
    ).catch(() => []);
    return row?.n ?? 0;
  }

  /** Who has which partition, and how far it has come: the epoch and the number of the last checkpoint, by partition. */
  async partitions(): Promise<Map<string, { epoch: number; last: number }>> {
    const rows = await ask<{ part: string; epoch: number; last: number }>(
      this.settings.database,
      `SELECT part, epoch::float8 AS epoch, last::float8 AS last FROM quantstream_parts
       WHERE pipeline = '${this.name}' AND part LIKE 'partition-%'`,
    ).catch(() => []);
    return new Map(rows.map(({ part, epoch, last }) => [part, { epoch, last }]));
  }

  /** Records that a machine has put away. */
  putAway(data: string): { readonly kind: string; readonly record: Record<string, unknown> }[] {
    const file = this.bench.path(data, this.name, 'dead-letters.jsonl');
    if (!existsSync(file)) return [];
    const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
    return lines.map((line) => JSON.parse(line));
  }

  async until(what: string, condition: () => boolean | Promise<boolean>, withinMs = 60_000): Promise<void> {
    const end = performance.now() + withinMs;
    while (!(await condition())) {
      if (performance.now() > end) {
        const said = this.machines.map(({ running }) => running.said().slice(-3_000));
        throw new Error(`${what} did not happen within ${withinMs / 1_000} s:\n${said.join('\n---\n')}`);
      }
      await sleep(50);
    }
  }

  private async dispose(): Promise<void> {
    for (const machine of this.machines) if (!machine.ended) machine.running.child.kill('SIGKILL');
    await Promise.all(this.machines.map(({ running }) => running.exit));
    this.bench.dispose();
    await ask(
      this.settings.database,
      `DROP SCHEMA IF EXISTS ${this.schema} CASCADE`,
      `DROP SCHEMA IF EXISTS ${this.schema}_direct CASCADE`,
    ).catch(() => {});
    for (const table of ['parts', 'checkpoints', 'states', 'blobs'])
      await ask(this.settings.database, `DELETE FROM quantstream_${table} WHERE pipeline = '${this.name}'`).catch(() => {});
  }
}
