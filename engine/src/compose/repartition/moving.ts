// States on their way from the partitions of one topic into those of another: all of them in one checkpoint, so that there is a moment before it and one after it.

import { QuantStreamError } from '../../api/index.js';
import { type EntityState, pluginStatesOf } from '../../judge/entity.js';
import type { CheckpointStore, Checkpoints } from '../../ports/checkpoints.js';
import type { Plan } from '../../spec/planned.js';
import { decode, encode, hashesOf } from '../../state/codec.js';
import { decodeSaved, encodeSaved, initialEventTime, type Saved, type Signature } from '../../state/saved.js';
import { Shapes } from '../../state/shapes.js';
import { partOf } from '../checkpoints.js';
import { mergedIncidents, mergedLikes, mergedTime, type Stand, sharedOut } from './merged.js';

/** The part that holds what is on its way. */
export const MOVING = 'moving';

/** Where states go. */
export interface Target {
  readonly topic: string;
  readonly partitions: number;
}

/** What is on its way: a checkpoint like others, and what the partitions had beside the states of their keys. */
interface Moving extends Saved {
  readonly target: Target;
  readonly from: Target;
  readonly stands: readonly Stand[];
}

/** A partition that is left: its store, opened, and what that found. */
export interface Left {
  readonly store: CheckpointStore;
  readonly saved: Saved | undefined;
}

/** @returns what a hand-over that was begun and not finished moves, if there is one */
export async function movingIn(checkpoints: Checkpoints): Promise<Moving | undefined> {
  const found = await checkpoints.look(MOVING);
  return found && (decodeSaved(found.meta) as Moving);
}

/** The store of a half or a partition; with a channel it opens only while nothing is on its way. */
export function storeOf(checkpoints: Checkpoints, plan: Plan, which: 'ingest' | number): CheckpointStore {
  const store = checkpoints.of(partOf(plan, which));
  if (!plan.config.channel) return store;
  const open = store.open.bind(store);
  store.open = async () => {
    const moving = await movingIn(checkpoints);
    if (!moving) return open();
    const { topic, partitions } = moving.target;
    throw new QuantStreamError(
      'QS_CHANNEL',
      `the pipeline is on its way from the topic ${moving.from.topic} to ${topic}: finish that with ` +
        `engine channel repartition --topic ${topic} --partitions ${partitions}, or start afresh with --reset-state`,
    );
  };
  return store;
}

/** Puts the states of all partitions into one checkpoint. Once it is there, the hand-over has happened. @returns how many keys */
export async function collect(
  checkpoints: Checkpoints,
  left: readonly Left[],
  about: { readonly from: Target; readonly target: Target; readonly signature: Signature; readonly now: number },
): Promise<number> {
  const moving = checkpoints.of(MOVING);
  await moving.reset();
  await moving.open();
  try {
    const shapes = new Shapes();
    const stands: Stand[] = [];
    let keys = 0;
    for (const { store, saved } of left) {
      if (!saved) continue;
      const old = new Shapes(saved.shapes);
      const names: string[] = [];
      for (const { key, wake } of store.entries()) {
        await carry(key, wake, store, old, moving, shapes);
        names.push(key);
      }
      keys += names.length;
      stands.push({ time: saved.time, senders: saved.senders, keys: names, incidents: saved.incidents, likes: saved.likes });
    }
    const { from, target, signature, now } = about;
    const meta: Moving = {
      savedAt: now,
      cursor: `${from.topic} to ${target.topic}`,
      closed: false,
      time: initialEventTime(),
      signature,
      shapes: shapes.list,
      senders: [],
      target,
      from,
      stands,
    };
    await moving.commit(encodeSaved(meta));
    return keys;
  } finally {
    await moving.close();
  }
}

/** Deals what is on its way out to the new partitions, each from its cursor on. What was there before is forgotten. */
export async function dealOut(
  checkpoints: Checkpoints,
  parts: readonly { readonly part: string; readonly cursor: string }[],
  partitionOf: (entity: string) => number,
  { groups, config }: Pick<Plan, 'groups' | 'config'>,
): Promise<void> {
  const moving = checkpoints.of(MOVING);
  const { meta } = (await moving.open())!;
  try {
    const { stands, signature, savedAt, shapes } = decodeSaved(meta) as Moving;
    const old = new Shapes(shapes);
    const keys = parts.map((): { key: string; wake: number }[] => []);
    const where = new Map<string, number>();
    for (const entry of moving.entries()) {
      const partition = partitionOf(entry.key);
      keys[partition]!.push(entry);
      where.set(entry.key, partition);
    }
    for (const [partition, { part, cursor }] of parts.entries()) {
      const store = checkpoints.of(part);
      await store.reset();
      await store.open();
      try {
        const own = new Shapes();
        for (const { key, wake } of keys[partition]!) await carry(key, wake, moving, old, store, own);
        const isOurs = (entity: string) => (where.get(entity) ?? partitionOf(entity)) === partition;
        const speaks = (key: string) => isOurs(groups.get(key) ?? key);
        const time = mergedTime(stands, config.time.maxAhead, isOurs, speaks);
        const senders = sharedOut(stands, isOurs);
        const incidents = mergedIncidents(stands, speaks);
        const likes = mergedLikes(stands, isOurs);
        const about = { savedAt, cursor, closed: false, time, signature, shapes: own.list, senders };
        await store.commit(encodeSaved({ ...about, ...(incidents ? { incidents } : {}), ...(likes ? { likes } : {}) }));
      } finally {
        await store.close();
      }
    }
  } finally {
    await moving.close();
  }
}

/** Copies the state of a key, with the immutable parts that it refers to. */
async function carry(
  key: string,
  wake: number,
  from: CheckpointStore,
  old: Shapes,
  to: CheckpointStore,
  shapes: Shapes,
): Promise<void> {
  const state = decode((await from.get([key])).get(key)!, old) as EntityState;
  const blobs = [...new Set(pluginStatesOf(state).flatMap(hashesOf))];
  for (const [hash, bytes] of await from.getBlobs(blobs.filter((hash) => !to.hasBlob(hash)))) to.putBlob(hash, bytes);
  to.put(key, encode(state, shapes), { wake, blobs });
  await to.makeRoom();
}
