import { basename } from 'node:path';
import {
  type Counter,
  type Observation,
  QuantStreamError,
  type Source,
  type SourceBatch,
  type SourceHost,
} from '@quantstream/engine';
import { type Config, pathOf } from './config.js';
import { FrameParser } from './frames.js';
import { LogBytes } from './log-bytes.js';
import type { Losses } from './losses.js';
import { Router, type RouterState } from './router.js';
import { LATEST, STAMP, stampOf } from './tlog.js';

/** What a cursor holds, as JSON. */
interface Cursor extends RouterState {
  readonly kind: 'tlog';
  readonly file: string;
  /** Bytes of the file when it was read. */
  readonly size: number;
  /** Position in the unpacked content behind the last frame taken. */
  readonly offset: number;
}

function readCursor(text: string): Cursor {
  try {
    const cursor = JSON.parse(text) as Cursor;
    if (cursor.kind === 'tlog') return cursor;
  } catch {
    // Told below.
  }
  throw new QuantStreamError(
    'QS_SOURCE_FAILED',
    'mavlink: the saved position is not one of a telemetry log: start afresh with --reset-state, or give the pipeline another name',
  );
}

/** The log of a saved position must be the one that is read, and hold at least what was read of it. */
function checkCursor(cursor: Cursor, name: string, size: number): void {
  if (cursor.file === name && cursor.size <= size) return;
  throw new QuantStreamError(
    'QS_SOURCE_FAILED',
    `mavlink: reading stopped in ${cursor.file} of ${cursor.size} bytes, and now there is ${name} of ${size} bytes: ` +
      'put it back, start afresh with --reset-state, or give the pipeline another name',
  );
}

/** One telemetry log, from front to back. */
export class RecordedSource implements Source {
  private readonly config: Config;
  private readonly host: SourceHost;
  private readonly name: string;
  private readonly frames: Counter;
  private readonly unknown: Counter;
  private log: LogBytes | undefined;
  private badStamps = 0;

  constructor(config: Config, host: SourceHost) {
    this.config = config;
    this.host = host;
    this.name = basename(pathOf(config));
    this.frames = host.metrics.counter('mavlink_frames_total', 'Good MAVLink frames, by what became of them', ['outcome']);
    this.unknown = host.metrics.counter('mavlink_unknown_frames_total', 'Frames of messages in no known dialect', ['message']);
  }

  async *read(from: string | null, signal: AbortSignal): AsyncGenerator<SourceBatch> {
    const cursor = from === null ? undefined : readCursor(from);
    const log = await LogBytes.open(this.host.resolvePath(pathOf(this.config)), cursor?.offset ?? 0);
    this.log = log;
    try {
      if (cursor) checkCursor(cursor, this.name, log.size);
      const parser = new FrameParser(STAMP, cursor?.offset);
      const router = new Router(this.config, cursor);
      yield* this.batches(log, parser, router, signal);
    } finally {
      await this.close();
    }
  }

  /** Frees the file. Twice is fine. */
  async close(): Promise<void> {
    const { log } = this;
    this.log = undefined;
    await log?.close();
  }

  private async *batches(log: LogBytes, parser: FrameParser, router: Router, signal: AbortSignal): AsyncGenerator<SourceBatch> {
    let observations: Observation[] = [];
    for (let piece = await log.read(); !signal.aborted; piece = await log.read()) {
      if (piece) parser.push(piece);
      else parser.finish();
      const received = this.host.clock.now();
      while (this.fill(parser, router, observations, received)) {
        yield { observations, cursor: this.cursor(log, parser, router) };
        observations = [];
        if (signal.aborted) return;
      }
      this.report(parser, router, log);
      this.host.progress(log.consumed, log.size, 'bytes');
      if (!piece) break;
    }
    if (observations.length > 0 && !signal.aborted) yield { observations, cursor: this.cursor(log, parser, router) };
  }

  /** Takes frames out of what was read. True when that filled the batch, false when the bytes are used up. */
  private fill(parser: FrameParser, router: Router, observations: Observation[], received: number): boolean {
    const { batch } = this.config;
    while (observations.length < batch && parser.next()) {
      const time = stampOf(parser);
      if (time > LATEST) {
        this.badStamps++;
        continue;
      }
      const observation = router.take(parser, time, received);
      if (observation) observations.push(observation);
    }
    return observations.length === batch;
  }

  private cursor(log: LogBytes, parser: FrameParser, router: Router): string {
    const cursor: Cursor = { kind: 'tlog', file: this.name, size: log.size, offset: parser.position, ...router.state() };
    return JSON.stringify(cursor);
  }

  /** Tells what was lost and what became of the rest, once per piece of the file. */
  private report(parser: FrameParser, router: Router, log: LogBytes): void {
    const { counts } = router;
    for (const outcome of ['emitted', 'unwanted', 'ground'] as const) {
      if (counts[outcome] > 0) this.frames.add(counts[outcome], { outcome });
      counts[outcome] = 0;
    }
    this.reportLosses(parser.takeLosses(), `${this.name}, up to byte ${parser.position}`, log.damage);
  }

  private reportLosses({ garbage, badChecksum, unsupported, truncated, unknown }: Losses, where: string, damage?: string): void {
    const { host } = this;
    for (const [id, count] of unknown) this.unknown.add(count, { message: id < 0 ? 'other' : String(id) });
    if (garbage > 0) host.drop('garbage', `${where}: ${garbage} bytes that belong to no frame`, garbage);
    if (badChecksum > 0) host.drop('bad_crc', `${where}: ${badChecksum} frames with a wrong checksum`, badChecksum);
    if (unsupported > 0) host.drop('unsupported_flags', `${where}: ${unsupported} frames with unknown flags`, unsupported);
    if (this.badStamps > 0) host.drop('bad_time', `${where}: ${this.badStamps} frames stamped after 2100`, this.badStamps);
    this.badStamps = 0;
    if (truncated || damage)
      host.drop('truncated_file', `${where}: the log ends in the middle of a frame${damage ? ` (${damage})` : ''}`);
  }
}
