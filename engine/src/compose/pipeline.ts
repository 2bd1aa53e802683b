import 'reflect-metadata';
import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import {
  type DependencyContainer,
  type FactoryFunction,
  type InjectionToken,
  instancePerContainerCachingFactory,
  container as root,
} from 'tsyringe';
import { FileCheckpoints, inspectCheckpoint } from '../adapters/file-checkpoints.js';
import { FileDeadLetters } from '../adapters/file-dead-letters.js';
import { FileRequests } from '../adapters/file-requests.js';
import { type LogSettings, pinoLog } from '../adapters/pino-log.js';
import { PrometheusMetrics } from '../adapters/prometheus.js';
import {
  type Clock,
  type Finding,
  type Host,
  type Metrics,
  messageOf,
  type OutsideHost,
  QuantStreamError,
  type SinkPlugin,
  type Source,
  type SourcePlugin,
} from '../api/index.js';
import { EntityFactory, type EntityHosts, type EntityState } from '../judge/entity.js';
import type { LifeState } from '../judge/life/life.js';
import type { CoreSettings } from '../judge/settings.js';
import type { ChannelReader } from '../ports/channel.js';
import { type CheckpointStore, MemoryCheckpoints } from '../ports/checkpoints.js';
import { systemClock } from '../ports/clock.js';
import type { DeadLetters } from '../ports/dead-letters.js';
import type { HttpServer } from '../ports/http.js';
import type { LogPort } from '../ports/log.js';
import type { MetricsPort } from '../ports/metrics.js';
import { noRequests } from '../ports/requests.js';
import type { Plan } from '../spec/plan.js';
import { decode } from '../state/codec.js';
import { decodeSaved, type Saved } from '../state/saved.js';
import { Delivery, type NamedSink } from '../stream/delivery.js';
import { DirectReader } from '../stream/direct.js';
import { Ingestor } from '../stream/ingestor.js';
import { Runner } from '../stream/runner.js';
import { Drops } from '../vitals/drops.js';
import { type Guarantee, guaranteeOf } from '../vitals/guarantee.js';
import { Stages } from '../vitals/stages.js';
import { type Summary, summarise } from '../vitals/summary.js';
import { Tally } from '../vitals/tally.js';
import { Telemetry } from '../vitals/telemetry.js';
import type { Ending, Vitals } from '../vitals/vitals.js';

/** How far a source with an end has come. */
export interface Progress {
  done: number;
  total: number;
  unit: 'bytes' | 'observations' | 'ms';
}

/** What the process around the pipelines provides. */
export interface Outside {
  readonly clock: Clock;
  readonly log: LogPort;
  readonly metrics: MetricsPort;
  /** How long a shutdown waits for the sinks, ms. */
  readonly graceMs?: number;
}

/** The clock, the log and the metrics of this process. */
export function processOutside(log: LogSettings): Outside {
  return { clock: systemClock, log: pinoLog(log), metrics: new PrometheusMetrics().withProcess() };
}

/** A pipeline put together: everything resolved, nothing started. */
export interface Pipeline {
  readonly plan: Plan;
  readonly vitals: Vitals;
  readonly guarantee: Readonly<Record<string, Guarantee>>;
  readonly progress: Progress;
  /** Runs to the end of the source, or until `stop` aborts. Listens on HTTP meanwhile. */
  run(stop: AbortSignal): Promise<Ending>;
  /** The state of the features, key by key, once it has run; with the state of a pipeline in memory only. */
  states(): AsyncGenerator<{ readonly key: string; readonly features: unknown }>;
  summary(ending: Summary['ending'], seconds: number): Summary;
}

