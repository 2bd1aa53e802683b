import type { Lines } from '@quantstream/engine/recordings';
import type { RecordReader, RecordSettings } from '../wire/csv.js';
import { FrameParser, type Stream } from '../wire/frames.js';
import { EARLIEST, makeTrade, type Trade } from '../wire/trade.js';

/** Turns recorded frames, one a line, into trades. */
export class FrameLinesReader implements RecordReader {
  received = 0;
  latest = Number.POSITIVE_INFINITY;
  private readonly parser: FrameParser;
  private readonly settings: RecordSettings;

  constructor(stream: Stream, settings: RecordSettings) {
    this.parser = new FrameParser(stream, settings.market);
    this.settings = settings;
  }

  next(lines: Lines): Trade | null {
    const { parser } = this;
    for (let line = lines.next(); line !== undefined; line = lines.next()) {
      const text = line.trim();
      if (text === '') continue;
      const reason = parser.parse(text);
      if (reason !== undefined) {
        this.settings.report(reason, lines.recordLine, parser.problem);
        continue;
      }
      const { time } = parser;
      if (!(time >= EARLIEST && time <= this.latest)) {
        this.settings.report('bad_time', lines.recordLine, `time ${time} ms`);
        continue;
      }
      const key = this.settings.keyOf(parser.symbol);
      if (key === undefined) continue;
      const { id, price, quantity, buyerIsMaker, trades, first } = parser;
      return makeTrade(key, id, time, this.received, price, quantity, buyerIsMaker, trades, first);
    }
    return null;
  }
}
