// A pipeline put together.

import type { InjectionToken } from 'tsyringe';
import { NO_OUTLOOK, type Outlook } from '../api/index.js';
import type { Plan } from '../spec/planned.js';
import { Delivery } from '../stream/delivery.js';
import type { KeyState } from '../stream/judgement.js';
import { Doubts } from '../vitals/doubts.js';
import { Drops } from '../vitals/drops.js';
import { CALLS_APART, type Guarantee, guaranteeOf } from '../vitals/guarantee.js';
import { Pauses } from '../vitals/pauses.js';
import { Stages } from '../vitals/stages.js';
import { notRunning, statusOf } from '../vitals/status.js';
import { type Summary, summarise } from '../vitals/summary.js';
import { Telemetry } from '../vitals/telemetry.js';
import type { Ending, Vitals } from '../vitals/vitals.js';
import { makeIngestor, makeReader } from './channel.js';
import { checkpointsOf } from './checkpoints.js';
import {
  containerOf,
  DEFAULT_GRACE,
  type Outside,
  outsideHostOf,
  type Progress,
  provide,
  type Role,
  TOKENS,
} from './container.js';
import { makeDeadLetters } from './letters/dead-letters.js';
import { makeEntities } from './models.js';
import { Addresses, type Answering } from './outside.js';
import { Histories } from './people/histories.js';
import { labelsOf, makeLabels, mutesIn } from './people/labels.js';
import { LaterDoor, NOWHERE } from './people/later-door.js';
import { composeRunner, runTogether } from './runner.js';
import { makeSinks } from './sinks.js';
import { makeSource } from './source.js';
import { makeWorkforce } from './threads/workforce.js';

export type { Summary };

/** A pipeline put together: everything resolved, nothing started. */
export interface Pipeline {
  readonly plan: Plan;
  readonly vitals: Vitals;
  readonly guarantee: Readonly<Record<string, Guarantee>>;
  /** What is not promised of calls, in a sentence. */
  readonly callsApart?: string;
  readonly progress: Progress;
  /** Runs to the end of the source, or until `stop` aborts. Listens on HTTP meanwhile. */
  run(stop: AbortSignal): Promise<Ending>;
  /** What is known of each key, once it has run; with the state of a pipeline in memory only. */
  states(): AsyncGenerator<KeyState>;
  summary(ending: Summary['ending'], seconds: number): Summary;
}

/**
 * Puts a pipeline together. Dependency injection begins and ends here: the container is asked once for each part, and what runs is a
 * plain object that has never heard of it. Lifecycles are the runner's: the container disposes of nothing.
 */