const TOKENS = {
  plan: Symbol('plan') as InjectionToken<Plan>,
  clock: Symbol('clock') as InjectionToken<Clock>,
  log: Symbol('log') as InjectionToken<LogPort>,
  metrics: Symbol('metrics') as InjectionToken<Metrics>,
  abort: Symbol('abort') as InjectionToken<AbortController>,
  progress: Symbol('progress') as InjectionToken<Progress>,
  drops: Symbol('drops') as InjectionToken<Drops>,
  deadLetters: Symbol('deadLetters') as InjectionToken<DeadLetters>,
  deadLettered: Symbol('deadLettered') as InjectionToken<{ count: number }>,
  repaired: Symbol('repaired') as InjectionToken<{ count: number }>,
  health: Symbol('health') as InjectionToken<{ trouble: string | undefined }>,
  graceMs: Symbol('graceMs') as InjectionToken<number>,
  stages: Symbol('stages') as InjectionToken<Stages>,
  reader: Symbol('reader') as InjectionToken<Promise<ChannelReader>>,
  ingestor: Symbol('ingestor') as InjectionToken<Promise<Ingestor>>,
  mutes: Symbol('mutes') as InjectionToken<Map<string, number>>,
  source: Symbol('source') as InjectionToken<Promise<Source>>,
  sinks: Symbol('sinks') as InjectionToken<Promise<NamedSink[]>>,
  factory: Symbol('factory') as InjectionToken<EntityFactory>,
} as const;

/** Which half of a pipeline a process runs. */
export type Role = 'all' | 'ingest' | 'detect';

/** The folder of a pipeline's checkpoint, within its data folder; with a channel, one of each half and partition. */
export const checkpointDirectory = (dataDirectory: string, part?: 'ingest' | number): string =>
  part === undefined
    ? join(dataDirectory, 'checkpoint')
    : join(dataDirectory, part === 'ingest' ? 'checkpoint-ingest' : `checkpoint-partition-${part}`);

/** Every folder of checkpoints that a pipeline may have in its data folder. */
export function checkpointDirectories(dataDirectory: string): string[] {
  if (!existsSync(dataDirectory)) return [];
  return readdirSync(dataDirectory)
    .filter((name) => /^checkpoint(-ingest|-partition-\d+)?$/.test(name))
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .map((name) => join(dataDirectory, name));
}

function checkpointStore({ config, dataDirectory }: Plan, part?: 'ingest' | number): CheckpointStore {
  return config.checkpoint.store === 'memory'
    ? new MemoryCheckpoints()
    : new FileCheckpoints(checkpointDirectory(dataDirectory, part));
}

/** Forgets the state that a role of a pipeline keeps. @throws QS_STATE_LOCKED while an engine runs on it */
export async function forgetState({ dataDirectory }: Plan, role: Role): Promise<void> {
  for (const directory of checkpointDirectories(dataDirectory)) {
    const ingest = directory.endsWith('ingest');
    if (role === 'all' || ingest === (role === 'ingest')) await new FileCheckpoints(directory).reset();
  }
}

/** What a folder of checkpoints holds, for people; the state of a pipeline that runs may be looked at. */
export function readCheckpoint(
  directory: string,
): { saved: Saved; bytes: number; keys: { key: string; bytes: number }[] } | undefined {
  const found = inspectCheckpoint(directory);
  const keys = found?.keys.map(({ key, bytes }) => ({ key, bytes }));
  return found && { saved: decodeSaved(found.meta), bytes: found.bytes, keys: keys! };
}

/** The lives of the models in a folder of checkpoints, key by key and model by model. */
export function readLives(directory: string): { key: string; model: string; life: LifeState }[] {
  const found = inspectCheckpoint(directory);
  return (found?.keys ?? []).flatMap(({ key, state }) =>
    Object.entries((decode(state) as EntityState).lives).map(([model, life]) => ({ key, model, life })),
  );
}

/** Forgets the state in a folder of checkpoints. @throws QS_STATE_LOCKED while an engine runs on it */
export function forgetCheckpoint(directory: string): Promise<void> {
  return new FileCheckpoints(directory).reset();
}

/** Where requests to a pipeline wait. */
export const requestsOf = (dataDirectory: string): FileRequests => new FileRequests(join(dataDirectory, 'requests'));

/** A host for what a sink does without a pipeline running: keeping labels, say. */
export function sinkHostOf(plan: Plan, name: string, outside: Outside, signal: AbortSignal): OutsideHost {
  return {
    pipeline: plan.config.name,
    part: name,
    log: outside.log.child({ part: name }),
    metrics: outside.metrics.labelled({ pipeline: plan.config.name }),
    clock: outside.clock,
    signal,
    resolvePath: (path) => resolve(plan.directory, path),
    dataPath: (file) => {
      makeFolder(plan.dataDirectory);
      return join(plan.dataDirectory, file);
    },
  };
}

