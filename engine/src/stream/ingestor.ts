// The ingesting half: source → broker.

import type { Clock, Log, Source } from '../api/index.js';
import type { ChannelWriter } from '../ports/channel.js';
import type { CheckpointStore } from '../ports/checkpoints.js';
import { orAbort } from '../ports/waiting.js';
import { changesOf, checkSignature, decodeSaved, encodeSaved, initialEventTime, type Signature } from '../state/saved.js';
import { LatencyHistogram } from '../vitals/latency.js';
import type { Stages } from '../vitals/stages.js';
import { Tally } from '../vitals/tally.js';
import type { Ending, Vitals } from '../vitals/vitals.js';
import { CLOSE_FINISHED, CLOSE_STOPPED, endWithin } from './closing.js';
import { sourceError } from './direct.js';
import { whenThere } from './opening.js';
import { Unsaved } from './unsaved.js';

export interface IngestorParts {
  readonly pipeline: string;
  readonly source: Source;
  readonly writer: ChannelWriter;
  readonly store: CheckpointStore;
  readonly signature: Signature;
  /** Whether the topic goes on from the one that a state was made with: then it is gone on reading where that stood. */
  readonly goesOnFrom: (saved: Signature, stop: AbortSignal) => Promise<boolean>;
  readonly stages: Stages;
  readonly clock: Clock;
  readonly log: Log;
  readonly checkpointEveryMs: number;
  /** How long a shutdown waits for the broker, ms. */
  readonly graceMs: number;
}

/** Runs the ingesting half of a pipeline: source → channel. Where it stands is saved once the broker has it. */
export class Ingestor implements Vitals {
  readonly tally = new Tally();
  readonly latency = new LatencyHistogram();
  readonly keysInMemory = 0;
  readonly behind = undefined;
  eventTime = Number.NEGATIVE_INFINITY;
  checkpoints = 0;
  lastCheckpoint: { at: number; ms: number; bytes: number } | undefined;
  opened = false;
  resumed = false;
  private readonly parts: IngestorParts;
  private readonly seen = new Set<string>();
  private saved: string | null | undefined;
  private lastSaved = 0;
  private readonly unsaved: Unsaved;

  constructor(parts: IngestorParts) {
    this.parts = parts;
    this.unsaved = new Unsaved(parts.clock, parts.log);
  }

  /** @param stop ends the run in good order: what was read is handed to the broker first, as far as `graceMs` allows */
  async run(stop: AbortSignal): Promise<Ending> {
    const { source, writer, store, clock } = this.parts;
    try {
      const cursor = await this.restore(stop);
      await writer.open(stop);
      this.opened = true;
      this.lastSaved = clock.now();
      await this.pump(cursor, stop);
      const finished = !stop.aborted;
      if (finished) await writer.end();
      await this.handOver(stop);
      return finished ? 'finished' : 'stopped';
    } catch (error) {
      if (stop.aborted) return 'stopped-waiting';
      throw error;
    } finally {
      this.opened = false;
      const within = stop.aborted ? CLOSE_STOPPED : CLOSE_FINISHED;
      await endWithin(within, 'the source', this.parts, async () => source.close?.());
      await endWithin(within, 'the channel', this.parts, () => writer.close());
      await store.close();
    }
  }

  private async restore(stop: AbortSignal): Promise<string | null> {
    const { store, signature, pipeline, log } = this.parts;
    const found = await whenThere(() => store.open(), this.parts, stop);
    if (!found) return null;
    const saved = decodeSaved(found.meta);
    if (changesOf(saved.signature, signature).length > 0 && !(await this.parts.goesOnFrom(saved.signature, stop)))
      checkSignature(saved.signature, signature, pipeline);
    for (const warning of found.warnings) log.warn({}, warning);
    log.info({}, `goes on reading where it stood at ${new Date(saved.savedAt).toISOString()}`);
    this.saved = saved.cursor;
    this.resumed = true;
    return saved.cursor;
  }

  private async pump(cursor: string | null, stop: AbortSignal): Promise<void> {
    const { source, writer, stages, clock, checkpointEveryMs } = this.parts;
    const { counts } = this.tally;
    try {
      for await (const batch of source.read(cursor, stop)) {
        if (stop.aborted) return;
        // A broker that takes nothing must not hold a shutdown.
        await orAbort(writer.send(batch), stop);
        const { observations } = batch;
        counts.observations += observations.length;
        for (const { count = 1 } of batch.missing ?? []) counts.missing += count;
        this.eventTime = Math.max(this.eventTime, batch.watermark ?? Number.NEGATIVE_INFINITY);
        let last = '';
        for (const { key, time } of observations) {
          if (time > this.eventTime && Number.isFinite(time)) this.eventTime = time;
          if (key !== last && this.seen.size < KEYS_COUNTED) this.seen.add(key);
          last = key;
        }
        if (observations.length > 0) stages.arrived(observations[0]!, batch.watermark !== undefined);
        if (clock.now() - this.lastSaved >= checkpointEveryMs) await this.unsaved.attempt(() => this.checkpoint());
      }
    } catch (error) {
      if (!stop.aborted) throw sourceError(error);
    }
  }

  /** Waits until the broker has everything that was read; once told to stop, not for ever. */
  private async handOver(stop: AbortSignal): Promise<void> {
    const { writer, clock, graceMs } = this.parts;
    const given = new AbortController();
    const hurry = () =>
      void clock.sleep(graceMs, given.signal).then(
        () => given.abort(new Error('no time left')),
        () => {},
      );
    stop.addEventListener('abort', hurry, { once: true });
    if (stop.aborted) hurry();
    try {
      await writer.flush(given.signal);
    } finally {
      stop.removeEventListener('abort', hurry);
      given.abort(new Error('handed over'));
      await this.unsaved.insist(() => this.checkpoint(), graceMs, stop);
    }
  }

  private async checkpoint(): Promise<void> {
    const { writer, store, source, clock, signature } = this.parts;
    const started = clock.now();
    this.lastSaved = started;
    const cursor = writer.safe;
    if (cursor === undefined || cursor === this.saved) return;
    const meta = encodeSaved({
      savedAt: started,
      cursor,
      closed: false,
      time: initialEventTime(),
      signature,
      shapes: [],
      senders: [],
    });
    await store.commit(meta);
    this.saved = cursor;
    this.checkpoints++;
    this.lastCheckpoint = { at: clock.now(), ms: clock.now() - started, bytes: meta.length };
    if (cursor !== null) await source.commit?.(cursor);
  }

  get keys(): number {
    return this.seen.size;
  }
  get waiting(): number {
    return this.parts.writer.waiting;
  }
  get troubles(): string[] {
    return [this.parts.writer.trouble, this.unsaved.trouble].filter((trouble) => trouble !== undefined);
  }
}

/** Keys beyond this are not counted: this half keeps no state of them. */
const KEYS_COUNTED = 100_000;