export async function composePipeline(plan: Plan, outside: Outside, role: Role = 'all'): Promise<Pipeline> {
  const container = containerOf(plan, outside);
  container.registerInstance<Progress>(TOKENS.progress, { done: 0, total: 0, unit: 'bytes' });
  container.registerInstance(TOKENS.graceMs, outside.graceMs ?? DEFAULT_GRACE);
  container.registerInstance(TOKENS.mutes, new Map<string, number>());
  container.registerInstance(TOKENS.deadLettered, { count: 0 });
  container.registerInstance(TOKENS.repaired, { count: 0 });
  container.registerInstance(TOKENS.health, { trouble: undefined });
  const status = { of: notRunning, outlook: async (_key: string, _times: readonly number[]): Promise<Outlook> => NO_OUTLOOK };
  container.registerInstance(TOKENS.status, status);
  const [histories, door] = [new Histories(plan, (sink) => outsideHostOf(container, sink)), new LaterDoor()];
  container.registerInstance(TOKENS.histories, histories);
  container.registerInstance(TOKENS.door, door);
  container.registerInstance(TOKENS.taught, new Map());
  provide(container, TOKENS.said, async (c) =>
    labelsOf(plan, await c.resolve(TOKENS.checkpoints), () => c.resolve(TOKENS.clock).now()),
  );
  provide(container, TOKENS.labels, makeLabels);
  provide(container, TOKENS.drops, (c) => new Drops(c.resolve(TOKENS.clock), c.resolve(TOKENS.log).child({ part: 'source' })));
  provide(container, TOKENS.stages, (c) => new Stages(c.resolve(TOKENS.metrics)));
  provide(container, TOKENS.checkpoints, () => checkpointsOf(plan, outside));
  provide(container, TOKENS.reader, makeReader);
  provide(container, TOKENS.ingestor, makeIngestor);
  provide(container, TOKENS.deadLetters, makeDeadLetters);
  provide(container, TOKENS.source, makeSource);
  provide(container, TOKENS.sinks, makeSinks);
  provide(container, TOKENS.factory, makeEntities);

  const get = <T>(token: InjectionToken<T>): T => container.resolve(token);
  const drops = get(TOKENS.drops);
  const deadLettered = get(TOKENS.deadLettered);
  const repaired = get(TOKENS.repaired);
  const ingestor = plan.config.channel && role !== 'detect' ? await get(TOKENS.ingestor) : undefined;
  const delivery =
    role === 'ingest'
      ? undefined
      : new Delivery(await get(TOKENS.sinks), outside.clock, outside.log, get(TOKENS.mutes), () => mutesIn(get(TOKENS.labels)));
  const workforce = await makeWorkforce(container);
  const runner = delivery && (await composeRunner(container, delivery, outside, workforce));
  const halves = [runner, ingestor].filter((half) => half !== undefined);
  const vitals = halves[0]!;
  const pauses = new Pauses(outside.clock, outside.log);
  const sourceTrouble = () => get(TOKENS.health).trouble;
  const retries = () => delivery?.retries ?? new Map();
  const telemetry = new Telemetry({
    metrics: get(TOKENS.metrics),
    vitals,
    drops,
    clock: outside.clock,
    judges: runner !== undefined,
    sourceTrouble,
    retries,
    deadLettered: () => deadLettered.count,
    repaired: () => repaired.count,
    pauses,
  });
  // A recording waits.
  const live = role !== 'detect' && plan.source.plugin.endless?.(plan.source.config) !== undefined;
  const doubts = new Doubts(
    vitals,
    drops,
    plan.models.some(({ plugin }) => plugin.decides),
  );
  const sinks = plan.sinks.map(({ name }) => name);
  const troubles = () => delivery?.troubles ?? new Map();
  const asked = { vitals, drops, telemetry, doubts, sinks, troubles, retries, sourceTrouble };
  status.of = () => statusOf(asked);
  status.outlook = async (key, times) => {
    for (const { judgement } of runner?.lanes.values() ?? []) {
      const outlook = await judgement.outlook(key, times);
      if (outlook) return outlook;
    }
    return NO_OUTLOOK;
  };
  const guarantee = Object.fromEntries(
    (delivery ? plan.sinks : []).map(({ name, plugin }) => [
      name,
      // What a detector reads again from a channel, it can always read again.
      guaranteeOf({ resumable: role === 'detect' || plan.source.resumable, delivery: plugin.delivery }),
    ]),
  );
  const addresses = outside.addresses ?? new Addresses();
  const abort = get(TOKENS.abort);
  return {
    plan,
    vitals,
    guarantee,
    ...(delivery && plan.config.channel && plan.schema.alarms.incidents ? { callsApart: CALLS_APART } : {}),
    progress: get(TOKENS.progress),
    run: async (stop) => {
      const onStop = () => abort.abort(stop.reason);
      stop.addEventListener('abort', onStop, { once: true });
      if (stop.aborted) onStop();
      const unwatch = doubts.watch(outside.log);
      if (live) pauses.watch(abort.signal);
      let failed = true;
      let answering: Answering | undefined;
      try {
        if (plan.http) {
          answering = await addresses.answer(plan.http, plan.config.name, telemetry, outside);
        }
        door.opensTo(answering ?? NOWHERE);
        const ending = await runTogether(halves, stop);
        failed = false;
        return ending;
      } finally {
        abort.abort(new Error('the pipeline has ended'));
        await workforce.close();
        stop.removeEventListener('abort', onStop);
        unwatch();
        await answering?.leave(failed);
        await histories.close();
        await (await get(TOKENS.deadLetters)).close();
        await (await get(TOKENS.checkpoints)).close();
      }
    },
    async *states() {
      for (const { judgement } of runner?.lanes.values() ?? []) yield* judgement.states();
    },
    summary: (ending, seconds) =>
      summarise({
        pipeline: plan.config.name,
        role,
        guarantee,
        vitals,
        drops,
        pauses,
        doubts: doubts.atEnd(ending, runner !== undefined),
        deadLettered: deadLettered.count,
        repaired: repaired.count,
        seconds,
        ending,
      }),
  };
}
