// One ordered stream: its clock, its keys, its checkpoint.

import type { Clock, Log, SinkBatch, SourceBatch } from '../api/index.js';
import type { EntityFactory } from '../judge/entity.js';
import type { CoreSettings } from '../judge/settings.js';
import type { CheckpointStore } from '../ports/checkpoints.js';
import type { ModelRequest } from '../ports/requests.js';
import { Entities } from '../state/entities.js';
import { checkSignature, decodeSaved, encodeSaved, initialEventTime, type Signature } from '../state/saved.js';
import type { Tally } from '../vitals/tally.js';
import { Core, type Refusals } from './core.js';

export interface LaneParts {
  readonly settings: CoreSettings;
  readonly signature: Signature;
  readonly factory: EntityFactory;
  /** Where it is counted what is not judged. */
  readonly refusals: Refusals;
  readonly tally: Tally;
  /** Whether a cursor of `null` means the beginning, and not that there are none. */
  readonly resumable: boolean;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * One ordered stream with a clock, keys and a checkpoint of its own: the whole of a pipeline, or one partition of its channel. What
 * happens in one lane never depends on another, so results do not depend on how partitions are interleaved.
 */
export class Lane {
  core: Core;
  readonly entities: Entities;
  cursor: string | null = null;
  resumed = false;
  /** Whether something happened since the last checkpoint. */
  dirty = true;
  private readonly parts: LaneParts;
  private readonly partition: number;
  private readonly store: CheckpointStore;

  constructor(parts: LaneParts, partition: number, store: CheckpointStore) {
    this.parts = parts;
    this.partition = partition;
    this.store = store;
    this.entities = new Entities(parts.factory, store, parts.settings);
    this.core = new Core(parts.settings, this.entities, initialEventTime(), parts.refusals, parts.tally);
  }

  /** Takes the lock of the state and restores it. @throws QS_STATE_LOCKED, QS_STATE_SIGNATURE, QS_STATE_CORRUPT */
  async open(): Promise<void> {
    const { signature, settings, log, refusals, tally } = this.parts;
    const found = await this.store.open();
    if (!found) return;
    const saved = decodeSaved(found.meta);
    checkSignature(saved.signature, signature, settings.schema.pipeline);
    this.entities.restore(saved);
    for (const warning of found.warnings) log.warn({}, warning);
    this.core = new Core(settings, this.entities, saved.time, refusals, tally);
    this.cursor = saved.cursor;
    this.resumed = true;
    const at = new Date(saved.savedAt).toISOString();
    log.info({ keys: this.entities.size }, `resumes from the checkpoint of ${at}`);
    if (!this.parts.resumable) log.warn({}, 'the source cannot be resumed: what it sent since that checkpoint is not seen again');
  }

  /** Judges a batch; the lane stands behind it once `accepted` was called. */
  async judge(batch: SourceBatch): Promise<SinkBatch> {
    const { keys, until } = this.touched(batch);
    await this.entities.prepare(keys, until);
    return this.signed(this.core.process(batch));
  }

  /** At the end of the stream: what is still open is closed. */
  async flush(): Promise<SinkBatch> {
    return this.signed(await this.core.flush());
  }

  /** The sinks have accepted what came of a batch. */
  accepted(batch: SourceBatch): void {
    this.cursor = batch.cursor;
    this.dirty = true;
  }

  /** Lets idle keys go from memory, as far as the store takes them. */
  async spill(): Promise<void> {
    this.entities.spill();
    await this.store.makeRoom();
  }

  /** @returns how many bytes the lane's own part took */
  async checkpoint(): Promise<number> {
    this.entities.saveDirty();
    const { clock, signature } = this.parts;
    const { shapes, senders } = this.entities;
    const meta = encodeSaved({
      savedAt: clock.now(),
      cursor: this.cursor,
      time: this.core.time.state,
      signature,
      shapes,
      senders,
    });
    await this.store.commit(meta);
    this.dirty = false;
    return meta.length;
  }

  /** Puts a model of one key, or of all, into or out of office. @param answer told what came of it, key by key */
  async request({ action, model, key }: ModelRequest, answer: (text: string) => void): Promise<void> {
    for await (const entity of this.entities.all()) {
      if (key !== undefined && key !== entity.key) continue;
      const life = entity.judges.find(({ settings }) => settings.name === model)?.life;
      const { latest } = entity.state;
      const wrong = !life ? 'it has no life of its own' : action === 'promote' ? life.promote(latest) : life.rollBack(latest);
      if (wrong !== undefined) answer(`${model} of ${entity.key}: cannot ${action}: ${wrong}`);
    }
    this.dirty = true;
  }

  close(): Promise<void> {
    return this.store.close();
  }

  /** Says who judged a batch, where the store knows. */
  private signed(batch: SinkBatch): SinkBatch {
    const { epoch } = this.store;
    return epoch === undefined ? batch : { ...batch, holder: { partition: this.partition, epoch } };
  }

  /** The keys that a batch touches, and how far it can move event time. */
  private touched(batch: SourceBatch): { keys: Set<string>; until: number } {
    const { groups } = this.parts.settings;
    const keys = new Set<string>();
    let until = Math.max(batch.watermark ?? Number.NEGATIVE_INFINITY, this.core.time.watermark);
    for (const { observation } of this.core.time.state.waiting) {
      keys.add(groups.get(observation.key) ?? observation.key);
      if (observation.time > until) until = observation.time;
    }
    let last = '';
    for (const { key, time } of batch.observations) {
      if (time > until && time !== Number.POSITIVE_INFINITY) until = time;
      if (key === last) continue;
      keys.add(groups.get(key) ?? key);
      last = key;
    }
    for (const { key } of batch.missing ?? []) {
      if (key === '*') for (const known of this.entities.keys()) keys.add(known);
      else keys.add(groups.get(key) ?? key);
    }
    return { keys, until };
  }
}