export type { LogPort, Summary };

/**
 * Puts a pipeline together. Dependency injection begins and ends here: the container is asked once for each part, and what runs is a
 * plain object that has never heard of it. Lifecycles are the runner's: the container disposes of nothing.
 */
export async function composePipeline(plan: Plan, outside: Outside, role: Role = 'all'): Promise<Pipeline> {
  const container = root.createChildContainer();
  container.registerInstance(TOKENS.plan, plan);
  container.registerInstance(TOKENS.clock, outside.clock);
  container.registerInstance(TOKENS.log, outside.log);
  container.registerInstance(TOKENS.metrics, outside.metrics.labelled({ pipeline: plan.config.name }));
  container.registerInstance(TOKENS.abort, new AbortController());
  container.registerInstance<Progress>(TOKENS.progress, { done: 0, total: 0, unit: 'bytes' });
  container.registerInstance(TOKENS.graceMs, outside.graceMs ?? DEFAULT_GRACE);
  container.registerInstance(TOKENS.mutes, new Map<string, number>());
  container.registerInstance(TOKENS.deadLettered, { count: 0 });
  container.registerInstance(TOKENS.repaired, { count: 0 });
  container.registerInstance(TOKENS.health, { trouble: undefined });
  for (const [token, factory] of FACTORIES)
    container.register(token, { useFactory: instancePerContainerCachingFactory(factory) });

  const get = <T>(token: InjectionToken<T>): T => container.resolve(token);
  const drops = get(TOKENS.drops);
  const deadLettered = get(TOKENS.deadLettered);
  const repaired = get(TOKENS.repaired);
  const ingestor = plan.config.channel && role !== 'detect' ? await get(TOKENS.ingestor) : undefined;
  const delivery =
    role === 'ingest' ? undefined : new Delivery(await get(TOKENS.sinks), outside.clock, outside.log, get(TOKENS.mutes));
  const runner = delivery && (await composeRunner(container, delivery, outside));
  const halves = [runner, ingestor].filter((half) => half !== undefined);
  const vitals = halves[0]!;
  const telemetry = new Telemetry({
    metrics: get(TOKENS.metrics),
    vitals,
    drops,
    clock: outside.clock,
    judges: runner !== undefined,
    sourceTrouble: () => get(TOKENS.health).trouble,
    retries: () => delivery?.retries ?? new Map(),
    deadLettered: () => deadLettered.count,
    repaired: () => repaired.count,
  });
  const guarantee = Object.fromEntries(
    (delivery ? plan.sinks : []).map(({ name, plugin }) => [
      name,
      // What a detector reads again from a channel, it can always read again.
      guaranteeOf({ resumable: role === 'detect' || plan.source.resumable, delivery: plugin.delivery }),
    ]),
  );
  const http = plan.config.http ? await openHttp(plan.config.http.listen) : undefined;
  const abort = get(TOKENS.abort);
  return {
    plan,
    vitals,
    guarantee,
    progress: get(TOKENS.progress),
    run: async (stop) => {
      const onStop = () => abort.abort(stop.reason);
      stop.addEventListener('abort', onStop, { once: true });
      if (stop.aborted) onStop();
      try {
        await listen(http, telemetry, outside);
        return await runTogether(halves, stop);
      } finally {
        abort.abort(new Error('the pipeline has ended'));
        stop.removeEventListener('abort', onStop);
        await http?.close();
        await get(TOKENS.deadLetters).close();
      }
    },
    async *states() {
      for (const { entities } of runner?.lanes.values() ?? [])
        for await (const { key, state } of entities.all()) yield { key, features: state.features.state };
    },
    summary: (ending, seconds) =>
      summarise({
        pipeline: plan.config.name,
        role,
        guarantee,
        vitals,
        drops,
        deadLettered: deadLettered.count,
        repaired: repaired.count,
        seconds,
        ending,
      }),
  };
}

