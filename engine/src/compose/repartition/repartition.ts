// Another number of partitions for a pipeline that has a state: a new topic, into whose partitions the states of the keys are carried.

import { KafkaHandover } from '../../adapters/kafka/handover.js';
import { type Place, readPlace } from '../../adapters/kafka/seal.js';
import { mendedByMoving } from '../../adapters/kafka/topic.js';
import { QuantStreamError } from '../../api/index.js';
import type { CheckpointStore, Checkpoints } from '../../ports/checkpoints.js';
import type { Plan } from '../../spec/planned.js';
import { checkSignature, decodeSaved, type Saved } from '../../state/saved.js';
import { beginningOf } from '../channel.js';
import { partOf, withCheckpoints } from '../checkpoints.js';
import { containerOf, kafkaParts, type Outside } from '../container.js';
import { composePipeline } from '../pipeline.js';
import { undecided } from './merged.js';
import { collect, dealOut, type Left, MOVING, movingIn, type Target } from './moving.js';

export interface Repartition {
  /** The pipeline as it ran so far, and as it will run. */
  readonly before: Plan;
  readonly after: Plan;
  readonly outside: Outside;
  readonly signal: AbortSignal;
  /** Told what is being done. */
  readonly say: (text: string) => void;
}

/** How often it is looked whether everything is judged, ms. */
const LOOK_EVERY = 200;
/** So often the rest of a topic may be no smaller than before: then somebody writes into it all the time. */
const ROUNDS = 5;

const targetOf = ({ config }: Plan): Target => ({
  topic: config.channel!.with.topic,
  partitions: config.channel!.with.partitions,
});

/**
 * Carries a pipeline over into another topic: what its topic still holds is judged, then the states of all partitions are put into the
 * partitions of the new topic that their keys are in. A crash at any moment leaves the old topic or a hand-over that the same call finishes;
 * meanwhile neither half starts.
 * @returns how many keys were carried over; `undefined`: those of a call that did not come to its end
 */
export async function repartition({ before, after, outside, signal, say }: Repartition): Promise<number | undefined> {
  mustFit(before, after);
  return withCheckpoints(before, outside, async (checkpoints) => {
    const moving = await movingIn(checkpoints);
    const target = targetOf(after);
    if (moving && (moving.target.topic !== target.topic || moving.target.partitions !== target.partitions))
      throw new QuantStreamError(
        'QS_CHANNEL',
        `a hand-over to the topic ${moving.target.topic} with ${moving.target.partitions} partitions was begun: finish that one first`,
      );
    const handover = (plan: Plan) =>
      new KafkaHandover({ ...kafkaParts(containerOf(plan, outside), plan.config.channel!.with), ours: beginningOf(plan) });
    const next = handover(after);
    const ingest = checkpoints.of(partOf(before, 'ingest'));
    try {
      // Nobody reads the source meanwhile, where its half keeps its state here as well.
      await ingest.open();
      await next.open(signal);
      let keys: number | undefined;
      await next.make(moving === undefined);
      if (moving) say(`goes on with what was begun: from ${moving.from.topic} to ${target.topic}`);
      else {
        const left = handover(before);
        try {
          await left.open(signal);
          keys = await leave(checkpoints, left, { before, after, outside, signal, say });
        } finally {
          await left.close();
        }
      }
      const { from, stands } = (await movingIn(checkpoints))!;
      const cursors = await next.begin(from, undecided(stands), after.groups);
      const parts = cursors.map((cursor, partition) => ({ part: partOf(after, partition), cursor }));
      await dealOut(checkpoints, parts, next.partitionOf, after);
      for (const part of await checkpoints.parts())
        if (/^partition-\d+$/.test(part) && !parts.some((one) => one.part === part)) await checkpoints.of(part).reset();
      await checkpoints.of(MOVING).reset();
      return keys;
    } finally {
      await ingest.close();
      await next.close();
    }
  });
}

