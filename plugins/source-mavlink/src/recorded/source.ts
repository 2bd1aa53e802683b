// Recorded flights as a source, merged by event time.

import type { Missing, Observation, Source, SourceBatch, SourceHost } from '@quantstream/engine';
import { Earliest } from '@quantstream/engine/recordings';
import type { Config } from '../config.js';
import { type Connection, connectionsOf } from '../links/connections.js';
import { Counters } from '../vehicle/counters.js';
import { Streams } from '../vehicle/streams.js';
import { type Cursor, checkPlace, type Place, readCursor } from './cursor.js';
import { openRecording } from './open.js';
import { Track } from './track.js';

/** A recording is read ahead by at least so many observations. */
const LEAST_AHEAD = 256;

/** Recordings, merged by event time: what does not overlap comes in order of time, what does comes interleaved. */
export class RecordedSource implements Source {
  private readonly config: Config;
  private readonly host: SourceHost;
  private readonly connections: readonly Connection[];
  private readonly counters: Counters;
  private streams = new Streams();
  private tracks: Track[] = [];

  constructor(config: Config, host: SourceHost) {
    this.config = config;
    this.host = host;
    this.connections = connectionsOf(config);
    this.counters = new Counters(host);
  }

  async *read(from: string | null, signal: AbortSignal): AsyncGenerator<SourceBatch> {
    const cursor = from === null ? undefined : readCursor(from);
    try {
      await this.open(cursor);
      yield* this.merge(signal);
    } finally {
      await this.close();
    }
  }

  /** Frees the files. Twice is fine. */
  async close(): Promise<void> {
    const { tracks } = this;
    this.tracks = [];
    for (const { reader } of tracks) await reader.close();
  }

  private async open(cursor: Cursor | undefined): Promise<void> {
    const { config, connections, counters, host } = this;
    this.streams = new Streams(cursor?.streams);
    const limit = Math.max(LEAST_AHEAD, Math.ceil(config.batch / connections.length));
    for (const [i, connection] of connections.entries()) {
      const place = cursor?.places[i];
      const path = host.resolvePath((connection.target as { path: string }).path);
      const state = place?.state ?? undefined;
      const reader = await openRecording(path, connection, config, this.streams, counters, host, state);
      const track = new Track(reader, limit, place?.taken ?? 0);
      this.tracks.push(track);
      if (!cursor) continue;
      checkPlace(place, reader.name, reader.size);
      if (place?.ended && place.size === reader.size) track.finish();
    }
  }

  private async *merge(signal: AbortSignal): AsyncGenerator<SourceBatch> {
    const { batch } = this.config;
    let observations: Observation[] = [];
    let missing: Missing[] = [];
    for (const track of this.tracks) await track.load();
    // Of one moment the recording that is listed first goes first, so that no cut into batches changes the order.
    const order = new Earliest(this.tracks.filter(({ ended }) => !ended));
    while (order.size > 0 && !signal.aborted) {
      const { first } = order;
      if (first.hasMissing) {
        // Losses are applied before the observations of their batch.
        if (observations.length > 0) {
          yield this.batch(observations, missing);
          observations = [];
          missing = [];
          if (signal.aborted) return;
        }
        for (let one = first.takeMissing(); one; one = first.takeMissing()) missing.push(one);
      }
      if (!first.empty) first.move(observations as never, order, batch - observations.length);
      if (observations.length >= batch) {
        yield this.batch(observations, missing);
        observations = [];
        missing = [];
        if (signal.aborted) return;
      }
      if (first.empty) {
        await first.load();
        this.progress();
      }
      if (first.ended) order.remove();
      else order.settle();
    }
    if ((observations.length > 0 || missing.length > 0) && !signal.aborted) yield this.batch(observations, missing);
  }

  private batch(observations: Observation[], missing: Missing[]): SourceBatch {
    const places: Place[] = this.tracks.map((track) => track.place());
    const cursor: Cursor = { kind: 'recordings', places, streams: this.streams.state() };
    const batch = { observations, cursor: JSON.stringify(cursor) };
    return missing.length > 0 ? { ...batch, missing } : batch;
  }

  private progress(): void {
    let done = 0;
    let total = 0;
    for (const { reader } of this.tracks) {
      done += reader.consumed;
      total += reader.size;
    }
    this.host.progress(done, total, 'bytes');
  }
}