/** Runs both halves, or the only one, to their ends. When one fails, the other is stopped and the failure is what counts. */
async function runTogether(halves: readonly { run(stop: AbortSignal): Promise<Ending> }[], stop: AbortSignal): Promise<Ending> {
  const failed = new AbortController();
  const either = AbortSignal.any([stop, failed.signal]);
  const endings = await Promise.allSettled(
    halves.map((half) =>
      half.run(either).catch((error) => {
        failed.abort(error);
        throw error;
      }),
    ),
  );
  for (const ending of endings) if (ending.status === 'rejected') throw ending.reason;
  const values = endings.map((ending) => (ending as PromiseFulfilledResult<Ending>).value);
  return values.find((value) => value === 'stopped-waiting') ?? values.find((value) => value === 'stopped') ?? 'finished';
}

async function composeRunner(container: DependencyContainer, delivery: Delivery, outside: Outside): Promise<Runner> {
  const plan = container.resolve(TOKENS.plan);
  const drops = container.resolve(TOKENS.drops);
  return new Runner({
    settings: coreSettings(plan),
    signature: plan.signature,
    reader: await container.resolve(TOKENS.reader),
    delivery,
    factory: container.resolve(TOKENS.factory),
    refuse: (reason, detail) => drops.add(reason, detail),
    tally: new Tally(),
    resumable: plan.config.channel !== undefined || plan.source.resumable,
    storeOf: (partition) => checkpointStore(plan, plan.config.channel ? partition : undefined),
    stages: container.resolve(TOKENS.stages),
    requests: plan.config.checkpoint.store === 'memory' ? noRequests : requestsOf(plan.dataDirectory),
    clock: outside.clock,
    log: outside.log,
    checkpointEveryMs: plan.config.checkpoint.every,
    graceMs: outside.graceMs ?? DEFAULT_GRACE,
  });
}

/** How long a shutdown waits for sinks and brokers, ms. */
const DEFAULT_GRACE = 7_000;

/** Loaded on demand: fastify is a third of what the process needs to start. */
async function openHttp(listen: string): Promise<HttpServer> {
  const { FastifyHttp } = await import('../adapters/fastify-http.js');
  return new FastifyHttp(listen);
}

/**
 * Makes what the sinks of a pipeline have stored readable until `stop` aborts, under the lock of its state.
 * @returns how many sinks have something to serve
 */
export async function serveSinks(plan: Plan, outside: Outside, stop: AbortSignal): Promise<number> {
  // A sink belongs to the half that detects; its state is locked while an engine runs on it.
  const own = plan.config.channel ? checkpointDirectories(plan.dataDirectory).filter((name) => !name.endsWith('ingest')) : [];
  const stores = own.length > 0 ? own.map((directory) => new FileCheckpoints(directory)) : [checkpointStore(plan)];
  for (const store of stores) await store.open();
  try {
    const serving = plan.sinks.flatMap(({ name, plugin, config }) => {
      if (!plugin.serve) return [];
      const host = {
        ...sinkHostOf(plan, name, outside, stop),
        schema: plan.schema,
        deadLetter: async () => {},
        muted: () => false,
      };
      return [plugin.serve(config, host)];
    });
    await Promise.all(serving);
    return serving.length;
  } finally {
    for (const store of stores) await store.close();
  }
}

/** What a role of a pipeline needs of the outside, looked at part by part. Starts nothing and never throws. */
export async function diagnosePipeline(plan: Plan, outside: Outside, role: Role): Promise<Finding[]> {
  const container = root.createChildContainer();
  container.registerInstance(TOKENS.plan, plan);
  container.registerInstance(TOKENS.clock, outside.clock);
  container.registerInstance(TOKENS.log, outside.log);
  container.registerInstance(TOKENS.metrics, outside.metrics.labelled({ pipeline: plan.config.name }));
  container.registerInstance(TOKENS.abort, new AbortController());
  container.register(TOKENS.drops, { useValue: new Drops(outside.clock, outside.log) });
  const { channel } = plan.config;
  const about = async (part: string, { plugin, config }: { plugin: SourcePlugin | SinkPlugin; config: unknown }) => {
    const subject = part === 'source' ? 'source' : `sink ${part}`;
    try {
      const findings = (await plugin.diagnose?.(config, outsideHostOf(container, part))) ?? [];
      return findings.map((finding): Finding => ({ ...finding, subject: `${subject}: ${finding.subject}` }));
    } catch (error) {
      return [{ subject, state: 'bad' as const, detail: messageOf(error) }];
    }
  };
  const findings = await Promise.all([
    role === 'detect' ? [] : about('source', plan.source),
    channel
      ? import('../adapters/kafka/diagnose.js').then((kafka) => kafka.diagnoseKafka(kafkaParts(container, channel.with)))
      : [],
    ...(role === 'ingest' ? [] : plan.sinks.map((sink) => about(sink.name, sink))),
  ]);
  return findings.flat();
}

