import { basename } from 'node:path';
import { QuantStreamError } from '@quantstream/engine';
import { type FoundFile, Lines } from '@quantstream/engine/recordings';
import { headerLayout, isHeader, recognise, type Format as TradeFormat } from '../wire/columns.js';
import { CsvReader, type RecordReader, type RecordSettings } from '../wire/csv.js';
import type { Stream } from '../wire/frames.js';
import { type KlineLayout, KlineReader, klineLayout } from '../wire/klines.js';
import { COIN_MARGINED_PROBLEM, isCoinMargined } from '../wire/markets.js';
import type { DropReason } from '../wire/trade.js';
import { linesWith, pathOf } from './files.js';
import { FrameLinesReader } from './frame-lines.js';
import { Complaints, OTHER_TABLES } from './unreadable.js';

/** What a recording turned out to be. */
export type Format = TradeFormat | { readonly kind: 'klines'; readonly layout: KlineLayout };

/** Whether the lines of a recording lack the symbol. */
export const isNameless = (format: Format | undefined): boolean =>
  format?.kind === 'klines' || (format?.kind === 'csv' && format.layout.symbol < 0);

/** A recording, as far as its first lines tell. */
export interface Recording {
  readonly file: FoundFile;
  readonly path: string;
  readonly name: string;
  /** Bytes of the file itself. */
  readonly size: number;
  /** `undefined` for an empty file, which is read as having no trades. */
  readonly format: Format | undefined;
  /** What the name of the file says. */
  readonly fileSymbol: string | undefined;
  /** Of its first trade; `Infinity` and `undefined` if it has none. */
  readonly firstTime: number;
  readonly firstKey: string | undefined;
}

const PROBE_LINES = 50;
/** `BTCUSDT-1m-2024-08-08.zip` */
const NAMED_KLINES = /^([A-Za-z0-9]{5,}(?:_\d{6}|_PERP)?)[-_]\d{1,2}(?:s|m|h|d|w|mo)(?:[-_.]|$)/i;
const NAMED = /^([A-Za-z0-9]{5,}(?:_\d{6}|_PERP)?)[-_](?:.*[-_])?(?:agg-?)?trades?(?:[-_.]|$)/i;

/** `BTCUSDT` of `BTCUSDT-aggTrades-2024-08-08.zip`. */
export function symbolOfName(name: string): string | undefined {
  return (NAMED.exec(name) ?? NAMED_KLINES.exec(name))?.[1]?.toUpperCase();
}

/** The first lines, as they are when the file is read: whole ones only, and no endless ones. */
async function firstLines(file: FoundFile): Promise<string[]> {
  // What is wrong with them is reported when the file is read.
  const lines = new Lines(
    file,
    linesWith(() => {}),
  );
  const found: string[] = [];
  try {
    while (found.length < PROBE_LINES && (await lines.fill())) {
      for (let line = lines.next(); line !== undefined && found.length < PROBE_LINES; line = lines.next()) found.push(line);
    }
    return found;
  } finally {
    await lines.close();
  }
}

export function readerOf(recording: Recording, settings: RecordSettings): RecordReader {
  const { format } = recording;
  if (format?.kind === 'frames') return new FrameLinesReader(format.stream, settings);
  if (format?.kind === 'klines') return new KlineReader(format.layout, settings);
  if (format?.kind === 'csv') return new CsvReader(format.layout, settings);
  throw new Error(`${recording.name} has no format`);
}

function unknownFormat(path: string, lines: readonly string[]): QuantStreamError {
  const first = lines.find((line) => line.trim() !== '') ?? '';
  const lacks = isHeader(first) && !headerLayout(first) ? ' A header must name a price, a quantity and a time.' : '';
  return new QuantStreamError(
    'QS_SOURCE_FAILED',
    `binance: ${path} begins with "${first.slice(0, 120)}", which is none of: trades or aggTrades as data.binance.vision has them, ` +
      `a csv with a header, time,symbol,price,quantity, klines, or websocket frames one a line.${lacks} ${OTHER_TABLES}`,
  );
}

function otherKind(path: string, klines: boolean): QuantStreamError {
  const [what, setting, input] = klines ? ['klines', 'bar', 'bars'] : ['trades', 'trade', 'trades'];
  return new QuantStreamError(
    'QS_SOURCE_FAILED',
    `binance: ${path} holds ${what}: set observations: ${setting} in the source, and input: ${input} in the market features`,
  );
}

/** Looks into a recording. Throws QS_SOURCE_FAILED if it cannot be opened or is none. */
export async function probe(
  file: FoundFile,
  wanted: Stream | 'bar',
  latest: number,
  { keyOf, market }: Pick<RecordSettings, 'keyOf' | 'market'>,
  only?: string,
): Promise<Recording> {
  const path = pathOf(file);
  const lines = await firstLines(file);
  const name = basename(path);
  const klines = klineLayout(lines.find((line) => line.trim() !== '') ?? '');
  const format: Format | undefined = klines
    ? { kind: 'klines', layout: klines }
    : recognise(lines, wanted === 'bar' ? 'trade' : wanted);
  if (format && (format.kind === 'klines') !== (wanted === 'bar')) throw otherKind(path, klines !== undefined);
  if (!format && lines.some((line) => line.trim() !== '')) throw unknownFormat(path, lines);
  const fileSymbol = symbolOfName(name) ?? symbolOfName(basename(file.path)) ?? only;
  const needsName = isNameless(format);
  if (needsName && fileSymbol === undefined) {
    throw new QuantStreamError(
      'QS_SOURCE_FAILED',
      `binance: neither the lines nor the name of ${path} say which symbol it holds: give exactly one under \`symbols\`, or name the file like BTCUSDT-trades-2024-08-08.csv`,
    );
  }
  if (needsName && isCoinMargined(fileSymbol!)) {
    throw new QuantStreamError('QS_SOURCE_FAILED', `binance: ${path}: ${fileSymbol} ${COIN_MARGINED_PROBLEM}`);
  }
  const { size } = file;
  const recording: Recording = {
    file,
    path,
    name,
    size,
    format,
    fileSymbol,
    firstTime: Number.POSITIVE_INFINITY,
    firstKey: undefined,
  };
  return { ...recording, ...(await firstTrade(recording, latest, { keyOf, market })) };
}

/** Time and key of the first trade, asking for any symbol. */
async function firstTrade(
  recording: Recording,
  latest: number,
  settings: Pick<RecordSettings, 'keyOf' | 'market'>,
): Promise<Pick<Recording, 'firstTime' | 'firstKey'>> {
  const none = { firstTime: Number.POSITIVE_INFINITY, firstKey: undefined };
  if (!recording.format) return none;
  // What is dropped here is reported when the file is read, unless nothing can be.
  const complaints = new Complaints();
  const report = (reason: DropReason, line: number, problem: string) => {
    if (reason !== 'other_event' && reason !== 'not_market') complaints.add(reason, line, problem);
  };
  const reader = readerOf(recording, { ...settings, fileSymbol: recording.fileSymbol, report });
  reader.latest = latest;
  const lines = new Lines(recording.file, linesWith(report));
  try {
    while (!complaints.areEnough && (await lines.fill())) {
      const trade = reader.next(lines);
      if (trade) return { firstTime: trade.time, firstKey: trade.key };
    }
    complaints.check(recording.path);
    return none;
  } finally {
    await lines.close();
  }
}
