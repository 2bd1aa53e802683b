import { type Clock, type Log, messageOf, QuantStreamError, type Source, type SourceBatch } from '../api/index.js';
import { type Channel, ProcessChannel } from '../ports/channel.js';
import type { CheckpointStore } from '../ports/checkpoints.js';
import type { Refuse } from './admission.js';
import { endWithin } from './closing.js';
import { Core } from './core.js';
import type { Delivery } from './delivery.js';
import { Entities } from './entities.js';
import type { EntityFactory } from './entity.js';
import { initialEventTime } from './event-time.js';
import { LatencyHistogram } from './latency.js';
import { checkSignature, decodeSaved, encodeSaved, type Signature } from './saved.js';
import type { CoreSettings } from './settings.js';

export interface RunnerParts {
  readonly settings: CoreSettings;
  readonly signature: Signature;
  readonly source: Source;
  readonly delivery: Delivery;
  readonly factory: EntityFactory;
  /** Where observations are counted that break the source's declaration. */
  readonly refuse: Refuse;
  readonly store: CheckpointStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly checkpointEveryMs: number;
  /** Observations that may wait between the source and the detectors. */
  readonly buffer: number;
  /** How long a shutdown waits for the sinks, ms. */
  readonly graceMs: number;
}

/** How long the source, and then the sinks, may take to close, ms: when told to stop, and at the end of a recording. */
const CLOSE_STOPPED = 1_500;
const CLOSE_FINISHED = 30_000;

/** How a run ended: by itself, because it was told to, or told to while a sink did not accept. */
export type Ending = 'finished' | 'stopped' | 'stopped-waiting';

/**
 * Runs one pipeline: pulls batches, judges them, waits for the sinks, checkpoints. The order is what delivery rests on:
 * the sinks have accepted everything before a checkpoint names its cursor, and the source is told after that.
 */
export class Runner {
  core: Core;
  readonly entities: Entities;
  readonly latency = new LatencyHistogram();
  readonly channel: Channel;
  checkpoints = 0;
  lastCheckpoint: { at: number; ms: number; bytes: number } | undefined;
  opened = false;
  resumed = false;
  private readonly parts: RunnerParts;
  private cursor: string | null = null;
  private saved: string | null | undefined;

  constructor(parts: RunnerParts) {
    this.parts = parts;
    this.entities = new Entities(parts.factory, parts.store, parts.settings.keysInMemory);
    this.core = new Core(parts.settings, this.entities, initialEventTime(), parts.refuse);
    this.channel = new ProcessChannel(parts.buffer);
  }

  /** @param stop ends the run in good order, with a checkpoint */
  async run(stop: AbortSignal): Promise<Ending> {
    const { source, delivery, store, clock, graceMs } = this.parts;
    const kill = new AbortController();
    const onStop = () =>
      void clock.sleep(graceMs, kill.signal).then(
        () => kill.abort(new Error('no time left')),
        () => {},
      );
    stop.addEventListener('abort', onStop, { once: true });
    // Until something was judged, there is nothing to lose: stop at once.
    const opening = AbortSignal.any([stop, kill.signal]);
    const pump = new AbortController();
    let pumping: Promise<void> | undefined;
    try {
      await this.restore();
      await delivery.open(opening);
      this.opened = true;
      pumping = this.pump(AbortSignal.any([stop, pump.signal]));
      await this.consume(stop, kill.signal);
      if (!stop.aborted) {
        await delivery.write(await this.core.flush(), kill.signal);
        await this.checkpoint();
        this.explainSilence();
        return 'finished';
      }
      await this.checkpoint();
      return 'stopped';
    } catch (error) {
      if (stop.aborted && (kill.signal.aborted || error === stop.reason)) return 'stopped-waiting';
      throw error;
    } finally {
      stop.removeEventListener('abort', onStop);
      this.opened = false;
      pump.abort(new Error('the pipeline has ended'));
      this.channel.end();
      kill.abort(new Error('the pipeline has ended'));
      const within = stop.aborted ? CLOSE_STOPPED : CLOSE_FINISHED;
      await endWithin(within, 'the source', this.parts, async () => {
        await pumping;
        await source.close?.();
      });
      await delivery.close(within);
      await store.close();
    }
  }

