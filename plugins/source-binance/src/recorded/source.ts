// Recordings as a source: grouped by symbol, merged by event time.

import { type Observation, QuantStreamError, type Source, type SourceBatch, type SourceHost } from '@quantstream/engine';
import { checkSaved, Earliest, readPosition } from '@quantstream/engine/recordings';
import { type Config, keyOf } from '../config.js';
import { MAX_AHEAD } from '../wire/trade.js';
import { recordingsOf } from './files.js';
import { probe, type Recording } from './probe.js';
import { RecordingStream, type StreamPosition } from './stream.js';

/** What a cursor of recordings holds, as JSON. */
interface Cursor {
  readonly kind: 'files';
  /** By symbol: where its recordings are read on. */
  readonly streams: Readonly<Record<string, StreamPosition>>;
  /** By key: trades handed over of recordings without ids. */
  readonly counters: Readonly<Record<string, number>>;
}

const readCursor = (text: string) => readPosition<Cursor>(text, 'binance', 'recordings', ({ kind }) => kind === 'files');

/** The files of a saved position must still be there, and hold at least what was read. */
function checkPosition(stream: string, { file, size }: StreamPosition, recordings: readonly Recording[]): void {
  const found = recordings.find(({ name }) => name === file);
  checkSaved('binance', { name: file, size, stream }, found);
}

/** Recordings, grouped by symbol, each symbol's in order of time, the symbols merged by event time. */
export class RecordedSource implements Source {
  private readonly config: Config;
  private readonly host: SourceHost;
  private streams: RecordingStream[] = [];
  private readonly counters = new Map<string, number>();
  private readonly keys = new Map<string, string | undefined>();

  constructor(config: Config, host: SourceHost) {
    this.config = config;
    this.host = host;
  }

  async *read(from: string | null, signal: AbortSignal): AsyncGenerator<SourceBatch> {
    const cursor = from === null ? undefined : readCursor(from);
    for (const [key, count] of Object.entries(cursor?.counters ?? {})) this.counters.set(key, count);
    try {
      const groups = await this.group(signal);
      const total = [...groups.values()].flat().reduce((sum, recording) => sum + recording.size, 0);
      const open: RecordingStream[] = [];
      for (const [name, recordings] of groups) {
        const position = cursor?.streams[name];
        if (position) checkPosition(name, position, recordings);
        const stream = new RecordingStream(name, recordings, this.streamSettings(), position);
        this.streams.push(stream);
        if (await stream.load(signal)) open.push(stream);
      }
      for (const gone of Object.keys(cursor?.streams ?? {})) {
        if (!groups.has(gone)) checkPosition(gone, cursor!.streams[gone]!, []);
      }
      yield* this.merge(new Earliest(open), total, signal);
    } finally {
      await this.close();
    }
  }

  private async *merge(order: Earliest<RecordingStream>, total: number, signal: AbortSignal): AsyncGenerator<SourceBatch> {
    while (order.size > 0 && !signal.aborted) {
      const observations: Observation[] = [];
      await this.fillBatch(order, observations, signal);
      const done = this.streams.reduce((sum, stream) => sum + stream.consumed, 0);
      this.host.progress(order.size > 0 ? done : total, total, 'bytes');
      if (observations.length > 0) yield { observations, cursor: this.cursor() };
    }
  }

  /** Takes trades, always of the stream whose next one is the earliest. Every moment is a whole one: an abort just ends it early. */
  private async fillBatch(order: Earliest<RecordingStream>, batch: Observation[], signal: AbortSignal): Promise<void> {
    const size = this.config.batch;
    while (order.size > 0 && batch.length < size) {
      const stream = order.first;
      let more = true;
      // A run of one stream, up to the next one's turn.
      while (more && batch.length < size && order.leads()) {
        const trade = stream.head!;
        if (stream.counts) trade.sequence = this.count(trade.key);
        batch.push(trade);
        more = stream.advance() || (await stream.load(signal));
      }
      if (more) order.settle();
      else order.remove();
      if (signal.aborted) return;
    }
  }

  private count(key: string): number {
    const next = (this.counters.get(key) ?? 0) + 1;
    this.counters.set(key, next);
    return next;
  }

  private cursor(): string {
    const cursor: Cursor = {
      kind: 'files',
      streams: Object.fromEntries(this.streams.map((stream) => [stream.name, stream.position()])),
      counters: Object.fromEntries(this.counters),
    };
    return JSON.stringify(cursor);
  }

  private streamSettings() {
    return {
      keyOf: (symbol: string) => this.keyOf(symbol),
      drop: this.host.drop.bind(this.host),
      now: () => this.host.clock.now(),
      maxAhead: MAX_AHEAD,
    };
  }

  private keyOf(symbol: string): string | undefined {
    if (this.keys.has(symbol)) return this.keys.get(symbol);
    const { symbols, market } = this.config;
    const key = symbols.length === 0 || symbols.includes(symbol) ? keyOf(symbol, market) : undefined;
    this.keys.set(symbol, key);
    return key;
  }

  /** The recordings by symbol; those of symbols that were not asked for are left out where the name says so. */
  private async group(signal: AbortSignal): Promise<Map<string, Recording[]>> {
    const { symbols, stream, market } = this.config;
    const files = await recordingsOf(this.config, (path) => this.host.resolvePath(path));
    const latest = this.host.clock.now() + MAX_AHEAD;
    const only = symbols.length === 1 ? symbols[0] : undefined;
    const recordings: Recording[] = [];
    for (const file of files) {
      if (signal.aborted) return new Map();
      const recording = await probe(file, stream, latest, (symbol) => keyOf(symbol, market), only);
      const twin = recordings.some(({ name }) => name === recording.name);
      // Files of one name in several folders are told apart by their whole paths.
      recordings.push(twin ? { ...recording, name: file } : recording);
    }
    this.warnOfOtherStream(recordings);
    const wanted = recordings.filter(({ format, fileSymbol }) => {
      const named = format?.kind === 'csv' && format.layout.symbol < 0;
      return !named || symbols.length === 0 || symbols.includes(fileSymbol!);
    });
    if (wanted.length === 0) {
      const found = [...new Set(recordings.map(({ fileSymbol }) => fileSymbol))].join(', ');
      throw new QuantStreamError(
        'QS_SOURCE_FAILED',
        `binance: the files hold ${found} by their names, and none of ${symbols.join(', ')}`,
      );
    }
    wanted.sort((a, b) => (a.firstTime === b.firstTime ? (a.name < b.name ? -1 : 1) : a.firstTime - b.firstTime));
    const groups = new Map<string, Recording[]>();
    for (const name of [...new Set(wanted.map((recording) => recording.firstKey ?? ''))].sort()) {
      const group = wanted.filter((recording) => (recording.firstKey ?? '') === name);
      groups.set(name, group);
    }
    return groups;
  }

  private warnOfOtherStream(recordings: readonly Recording[]): void {
    const other = recordings.filter(({ format }) => {
      if (!format) return false;
      if (format.kind === 'frames') return format.stream !== this.config.stream;
      // A layout without ids says nothing of its kind.
      return format.layout.id >= 0 && format.layout.first >= 0 !== (this.config.stream === 'aggTrade');
    });
    if (other.length === 0) return;
    const files = other.map(({ name }) => name);
    this.host.log.warn(
      { files, stream: this.config.stream },
      'recordings hold the other kind of trades and are read as what they are',
    );
  }

  async close(): Promise<void> {
    const { streams } = this;
    this.streams = [];
    for (const stream of streams) await stream.close();
  }
}
