// The names of what the container holds, and what parts are handed by it.

import { join, resolve } from 'node:path';
import 'reflect-metadata';
import {
  type DependencyContainer,
  type FactoryFunction,
  type InjectionToken,
  instancePerContainerCachingFactory,
  container as root,
} from 'tsyringe';
import {
  type Clock,
  type Host,
  isNamed,
  type LabelStore,
  type Metrics,
  messageOf,
  type Outlook,
  type OutsideHost,
  QuantStreamError,
  type Source,
  type Status,
} from '../api/index.js';
import type { EntityFactory } from '../judge/entity.js';
import type { Taught } from '../judge/lessons/lessons.js';
import type { CoreSettings } from '../judge/settings.js';
import type { ChannelReader } from '../ports/channel.js';
import type { Checkpoints } from '../ports/checkpoints.js';
import type { DeadLetters } from '../ports/dead-letters.js';
import type { MemoryLabels } from '../ports/labels.js';
import type { LogPort } from '../ports/log.js';
import type { Plan } from '../spec/planned.js';
import type { NamedSink } from '../stream/delivery.js';
import type { Ingestor } from '../stream/ingestor.js';
import type { Drops } from '../vitals/drops.js';
import type { Stages } from '../vitals/stages.js';
import type { Role } from '../vitals/vitals.js';
import { makeDataFolder } from './folders.js';
import type { Outside } from './outside.js';
import type { Histories } from './people/histories.js';
import type { LaterDoor } from './people/later-door.js';

export type { LogPort, Outside, Role };

/** How far a source with an end has come. */
export interface Progress {
  done: number;
  total: number;
  unit: 'bytes' | 'observations' | 'ms';
}

export const TOKENS = {
  plan: Symbol('plan') as InjectionToken<Plan>,
  clock: Symbol('clock') as InjectionToken<Clock>,
  log: Symbol('log') as InjectionToken<LogPort>,
  metrics: Symbol('metrics') as InjectionToken<Metrics>,
  abort: Symbol('abort') as InjectionToken<AbortController>,
  progress: Symbol('progress') as InjectionToken<Progress>,
  drops: Symbol('drops') as InjectionToken<Drops>,
  deadLetters: Symbol('deadLetters') as InjectionToken<Promise<DeadLetters>>,
  deadLettered: Symbol('deadLettered') as InjectionToken<{ count: number }>,
  repaired: Symbol('repaired') as InjectionToken<{ count: number }>,
  health: Symbol('health') as InjectionToken<{ trouble: string | undefined }>,
  graceMs: Symbol('graceMs') as InjectionToken<number>,
  stages: Symbol('stages') as InjectionToken<Stages>,
  reader: Symbol('reader') as InjectionToken<Promise<ChannelReader>>,
  checkpoints: Symbol('checkpoints') as InjectionToken<Promise<Checkpoints>>,
  ingestor: Symbol('ingestor') as InjectionToken<Promise<Ingestor>>,
  mutes: Symbol('mutes') as InjectionToken<Map<string, number>>,
  source: Symbol('source') as InjectionToken<Promise<Source>>,
  sinks: Symbol('sinks') as InjectionToken<Promise<NamedSink[]>>,
  labels: Symbol('labels') as InjectionToken<Promise<LabelStore>>,
  said: Symbol('said') as InjectionToken<Promise<MemoryLabels>>,
  taught: Symbol('taught') as InjectionToken<Map<string, Taught[]>>,
  histories: Symbol('histories') as InjectionToken<Histories>,
  door: Symbol('door') as InjectionToken<LaterDoor>,
  status: Symbol('status') as InjectionToken<{ of(): Status; outlook(key: string, times: readonly number[]): Promise<Outlook> }>,
  factory: Symbol('factory') as InjectionToken<EntityFactory>,
} as const;

/** A container that knows a plan and the process around it. */
export function containerOf(plan: Plan, outside: Outside): DependencyContainer {
  const container = root.createChildContainer();
  container.registerInstance(TOKENS.plan, plan);
  container.registerInstance(TOKENS.clock, outside.clock);
  container.registerInstance(TOKENS.log, outside.log);
  container.registerInstance(TOKENS.metrics, outside.metrics.labelled({ pipeline: plan.config.name }));
  container.registerInstance(TOKENS.abort, new AbortController());
  return container;
}

/** Has a part made when it is first asked for, and once. */
export function provide<T>(container: DependencyContainer, token: InjectionToken<T>, make: FactoryFunction<T>): void {
  container.register(token, { useFactory: instancePerContainerCachingFactory(make) });
}

/** How long a shutdown waits for sinks and brokers, ms. */
export const DEFAULT_GRACE = 7_000;

/** What the judging core needs to know of a plan. */
export function coreSettings(plan: Plan): CoreSettings {
  return {
    schema: plan.schema,
    features: plan.features,
    models: plan.models,
    alarms: plan.alarms,
    groups: plan.groups,
    time: { latenessMs: plan.config.time.lateness, maxAheadMs: plan.config.time.maxAhead },
    calendar: {
      zone: plan.config.time.zone ?? 'UTC',
      holidays: plan.config.time.holidays ?? [],
      ...(plan.holidays && { ofYear: plan.holidays }),
    },
    keysInMemory: plan.config.state.keysInMemory,
    maxKeys: plan.config.state.maxKeys,
    maxKeysPerSender: plan.config.state.maxKeysPerSender ?? plan.config.state.maxKeys,
  };
}

/** What the client of a broker is made of. */
export function kafkaParts(c: DependencyContainer, settings: NonNullable<Plan['config']['channel']>['with']) {
  return {
    pipeline: c.resolve(TOKENS.plan).config.name,
    settings,
    clock: c.resolve(TOKENS.clock),
    log: c.resolve(TOKENS.log).child({ part: 'channel' }),
  };
}

/** What a plugin throws while it is made: its own named error, or a rejection of its configuration. */
export function rejected(part: string, error: unknown): unknown {
  if (isNamed(error)) return error;
  return new QuantStreamError('QS_PLAN_DECLARATION', `${part} cannot be made: ${messageOf(error)}`, { cause: error });
}

/** What any part is handed. */
export function hostOf(container: DependencyContainer, part: string): Host {
  const plan = container.resolve(TOKENS.plan);
  return {
    pipeline: plan.config.name,
    part,
    log: container.resolve(TOKENS.log).child({ part }),
    metrics: container.resolve(TOKENS.metrics),
  };
}

/** What a part that reaches the outside is handed. */
export function outsideHostOf(container: DependencyContainer, part: string): OutsideHost {
  const plan = container.resolve(TOKENS.plan);
  return {
    ...hostOf(container, part),
    clock: container.resolve(TOKENS.clock),
    signal: container.resolve(TOKENS.abort).signal,
    resolvePath: (path) => resolve(plan.directory, path),
    dataPath: (name) => {
      makeDataFolder(plan.dataDirectory);
      return join(plan.dataDirectory, name);
    },
  };
}
