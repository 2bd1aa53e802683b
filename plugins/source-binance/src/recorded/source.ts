// Recordings as a source: grouped by symbol, merged by event time.

import { QuantStreamError, type Source, type SourceBatch, type SourceHost } from '@quantstream/engine';
import { checkSaved, Earliest, inOrder, Places, type Rows, readPosition } from '@quantstream/engine/recordings';
import { type Config, keyOf } from '../config.js';
import { MAX_AHEAD, type Trade } from '../wire/trade.js';
import { namedFiles, recordingsIn } from './files.js';
import { cutAtJumps } from './jumps.js';
import { isNameless, probe, type Recording } from './probe.js';
import { RecordingStream, type StreamPosition } from './stream.js';

/** What a cursor of recordings holds, as JSON. */
interface Cursor {
  readonly kind: 'files';
  /** By symbol: where its recordings are read on. */
  readonly streams: Readonly<Record<string, StreamPosition>>;
}

const readCursor = (text: string) => readPosition<Cursor>(text, 'binance', 'recordings', ({ kind }) => kind === 'files');

/** The files of a saved position must still be there, and hold at least what was read. */
function checkPosition(stream: string, { file, size, before }: StreamPosition, recordings: readonly Recording[]): void {
  const index = recordings.findIndex(({ name }) => name === file);
  checkSaved('binance', { name: file, size, stream }, recordings[index]);
  if (index <= before) return;
  const names = recordings.slice(0, index).map(({ name }) => name);
  throw new QuantStreamError(
    'QS_SOURCE_FAILED',
    `binance: of the recordings of ${stream} that begin before ${file}, where reading stopped, ${index - before} were not there then: ` +
      `${names.slice(-5).join(', ')}: put them elsewhere, or start afresh with --reset-state`,
  );
}

/** Recordings, grouped by symbol, each symbol's in order of time, the symbols merged by event time. */
export class RecordedSource implements Source {
  private readonly config: Config;
  private readonly host: SourceHost;
  private streams: RecordingStream[] = [];
  private readonly keys = new Map<string, string | undefined>();

  constructor(config: Config, host: SourceHost) {
    this.config = config;
    this.host = host;
  }

  read(from: string | null, signal: AbortSignal): AsyncIterable<SourceBatch> {
    const { batch, order } = this.config;
    const read = this.rows.bind(this);
    const settings = { plugin: 'binance', time: this.host.time, sort: order === 'sort', batch, numbering: 'key', read } as const;
    return cutAtJumps((at) => inOrder(settings, at, signal), from);
  }

  /** Trades as they stand in the recordings, merged, up to where `until` says that they end. */
  private async *rows(from: string | null, signal: AbortSignal, until?: string): AsyncGenerator<Rows> {
    const cursor = from === null ? undefined : readCursor(from);
    const ends = until === undefined ? undefined : readCursor(until).streams;
    try {
      const groups = await this.group(signal);
      const total = [...groups.values()].flat().reduce((sum, recording) => sum + recording.size, 0);
      const open: RecordingStream[] = [];
      for (const [name, recordings] of groups) {
        const position = cursor?.streams[name];
        if (position) checkPosition(name, position, recordings);
        if (ends && !ends[name]) continue;
        const stream = new RecordingStream(name, recordings, this.streamSettings(), position, ends?.[name]);
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

  private async *merge(order: Earliest<RecordingStream>, total: number, signal: AbortSignal): AsyncGenerator<Rows> {
    while (order.size > 0 && !signal.aborted) {
      const batch = new Places<Trade>();
      await this.fillBatch(order, batch, signal);
      const done = this.streams.reduce((sum, stream) => sum + stream.consumed, 0);
      this.host.progress(order.size > 0 ? done : total, total, 'bytes');
      const { observations } = batch;
      if (observations.length > 0) yield { observations, cursor: this.cursor(), where: (index) => batch.where(index) };
    }
  }

  /** Takes trades, always of the stream whose next one is the earliest. Every moment is a whole one: an abort just ends it early. */
  private async fillBatch(order: Earliest<RecordingStream>, batch: Places<Trade>, signal: AbortSignal): Promise<void> {
    const size = this.config.batch;
    const { observations, lines } = batch;
    while (order.size > 0 && observations.length < size) {
      const stream = order.first;
      let more = true;
      batch.begin(stream.file);
      // A run of one stream, up to the next one's turn.
      while (more && observations.length < size && order.leads()) {
        observations.push(stream.head!);
        lines.push(stream.line);
        more = stream.advance();
        if (more) continue;
        more = await stream.load(signal);
        batch.begin(stream.file);
      }
      if (more) order.settle();
      else order.remove();
      if (signal.aborted) return;
    }
  }

  private cursor(): string {
    const cursor: Cursor = {
      kind: 'files',
      streams: Object.fromEntries(this.streams.map((stream) => [stream.name, stream.position()])),
    };
    return JSON.stringify(cursor);
  }

  private streamSettings() {
    return {
      keyOf: (symbol: string) => this.keyOf(symbol),
      market: this.config.market,
      drop: this.host.drop.bind(this.host),
      now: () => this.host.clock.now(),
      maxAhead: MAX_AHEAD,
    };
  }

  private keyOf(symbol: string): string | undefined {
    if (this.keys.has(symbol)) return this.keys.get(symbol);
    const { symbols, market } = this.config;
    const name = keyOf(symbol, market);
    const asked = symbols.map(withoutDash);
    const key = asked.length === 0 || asked.includes(withoutDash(symbol)) || asked.includes(withoutDash(name)) ? name : undefined;
    this.keys.set(symbol, key);
    return key;
  }

  /** The recordings by symbol; those of symbols that were not asked for are left out where the name says so. */
  private async group(signal: AbortSignal): Promise<Map<string, Recording[]>> {
    const { symbols, stream, market, observations } = this.config;
    const named = await namedFiles(this.config, (path) => this.host.resolvePath(path));
    const files = await recordingsIn(named, (archive, names) =>
      this.host.log.warn({ archive, files: names }, 'an archive holds files that are no recordings; they are left out'),
    );
    const latest = this.host.clock.now() + MAX_AHEAD;
    const only = symbols.length === 1 ? symbols[0] : undefined;
    const recordings: Recording[] = [];
    for (const file of files) {
      if (signal.aborted) return new Map();
      const recording = await probe(
        file,
        observations === 'bar' ? 'bar' : stream,
        latest,
        { keyOf: (symbol) => keyOf(symbol, market), market },
        only,
      );
      const twin = recordings.some(({ name }) => name === recording.name);
      // Files of one name in several folders are told apart by their whole paths.
      recordings.push(twin ? { ...recording, name: recording.path } : recording);
    }
    this.warnOfOtherStream(recordings);
    const wanted = recordings.filter(({ format, fileSymbol }) => {
      return !isNameless(format) || this.keyOf(fileSymbol!) !== undefined;
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
      if (!format || format.kind === 'klines') return false;
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

/** Others write `BTC-USDT`, `BTC/USDT` or `BTC_USDT` of what Binance calls `BTCUSDT`; the rest of a name tells contracts apart. */
const withoutDash = (symbol: string) => symbol.toUpperCase().replace(/^([A-Z0-9]+)[-/_]([A-Z]{3,5})(?=$|-PERP$)/, '$1$2');
