// Where the state of a pipeline survives, and what is saved there.

import { FileParts } from '../adapters/file-checkpoints/folders.js';
import type { EntityState } from '../judge/entity.js';
import type { LifeState } from '../judge/life/life.js';
import { type Checkpoints, type KeptState, type Look, MemoryParts, STATE_LAYOUT } from '../ports/checkpoints.js';
import type { Plan } from '../spec/planned.js';
import { decode } from '../state/codec.js';
import { decodeSaved, type Saved } from '../state/saved.js';
import { Shapes } from '../state/shapes.js';
import type { Role } from '../vitals/vitals.js';
import { containerOf, type Outside, outsideHostOf, rejected } from './container.js';

/** The part of a pipeline's state that a half or a partition has; without a channel there is one. */
export const partOf = ({ config }: Plan, which: 'ingest' | number): string =>
  config.channel ? (which === 'ingest' ? which : `partition-${which}`) : '';

/** The checkpoints of a pipeline, where its file says. Opens nothing. */
export async function checkpointsOf(plan: Plan, outside: Outside): Promise<Checkpoints> {
  if (plan.config.checkpoint.store === 'memory') return new MemoryParts();
  if (!plan.store) return new FileParts(plan.dataDirectory);
  const { plugin, config } = plan.store;
  try {
    return await plugin.create(config, { ...outsideHostOf(containerOf(plan, outside), 'checkpoint'), layout: STATE_LAYOUT });
  } catch (error) {
    throw rejected('the store of the checkpoints', error);
  }
}

/** The checkpoints in a data folder, of a pipeline whose file is not at hand. */
export const checkpointsIn = (dataDirectory: string): Checkpoints => new FileParts(dataDirectory);

/** Does something with the checkpoints of a pipeline that this process does not run. */
export async function withCheckpoints<T>(
  plan: Plan,
  outside: Outside,
  work: (checkpoints: Checkpoints) => Promise<T>,
): Promise<T> {
  const checkpoints = await checkpointsOf(plan, outside);
  try {
    return await work(checkpoints);
  } finally {
    await checkpoints.close();
  }
}

/** Forgets the state that a role of a pipeline keeps. @throws QS_STATE_LOCKED while an engine runs on it, where the store can tell */
export function forgetState(plan: Plan, outside: Outside, role: Role): Promise<void> {
  return withCheckpoints(plan, outside, async (checkpoints) => {
    for (const part of await checkpoints.parts())
      if (role === 'all' || (part === 'ingest') === (role === 'ingest')) await checkpoints.of(part).reset();
  });
}

/** The newest checkpoint of a part, for people. */
export interface ReadCheckpoint extends Omit<Look, 'meta'> {
  readonly saved: Saved;
}

export async function readCheckpoint(checkpoints: Checkpoints, part: string): Promise<ReadCheckpoint | undefined> {
  const found = await checkpoints.look(part);
  return found && { saved: decodeSaved(found.meta), keys: found.keys, bytes: found.bytes, live: found.live };
}

/** The lives of the models in a checkpoint, key by key and model by model. */
export async function readLives(
  checkpoints: Checkpoints,
  part: string,
): Promise<{ key: string; model: string; life: LifeState }[]> {
  const shapes = new Shapes((await readCheckpoint(checkpoints, part))?.saved.shapes);
  const found: { key: string; model: string; life: LifeState }[] = [];
  for await (const { key, read } of checkpoints.states(part)) {
    const { lives } = decode(await read(), shapes) as EntityState;
    for (const [model, life] of Object.entries(lives)) found.push({ key, model, life });
  }
  return found;
}

/** The keys of a checkpoint, and the bytes of each. */
export async function readKeys(checkpoints: Checkpoints, part: string): Promise<Pick<KeptState, 'key' | 'bytes'>[]> {
  const keys: Pick<KeptState, 'key' | 'bytes'>[] = [];
  for await (const { key, bytes } of checkpoints.states(part)) keys.push({ key, bytes });
  return keys;
}
