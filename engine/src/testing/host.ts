// A host for plugins under test.

import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Column,
  type DeadLetter,
  type Door,
  type History,
  type Host,
  type HttpHandler,
  type LoadedArtifact,
  type Log,
  type Metrics,
  type Model,
  type ModelHost,
  NO_OUTLOOK,
  type OutsideHost,
  type PipelineSchema,
  type SinkHost,
  type SourceHost,
  type Status,
} from '../api/index.js';
import { hindsightOf } from '../judge/alarms/hindsight.js';
import { MemoryLabels } from '../ports/labels.js';

const HOUR = 3_600_000;
const BUDGET = {
  perDay: 10,
  combine: 'sum',
  release: 10,
  atLeastMs: HOUR,
  halfLifeMs: 24 * HOUR,
  bandMs: 10_000,
  longestMs: HOUR,
} as const;
const NOTHING = { counts: {}, unscored: {}, dropped: {}, sinks: [], doubts: [], reasons: [], latency: { p50: null, p99: null } };
const IDLE: Status = { ...NOTHING, ready: false, eventTime: null, keys: 0, waiting: 0 };

const silent: Log = { debug() {}, info() {}, warn() {}, error() {} };

function memoryMetrics(counts: Map<string, number>): Metrics {
  const named = (name: string, labels?: object) => `${name}${labels ? JSON.stringify(labels) : ''}`;
  return {
    counter: (name) => ({
      add: (amount = 1, labels) => void counts.set(named(name, labels), (counts.get(named(name, labels)) ?? 0) + amount),
    }),
    gauge: (name) => ({ set: (value, labels) => void counts.set(named(name, labels), value) }),
    histogram: (name) => ({
      observe: (_, labels) => void counts.set(named(name, labels), (counts.get(named(name, labels)) ?? 0) + 1),
    }),
  };
}

/** Hosts for tests: silent logs, metrics in a map, a folder of their own that `dispose` removes. */
export class TestHosts {
  readonly directory = mkdtempSync(join(tmpdir(), 'quantstream-'));
  readonly metrics = new Map<string, number>();
  /** What sources dropped: reason → count. */
  readonly dropped = new Map<string, number>();
  readonly drops: string[] = [];
  /** Why a source cannot read just now. */
  trouble: string | undefined;
  /** How many observations sources fetched again. */
  repairs = 0;
  readonly deadLetters: DeadLetter[] = [];
  /** Keys that sinks are told nobody is to be called for. */
  readonly mutes = new Set<string>();
  /** What plugins have mounted, by prefix. */
  readonly mounted = new Map<string, HttpHandler>();
  private listener: Server | undefined;
  readonly labels = new MemoryLabels(Date.now);
  readonly abort = new AbortController();

  host(part = 'test'): Host {
    return { pipeline: 'test', part, log: silent, metrics: memoryMetrics(this.metrics) };
  }

  outside(part?: string): OutsideHost {
    return {
      ...this.host(part),
      clock: { now: () => Date.now(), sleep: (ms, signal) => sleep(ms, undefined, signal ? { signal } : {}) },
      signal: this.abort.signal,
      resolvePath: (path) => resolve(this.directory, path),
      dataPath: (name) => join(this.directory, name),
    };
  }

  /** @param time the pipeline's, ms */
  source(time: Partial<SourceHost['time']> = {}): SourceHost {
    return {
      ...this.outside('source'),
      time: { lateness: 0, maxAhead: 5_000, ...time },
      http: this.door(),
      drop: (reason, detail, count = 1) => {
        this.dropped.set(reason, (this.dropped.get(reason) ?? 0) + count);
        this.drops.push(`${reason}: ${detail}`);
      },
      repaired: (count) => {
        this.repairs += count;
      },
      trouble: (why) => {
        this.trouble = why;
      },
      progress: () => {},
    };
  }

  model(columns: readonly Column[], artifact?: LoadedArtifact): ModelHost {
    return { ...modelHost(columns, artifact), ...this.host('model') };
  }

  /** @param history what another sink keeps */
  sink(schema: PipelineSchema, part = 'sink', history?: History): SinkHost {
    const budget = { ...BUDGET, perDay: schema.alarms.perDay ?? BUDGET.perDay };
    return {
      ...this.outside(part),
      schema,
      deadLetter: async (letter) => void this.deadLetters.push(letter),
      judgement: 'test',
      muted: (key) => this.mutes.has(key),
      http: this.door(),
      labels: this.labels,
      hindsight: hindsightOf({ rule: budget, combine: 'sum', cooldownMs: 60_000, minimumMs: 0 }, schema),
      ...(history && { history }),
      outlook: async () => NO_OUTLOOK,
      status: () => ({ ...IDLE, ready: true }),
    };
  }

  /**
   * Answers for what is mounted, on a free port of this machine, until `dispose`; what is asked before something is mounted waits for it.
   * @returns `http://127.0.0.1:PORT`, behind which `/test/PREFIX/` is what is mounted
   */
  async listen(): Promise<string> {
    this.listener ??= createServer(async (request, response) => {
      const [, prefix = '', rest = '/'] = /^\/test\/([^/?]+)(.*)$/.exec(request.url ?? '') ?? [];
      while (!this.mounted.has(prefix) && !this.abort.signal.aborted) await sleep(10);
      request.url = rest.startsWith('/') ? rest : `/${rest}`;
      try {
        await this.mounted.get(prefix)!(request, response);
      } catch (error) {
        if (!response.headersSent) response.writeHead(500).end(String(error));
        else response.destroy();
      }
    });
    const { listener } = this;
    if (!listener.listening) await new Promise<void>((resolve) => listener.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(listener.address() as AddressInfo).port}`;
  }

  private door(): Door {
    return {
      mount: async (prefix, handler) => {
        this.mounted.set(prefix, handler);
        return `http://127.0.0.1/test/${prefix}/`;
      },
    };
  }

  dispose(): void {
    this.listener?.close();
    this.listener?.closeAllConnections();
    this.abort.abort(new Error('test over'));
    rmSync(this.directory, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** A host for a model whose metrics nobody reads. */
export function modelHost(columns: readonly Column[], artifact?: LoadedArtifact): ModelHost {
  const base = { pipeline: 'test', part: 'model', log: silent, metrics: memoryMetrics(new Map()) };
  return { ...base, columns, ...(artifact ? { artifact } : {}) };
}

/** A model plugin as far as a test of its own models needs it, with the type of its state. */
interface Startable<Settings, State> {
  readonly config: { parse(raw: unknown): Settings };
  initialState(config: Settings, columns: number): State;
  create(config: Settings, state: State, host: ModelHost): Model;
}

/** A model of `width` columns named column_0, column_1, … that has learned nothing, and the state that it borrows. */
export function startModel<Settings, State>(
  plugin: Startable<Settings, State>,
  raw: unknown,
  width: number,
  artifact?: LoadedArtifact,
): { readonly state: State; readonly model: Model } {
  const config = plugin.config.parse(raw);
  const state = plugin.initialState(config, width);
  return { state, model: plugin.create(config, state, modelHost(numberedColumns(width), artifact)) };
}

/** Feature columns named column_0, column_1, … */
export function numberedColumns(width: number): Column[] {
  return testColumns(...Array.from({ length: width }, (_, i) => `column_${i}`));
}

/** Feature columns named `names`, for tests of models. */
export function testColumns(...names: string[]): Column[] {
  return names.map((name) => ({ name, unit: '1', about: name, formula: name, role: 'feature' as const }));
}
