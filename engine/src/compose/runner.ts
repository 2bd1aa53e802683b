// What runs: the halves of a pipeline, alone or together.

import type { DependencyContainer } from 'tsyringe';
import type { ChannelReader } from '../ports/channel.js';
import { noRequests } from '../ports/requests.js';
import type { Plan } from '../spec/planned.js';
import type { Delivery } from '../stream/delivery.js';
import { Incidents } from '../stream/incidents/incidents.js';
import { Runner } from '../stream/runner.js';
import { Drops } from '../vitals/drops.js';
import { Tally } from '../vitals/tally.js';
import type { Ending } from '../vitals/vitals.js';
import { coreSettings, DEFAULT_GRACE, type Outside, TOKENS } from './container.js';
import { requestsOf } from './folders.js';
import { taughtBy } from './people/labels.js';
import { storeOf } from './repartition/moving.js';
import type { Workforce } from './threads/workforce.js';

/** The detecting half: reader → judging → sinks. */
export async function composeRunner(
  container: DependencyContainer,
  delivery: Delivery,
  outside: Outside,
  { judgementOf }: Pick<Workforce, 'judgementOf'>,
): Promise<Runner> {
  const plan = container.resolve(TOKENS.plan);
  const lessons = await container.resolve(TOKENS.said);
  const said = outside.said ?? (await lessons.changes().catch(() => []));
  const taught = container.resolve(TOKENS.taught);
  for (const [key, all] of outside.taught ?? taughtBy(said)) taught.set(key, [...all]);
  const checkpoints = await container.resolve(TOKENS.checkpoints);
  const drops = container.resolve(TOKENS.drops);
  const passedOver = new Drops(outside.clock, outside.log, 'stored, not judged:');
  const apart = new Drops(outside.clock, outside.log, 'judged on its own time:');
  const tally = new Tally(
    plan.models.map(({ name }) => name),
    plan.schema.row.columns.map(({ name }) => name),
  );
  const reader = await container.resolve(TOKENS.reader);
  return new Runner({
    settings: coreSettings(plan),
    signature: plan.signature,
    reader,
    delivery,
    judgementOf,
    factory: container.resolve(TOKENS.factory),
    refusals: {
      refuse: (reason, detail, count) => drops.add(reason, detail, count),
      passedOver: (reason, detail, count) => passedOver.add(reason, detail, count),
      behind: (detail, count) => apart.add('behind', detail, count),
    },
    tally,
    incidents: incidentsOf(plan, tally, reader),
    resumable: plan.config.channel !== undefined || plan.source.resumable,
    storeOf: (partition) => storeOf(checkpoints, plan, partition),
    stages: container.resolve(TOKENS.stages),
    requests: plan.config.checkpoint.store === 'memory' ? noRequests : requestsOf(plan.dataDirectory),
    lessons,
    clock: outside.clock,
    log: outside.log,
    checkpointEveryMs: plan.config.checkpoint.every,
    graceMs: outside.graceMs ?? DEFAULT_GRACE,
  });
}

/** Without a budget as many episodes are expected as one of one a day allows, until more are seen. */
const BY_CHANCE = 1;

/** What finds out which episodes began together, unless nobody wants to know. */
function incidentsOf({ schema, config }: Plan, { counts }: Tally, reader: ChannelReader): Incidents | undefined {
  const { incidents, perDay = BY_CHANCE, of } = schema.alarms;
  const each = (keys: number) => (of === 'pipeline' ? perDay / Math.max(1, keys) : perDay);
  return (
    incidents &&
    new Incidents(
      config.name,
      each,
      incidents,
      () => {
        counts.incidents++;
      },
      () => reader.catchingUp?.() ?? [],
    )
  );
}

/** Runs both halves, or the only one, to their ends. When one fails, the other is stopped and the failure is what counts. */
export async function runTogether(
  halves: readonly { run(stop: AbortSignal): Promise<Ending> }[],
  stop: AbortSignal,
): Promise<Ending> {
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
