// What stands between the source and the judging: nothing, or a broker.

import { createHash } from 'node:crypto';
import type { DependencyContainer } from 'tsyringe';
import type { RecordsAgain } from '../adapters/kafka/writing/again.js';
import type { ChannelReader } from '../ports/channel.js';
import type { Plan } from '../spec/planned.js';
import type { Signature } from '../state/saved.js';
import { DirectReader } from '../stream/direct.js';
import { Ingestor } from '../stream/ingestor.js';
import { partOf, readCheckpoint, withCheckpoints } from './checkpoints.js';
import { containerOf, kafkaParts, type Outside, TOKENS } from './container.js';
import { deadLettersOf } from './letters/dead-letters.js';
import { storeOf, type Target } from './repartition/moving.js';

/** Who we are to those who read the topic. */
export const beginningOf = ({ config, signature }: Plan) => ({
  pipeline: config.name,
  source: createHash('sha256').update(signature.source!).digest('base64url').slice(0, 22),
});

/** What each half of a channel is made of. */
function halfParts(c: DependencyContainer, settings: NonNullable<Plan['config']['channel']>['with']) {
  const plan = c.resolve(TOKENS.plan);
  const { config } = plan;
  const drops = c.resolve(TOKENS.drops);
  return {
    ...kafkaParts(c, settings),
    ours: beginningOf(plan),
    buffer: config.buffer,
    drop: (reason: string, detail: string) => drops.add(reason, detail),
    deadLetter: deadLettersOf(c, 'channel'),
  };
}

/** What the detecting half reads: the source itself, or the broker. */
export async function makeReader(c: DependencyContainer): Promise<ChannelReader> {
  const { config } = c.resolve(TOKENS.plan);
  if (!config.channel) return new DirectReader(await c.resolve(TOKENS.source), config.buffer, c.resolve(TOKENS.stages));
  const { KafkaReader } = await import('../adapters/kafka/reading/reader.js');
  return new KafkaReader(halfParts(c, config.channel.with));
}

/** Writes into the topic what was put away, beside the ingesting half. */
export async function recordsAgain(plan: Plan, outside: Outside): Promise<RecordsAgain> {
  const { RecordsAgain } = await import('../adapters/kafka/writing/again.js');
  const { readPlace } = await import('../adapters/kafka/seal.js');
  return new RecordsAgain({
    ...kafkaParts(containerOf(plan, outside), plan.config.channel!.with),
    ours: beginningOf(plan),
    groups: plan.groups,
    placeOf: (partition) =>
      withCheckpoints(plan, outside, async (checkpoints) => {
        const cursor = (await readCheckpoint(checkpoints, partOf(plan, partition)))?.saved.cursor;
        return cursor === undefined || cursor === null ? undefined : readPlace(cursor);
      }),
  });
}

/** Whether the topic of a plan is one that states were carried into, from the topic of a signature that differs in nothing else. */
async function goesOnFrom(c: DependencyContainer, plan: Plan, saved: Signature, stop: AbortSignal): Promise<boolean> {
  const { source, groups } = plan.signature;
  if (saved.source !== source || saved.groups !== groups || saved.channel === undefined) return false;
  const { KafkaHandover } = await import('../adapters/kafka/handover.js');
  const handover = new KafkaHandover({ ...kafkaParts(c, plan.config.channel!.with), ours: beginningOf(plan) });
  try {
    await handover.open(stop);
    const origin = await handover.origin();
    const before = JSON.parse(saved.channel) as Target;
    return origin !== undefined && origin.topic === before.topic && origin.partitions === before.partitions;
  } finally {
    await handover.close();
  }
}

/** The ingesting half: source → broker. */
export async function makeIngestor(c: DependencyContainer): Promise<Ingestor> {
  const plan = c.resolve(TOKENS.plan);
  const { KafkaWriter } = await import('../adapters/kafka/writing/writer.js');
  const { source, channel, groups } = plan.signature;
  return new Ingestor({
    pipeline: plan.config.name,
    source: await c.resolve(TOKENS.source),
    writer: new KafkaWriter({ ...halfParts(c, plan.config.channel!.with), groups: plan.groups }),
    store: storeOf(await c.resolve(TOKENS.checkpoints), plan, 'ingest'),
    signature: { source: source!, channel: channel!, ...(groups ? { groups } : {}) },
    goesOnFrom: (saved, stop) => goesOnFrom(c, plan, saved, stop),
    stages: c.resolve(TOKENS.stages),
    clock: c.resolve(TOKENS.clock),
    log: c.resolve(TOKENS.log).child({ part: 'ingest' }),
    checkpointEveryMs: plan.config.checkpoint.every,
    graceMs: c.resolve(TOKENS.graceMs),
  });
}