/** @throws QS_PLAN_ROLE, QS_CHANNEL */
function mustFit(before: Plan, after: Plan): void {
  if (!before.config.channel)
    throw new QuantStreamError('QS_PLAN_ROLE', `${before.file} has no channel, so there are no partitions`);
  if (before.config.checkpoint.store === 'memory')
    throw new QuantStreamError(
      'QS_CHANNEL',
      'the state is in memory: name another topic in the file, nothing is to be carried over',
    );
  const { topic } = targetOf(before);
  if (topic === targetOf(after).topic)
    throw new QuantStreamError(
      'QS_CHANNEL',
      `${topic} is the topic that ${before.file} names: give --topic a new name, and leave the file as it is until this is done`,
    );
}

/** Judges what the old topic still holds, and puts all states on their way. */
async function leave(checkpoints: Checkpoints, topic: KafkaHandover, given: Repartition): Promise<number> {
  const { before, after, outside, say } = given;
  await mustBeAlone(topic, before);
  let [least, idle] = [Number.POSITIVE_INFINITY, 0];
  for (;;) {
    const left = await openAll(checkpoints, before);
    try {
      const tails = await topic.tails(left.map(({ saved }) => placeOf(saved)));
      await topic.end(tails);
      const behind = tails.filter(({ batches, log }) => batches > 0 || log.waiting > 0);
      if (behind.length === 0) {
        const about = { from: targetOf(before), target: targetOf(after), signature: after.signature, now: outside.clock.now() };
        return await collect(checkpoints, left, about);
      }
      const count = behind.reduce((sum, { observations, log }) => sum + observations + log.waiting, 0);
      idle = count < least ? 0 : idle + 1;
      least = Math.min(least, count);
      if (idle > ROUNDS)
        throw new QuantStreamError(
          'QS_CHANNEL',
          `${targetOf(before).topic} still grows: stop the ingesting half, and whoever else writes there, and try again`,
        );
      say(`judges what ${targetOf(before).topic} still holds: ${count} observations in ${behind.length} partitions`);
    } finally {
      for (const { store } of left) await store.close();
    }
    await judgeTheRest(given);
  }
}

const placeOf = (saved: Saved | undefined): Place | undefined =>
  saved?.cursor === null || saved?.cursor === undefined ? undefined : readPlace(saved.cursor);

async function mustBeAlone(topic: KafkaHandover, { config }: Plan): Promise<void> {
  const readers = await topic.readers();
  if (readers.length === 0) return;
  throw new QuantStreamError(
    'QS_STATE_LOCKED',
    `${config.name} is still judged by ${readers.join(', ')}: stop both halves first; one that was killed is forgotten within 10 s`,
  );
}

async function openAll(checkpoints: Checkpoints, plan: Plan): Promise<Left[]> {
  const left: Left[] = [];
  const opened: CheckpointStore[] = [];
  try {
    for (let partition = 0; partition < targetOf(plan).partitions; partition++) {
      const store = checkpoints.of(partOf(plan, partition));
      const found = await store.open();
      opened.push(store);
      const saved = found ? decodeSaved(found.meta) : undefined;
      if (saved) checkSignature(saved.signature, plan.signature, plan.config.name);
      left.push({ store, saved });
    }
    return left;
  } catch (error) {
    for (const store of opened) await store.close();
    throw error;
  }
}

/** Runs the detecting half until nothing waits any more, and stops it in good order. */
async function judgeTheRest({ before, outside, signal }: Repartition): Promise<void> {
  const { http: _, ...unheard } = before;
  const pipeline = await composePipeline(unheard, outside, 'detect');
  const stop = new AbortController();
  const end = () => stop.abort(signal.reason);
  signal.addEventListener('abort', end, { once: true });
  if (signal.aborted) end();
  let ended = false;
  const run = pipeline.run(stop.signal).finally(() => {
    ended = true;
  });
  const look = async () => {
    for (let idle = 0; idle < 2 && !ended; ) {
      await outside.clock.sleep(LOOK_EVERY, stop.signal);
      // What this very move mends is no reason to wait.
      const well = pipeline.vitals.troubles.every(mendedByMoving);
      idle = pipeline.vitals.behind === 0 && well ? idle + 1 : 0;
    }
    stop.abort(new Error('everything is judged'));
  };
  await Promise.all([run, look().catch(() => {})]);
  signal.removeEventListener('abort', end);
  signal.throwIfAborted();
}
