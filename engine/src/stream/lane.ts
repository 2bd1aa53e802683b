// One ordered stream: its clock, its keys, its checkpoint.

import type { Clock, Log, SinkBatch, SourceBatch } from '../api/index.js';
import type { Taught, Understood } from '../judge/lessons/lessons.js';
import type { CheckpointStore } from '../ports/checkpoints.js';
import type { ModelRequest } from '../ports/requests.js';
import { checkSignature, decodeSaved, encodeSaved, type Signature } from '../state/saved.js';
import type { Incidents } from './incidents/incidents.js';
import type { Judgement, JudgementParts } from './judgement.js';

export interface LaneParts extends JudgementParts {
  readonly signature: Signature;
  /** Where the keys of a lane are judged. */
  readonly judgementOf: (parts: JudgementParts, store: CheckpointStore, lane: number) => Judgement;
  /** Whether a cursor of `null` means the beginning, and not that there are none. */
  readonly resumable: boolean;
  /** Finds out which episodes began together, over all lanes; absent: nobody wants to know. */
  readonly incidents?: Incidents | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * One ordered stream with a clock, keys and a checkpoint of its own: the whole of a pipeline, or one partition of its channel. What
 * happens in one lane never depends on another, so results do not depend on how partitions are interleaved.
 */
export class Lane {
  readonly judgement: Judgement;
  cursor: string | null = null;
  /** Whether what was open at the end of the stream is closed. */
  closed = false;
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
    this.judgement = parts.judgementOf(parts, store, partition);
  }

  /** Takes the lock of the state and restores it. @throws QS_STATE_LOCKED, QS_STATE_SIGNATURE, QS_STATE_CORRUPT */
  async open(): Promise<void> {
    const { signature, settings, log } = this.parts;
    const found = await this.store.open();
    const saved = found && decodeSaved(found.meta);
    if (saved) checkSignature(saved.signature, signature, settings.schema.pipeline);
    await this.judgement.begin(saved ?? undefined);
    this.parts.incidents?.restore(this.partition, this.judgement, saved?.incidents);
    if (!saved) return;
    for (const warning of found!.warnings) log.warn({}, warning);
    this.cursor = saved.cursor;
    this.closed = saved.closed;
    this.resumed = true;
    const at = new Date(saved.savedAt).toISOString();
    log.info({ keys: this.judgement.keys }, `resumes from the checkpoint of ${at}`);
    if (!this.parts.resumable) log.warn({}, 'the source cannot be resumed: what it sent since that checkpoint is not seen again');
  }

  /** Judges a batch; the lane stands behind it once `accepted` was called. */
  async judge(batch: SourceBatch): Promise<SinkBatch> {
    return this.told(await this.judgement.judge(batch));
  }

  /** At the end of the stream: what is still open is closed. */
  async flush(): Promise<SinkBatch> {
    const batch = this.told(await this.judgement.flush(), true);
    this.closed = true;
    return batch;
  }

  /** The sinks have accepted what came of a batch. */
  accepted(batch: SourceBatch): void {
    this.cursor = batch.cursor;
    this.closed = false;
    this.dirty = true;
  }

  /** Whether nothing more should be judged until the store has taken what waits for it. */
  get full(): boolean {
    return this.store.full;
  }

  /** Lets idle keys go from memory, as far as the store takes them. */
  spill(): Promise<void> {
    return this.judgement.spill();
  }

  /** @returns how many bytes the lane's own part took */
  async checkpoint(): Promise<number> {
    const { clock, signature } = this.parts;
    const saved = await this.judgement.save();
    const incidents = this.parts.incidents?.stateOf(this.partition);
    const meta = encodeSaved({
      savedAt: clock.now(),
      cursor: this.cursor,
      closed: this.closed,
      signature,
      ...saved,
      ...(incidents ? { incidents } : {}),
    });
    await this.store.commit(meta);
    this.judgement.committed();
    this.dirty = false;
    return meta.length;
  }

  /** Puts a model of one key, or of all, into or out of office. @param answer told what came of it, key by key */
  async request(request: ModelRequest, answer: (text: string) => void): Promise<void> {
    await this.judgement.request(request, answer);
    this.dirty = true;
  }

  /** Tells a key what somebody said of an episode. @returns what came of it; nothing where the key is not known here */
  async teach(said: Omit<Taught, 'since'>): Promise<Understood | undefined> {
    const understood = await this.judgement.teach(said);
    if (understood) this.dirty = true;
    return understood;
  }

  async close(): Promise<void> {
    this.parts.incidents?.leave(this.partition);
    this.judgement.leave();
    await this.store.close();
  }

  /** Counts what a budget says, and adds what only a lane knows. */
  private told(batch: SinkBatch, over = false): SinkBatch {
    const { settings, tally } = this.parts;
    if ('perDay' in settings.alarms.rule) for (const verdict of batch.verdicts) tally.rule(verdict);
    return this.signed(this.followed(batch, over));
  }

  /** Adds what is known of incidents behind a batch. */
  private followed(batch: SinkBatch, over = false): SinkBatch {
    const { now, keys } = this.judgement;
    return this.parts.incidents?.follow(this.partition, { batch, now, keys, over }) ?? batch;
  }

  /** Says who judged a batch, where the store knows. */
  private signed(batch: SinkBatch): SinkBatch {
    const { epoch } = this.store;
    return epoch === undefined ? batch : { ...batch, holder: { partition: this.partition, epoch } };
  }
}