  /** A recording that gave nothing is a mistake more often than not: it says so. */
  private explainSilence(): void {
    if (this.core.counts.observations > 0) return;
    const why = this.resumed
      ? 'the source has nothing new: it was read to its end before; --reset-state reads it again'
      : 'the source ended without a single observation; see whether it is empty, and whether its configuration selects what is in it';
    this.parts.log.warn({}, why);
  }

  private async restore(): Promise<void> {
    const { store, signature, settings, log } = this.parts;
    const meta = await store.open();
    if (!meta) return;
    const saved = decodeSaved(meta);
    checkSignature(saved.signature, signature, settings.schema.pipeline);
    await this.entities.restore();
    this.core = new Core(settings, this.entities, saved.time, this.parts.refuse);
    this.cursor = saved.cursor;
    this.saved = saved.cursor;
    this.resumed = true;
    const at = new Date(saved.savedAt).toISOString();
    log.info({ keys: this.entities.size }, `resumes from the checkpoint of ${at}`);
    if (saved.cursor === null) log.warn({}, 'the source cannot be resumed: what it sent since that checkpoint is not seen again');
  }

  /** Reads the source ahead of the detectors, as far as the channel has room. */
  private async pump(signal: AbortSignal): Promise<void> {
    try {
      for await (const batch of this.parts.source.read(this.cursor, signal)) {
        if (signal.aborted) break;
        await this.channel.send(batch);
      }
      this.channel.end();
    } catch (error) {
      const code = (error as { code?: unknown }).code;
      const known = typeof code === 'string' && code.startsWith('QS_');
      this.channel.end(
        known ? error : new QuantStreamError('QS_SOURCE_FAILED', `the source gave up: ${messageOf(error)}`, { cause: error }),
      );
    }
  }

  private async consume(stop: AbortSignal, kill: AbortSignal): Promise<void> {
    const { clock, delivery, checkpointEveryMs } = this.parts;
    let last = clock.now();
    const wake = () => this.channel.end();
    stop.addEventListener('abort', wake, { once: true });
    try {
      while (!stop.aborted) {
        const batch = await this.channel.receive();
        if (!batch || stop.aborted) return;
        await this.handle(batch, delivery, kill);
        if (clock.now() - last < checkpointEveryMs) continue;
        await this.checkpoint();
        last = clock.now();
      }
    } finally {
      stop.removeEventListener('abort', wake);
    }
  }

  private async handle(batch: SourceBatch, delivery: Delivery, kill: AbortSignal): Promise<void> {
    const { keys, until } = this.touched(batch);
    await this.entities.prepare(keys, until);
    const out = this.core.process(batch);
    await delivery.write(out, kill);
    this.cursor = batch.cursor;
    this.entities.spill();
    const { observations } = batch;
    if (observations.length > 0) this.latency.add(this.parts.clock.now() - observations[0]!.received, observations.length);
  }

  /** The keys that a batch touches, and how far it can move event time. */
  private touched(batch: SourceBatch): { keys: Set<string>; until: number } {
    const { held } = this.core.time.state;
    const keys = new Set<string>(held ? [held.key] : []);
    let until = Math.max(
      batch.watermark ?? Number.NEGATIVE_INFINITY,
      held?.time ?? Number.NEGATIVE_INFINITY,
      this.core.time.watermark,
    );
    let last = '';
    for (const { key, time } of batch.observations) {
      if (time > until && time !== Number.POSITIVE_INFINITY) until = time;
      if (key === last) continue;
      keys.add(key);
      last = key;
    }
    for (const { key } of batch.missing ?? []) {
      if (key === '*') for (const known of this.entities.keys()) keys.add(known);
      else keys.add(key);
    }
    return { keys, until };
  }

  private async checkpoint(): Promise<void> {
    const { store, signature, source, clock } = this.parts;
    const started = clock.now();
    this.entities.saveDirty();
    const meta = encodeSaved({ savedAt: started, cursor: this.cursor, time: this.core.time.state, signature });
    await store.commit(meta, this.entities.blobsInUse());
    this.checkpoints++;
    this.lastCheckpoint = { at: clock.now(), ms: clock.now() - started, bytes: meta.length };
    if (this.cursor === null || this.cursor === this.saved) return;
    this.saved = this.cursor;
    await source.commit?.(this.cursor);
  }
}