async function listen(http: HttpServer | undefined, telemetry: Telemetry, { log, metrics }: Outside): Promise<void> {
  if (!http) return;
  const url = await http.listen({
    readiness: () => telemetry.readiness(),
    metrics: async () => {
      telemetry.refresh();
      return { contentType: metrics.contentType, body: await metrics.expose() };
    },
  });
  log.info({ url }, `metrics and health at ${url}/metrics, ${url}/ready and ${url}/live`);
}

function coreSettings(plan: Plan): CoreSettings {
  return {
    schema: plan.schema,
    features: plan.features,
    models: plan.models,
    alarms: plan.alarms,
    groups: plan.groups,
    time: { latenessMs: plan.config.time.lateness, maxAheadMs: plan.config.time.maxAhead },
    keysInMemory: plan.config.state.keysInMemory,
  };
}

/** What a plugin throws while it is made: its own named error, or a rejection of its configuration. */
function rejected(part: string, error: unknown): unknown {
  const { code } = error as { code?: unknown };
  if (typeof code === 'string' && code.startsWith('QS_')) return error;
  return new QuantStreamError('QS_PLAN_DECLARATION', `${part} cannot be made: ${messageOf(error)}`, { cause: error });
}

/** @throws QS_DATA_FOLDER */
export function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    throw new QuantStreamError('QS_DATA_FOLDER', `the folder ${path} cannot be made: ${messageOf(error)}; name another one`, {
      cause: error,
    });
  }
}

function hostOf(container: DependencyContainer, part: string): Host {
  const plan = container.resolve(TOKENS.plan);
  return {
    pipeline: plan.config.name,
    part,
    log: container.resolve(TOKENS.log).child({ part }),
    metrics: container.resolve(TOKENS.metrics),
  };
}

function outsideHostOf(container: DependencyContainer, part: string): OutsideHost {
  const plan = container.resolve(TOKENS.plan);
  return {
    ...hostOf(container, part),
    clock: container.resolve(TOKENS.clock),
    signal: container.resolve(TOKENS.abort).signal,
    resolvePath: (path) => resolve(plan.directory, path),
    dataPath: (name) => {
      makeFolder(plan.dataDirectory);
      return join(plan.dataDirectory, name);
    },
  };
}

function kafkaParts(c: DependencyContainer, settings: NonNullable<Plan['config']['channel']>['with']) {
  const { config } = c.resolve(TOKENS.plan);
  const drops = c.resolve(TOKENS.drops);
  return {
    pipeline: config.name,
    settings,
    clock: c.resolve(TOKENS.clock),
    log: c.resolve(TOKENS.log).child({ part: 'channel' }),
    buffer: config.buffer,
    drop: (reason: string, detail: string) => drops.add(reason, detail),
  };
}

const FACTORIES: readonly (readonly [InjectionToken, FactoryFunction<unknown>])[] = [
  [TOKENS.drops, (c) => new Drops(c.resolve(TOKENS.clock), c.resolve(TOKENS.log).child({ part: 'source' }))],
  [TOKENS.stages, (c) => new Stages(c.resolve(TOKENS.metrics))],
  [
    TOKENS.reader,
    async (c) => {
      const { config } = c.resolve(TOKENS.plan);
      if (!config.channel) return new DirectReader(await c.resolve(TOKENS.source), config.buffer, c.resolve(TOKENS.stages));
      const { KafkaReader } = await import('../adapters/kafka/reader.js');
      return new KafkaReader(kafkaParts(c, config.channel.with));
    },
  ],
  [
    TOKENS.ingestor,
    async (c) => {
      const plan = c.resolve(TOKENS.plan);
      const { KafkaWriter } = await import('../adapters/kafka/writer.js');
      const { source, channel, groups } = plan.signature;
      return new Ingestor({
        pipeline: plan.config.name,
        source: await c.resolve(TOKENS.source),
        writer: new KafkaWriter({ ...kafkaParts(c, plan.config.channel!.with), groups: plan.groups }),
        store: checkpointStore(plan, 'ingest'),
        signature: { source: source!, channel: channel!, ...(groups ? { groups } : {}) },
        stages: c.resolve(TOKENS.stages),
        clock: c.resolve(TOKENS.clock),
        log: c.resolve(TOKENS.log).child({ part: 'ingest' }),
        checkpointEveryMs: plan.config.checkpoint.every,
        graceMs: c.resolve(TOKENS.graceMs),
      });
    },
  ],
  [
    TOKENS.deadLetters,
    (c) => {
      const { config, directory, dataDirectory } = c.resolve(TOKENS.plan);
      const { file } = config.deadLetters;
      return new FileDeadLetters(
        file === undefined ? join(dataDirectory, 'dead-letters.jsonl') : resolve(directory, file),
        config.name,
      );
    },
  ],
  [
    TOKENS.source,
    async (c) => {
      const { plugin, config } = c.resolve(TOKENS.plan).source;
      const drops = c.resolve(TOKENS.drops);
      const progress = c.resolve(TOKENS.progress);
      const repaired = c.resolve(TOKENS.repaired);
      const health = c.resolve(TOKENS.health);
      try {
        return await plugin.create(config, {
          ...outsideHostOf(c, 'source'),
          drop: (reason, detail, count) => drops.add(reason, detail, count),
          repaired: (count) => {
            repaired.count += count;
          },
          trouble: (why) => {
            health.trouble = why;
          },
          progress: (done, total, unit) => void Object.assign(progress, { done, total, unit }),
        });
      } catch (error) {
        throw rejected('the source', error);
      }
    },
  ],
  [
    TOKENS.sinks,
    async (c) => {
      const { sinks, schema } = c.resolve(TOKENS.plan);
      const letters = c.resolve(TOKENS.deadLetters);
      const counted = c.resolve(TOKENS.deadLettered);
      const mutes = c.resolve(TOKENS.mutes);
      const make = async (name: string, part: (typeof sinks)[number]): Promise<NamedSink> => {
        const host = outsideHostOf(c, name);
        const deadLetter = async (letter: Parameters<DeadLetters['put']>[1]) => {
          await letters.put(name, letter);
          counted.count++;
          if (counted.count === 1)
            host.log.warn(
              { reason: letter.reason },
              `a record can never be written and was put into the dead letters: ${letter.reason}`,
            );
        };
        try {
          const muted = (key: string) => (mutes.get(key) ?? 0) > host.clock.now();
          return { name, sink: await part.plugin.create(part.config, { ...host, schema, deadLetter, muted }) };
        } catch (error) {
          throw rejected(`sink ${name}`, error);
        }
      };
      return Promise.all(sinks.map((part) => make(part.name, part)));
    },
  ],
  [
    TOKENS.factory,
    (c) => {
      const log = c.resolve(TOKENS.log);
      const metrics = c.resolve(TOKENS.metrics);
      const warned = new Set<string>();
      const hosts: EntityHosts = {
        features: hostOf(c, 'features'),
        model: (settings) => ({
          ...hostOf(c, settings.name),
          columns: settings.columns,
          ...(settings.artifact ? { artifact: settings.artifact } : {}),
        }),
        life: (key, model, { event, generation, detail, time }) => {
          const at = new Date(time).toISOString();
          const fields = { part: model, key, event, generation, at };
          log[event === 'drift' || event === 'refused' ? 'warn' : 'info'](
            fields,
            `${model} of ${key}: ${event} (generation ${generation}): ${detail}`,
          );
          metrics
            .counter('model_events_total', 'What happened in the lives of models', ['model', 'event'])
            .add(1, { model, event });
        },
        warmUp: (part, version) => {
          if (warned.has(part)) return;
          warned.add(part);
          log.warn(
            { part },
            `the saved state of ${part} is of version ${version} and cannot be carried over: it warms up afresh`,
          );
        },
      };
      return new EntityFactory(coreSettings(c.resolve(TOKENS.plan)), hosts);
    },
  ],
];
