import fc from 'fast-check';
import type { KafkaMessage } from 'kafkajs';
import { describe, expect, it } from 'vitest';
import type { SourceBatch } from '../../../api/index.js';
import { type Control, encodeObservation } from '../records.js';
import { readPlace, SEAL } from '../seal.js';
import { DOUBTFUL, PartitionLog, type Refused } from './log.js';

const START = 1_700_000_000_000;
const OURS = { pipeline: 'ours', source: 'the source' };

/** A log as a broker keeps it. */
class Written {
  readonly messages: KafkaMessage[] = [];
  /** Where it begins: what is before was deleted. */
  low = 0;
  private readonly writtenAt: number;

  constructor(writtenAt = START) {
    this.writtenAt = writtenAt;
  }

  put(key: string | null, value: string | null, seal?: string): this {
    const offset = this.messages.length;
    this.messages.push({
      key: key === null ? null : Buffer.from(key),
      value: value === null ? null : Buffer.from(value),
      timestamp: String(this.writtenAt + offset),
      attributes: 0,
      offset: String(offset),
      headers: seal === undefined ? {} : { [SEAL]: Buffer.from(seal) },
    });
    return this;
  }
  control(control: Control, seal?: string): this {
    return this.put(null, JSON.stringify(control), seal);
  }
  observe(sequence: number, seal?: string, more: object = {}): this {
    const time = START + sequence * 1_000;
    return this.put(
      'a',
      encodeObservation({ key: 'a', type: 't', sequence, time, received: time, values: { x: 1 }, ...more }),
      seal,
    );
  }
}

interface Read {
  readonly batches: SourceBatch[];
  readonly refused: (Refused & { offset: number })[];
}

/** Reads a log from a cursor to its end, as the reader does. */
function read(written: Written, cursor: string | null = null): Read & { log: PartitionLog } {
  const log = new PartitionLog({ partition: 0, topic: 't', ours: OURS }, cursor === null ? { next: 0 } : readPlace(cursor));
  const found: Read = { batches: [], refused: [] };
  if (written.low > log.next) log.skipTo(written.low);
  for (let from = log.from; ; from = log.from) {
    try {
      for (const message of written.messages.slice(Math.max(from, written.low))) {
        if (log.ready) found.batches.push(log.takeReady());
        const offset = Number(message.offset);
        if (offset === log.next - 1) log.recognise(message);
        if (offset < log.next) continue;
        const refused = log.read(message);
        if (refused) found.refused.push({ ...refused, offset });
      }
      if (log.ready) found.batches.push(log.takeReady());
      return { ...found, log };
    } catch (error) {
      if (error !== DOUBTFUL) throw error;
      log.again();
    }
  }
}

const sequences = ({ batches }: Read) => batches.flatMap(({ observations }) => observations.map(({ sequence }) => sequence));
const lost = ({ batches }: Read) => batches.flatMap(({ missing = [] }) => missing);

describe('a partition as it is read', () => {
  it('gives the same from every cursor on, whatever else was written into it', () => {
    const step = fc.oneof(
      { weight: 5, arbitrary: fc.constant('observation') },
      { weight: 2, arbitrary: fc.constantFrom('watermark', 'cut', 'missing') },
      { weight: 1, arbitrary: fc.constantFrom('foreign', 'other', 'poison', 'begin') },
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), fc.nat(), (steps, pick) => {
        const written = new Written().control({ begin: OURS }, 'one');
        let seal = 'one';
        let sequence = 0;
        const own: number[] = [];
        for (const what of steps) {
          if (what === 'observation') own.push(++sequence);
          if (what === 'observation') written.observe(sequence, seal);
          else if (what === 'watermark') written.control({ watermark: START + sequence * 1_000 }, seal);
          else if (what === 'cut') written.control({}, seal);
          else if (what === 'missing')
            written.control({ missing: [{ key: '*', from: START, to: START, reason: 'x', count: 1 }] }, seal).control({}, seal);
          else if (what === 'foreign') written.observe(sequence + 1_000);
          else if (what === 'other') written.observe(sequence + 1_000, 'somebody');
          else if (what === 'poison') written.control({ end: true }).put(null, '{"missing":[null]}');
          else {
            seal = `${seal}+`;
            written.control({ begin: OURS }, seal);
          }
        }
        written.control({ end: true }, seal);
        const whole = read(written);
        expect(sequences(whole)).toEqual(own);
        expect(whole.log.ended).toBe(true);
        const at = pick % whole.batches.length;
        const rest = read(written, whole.batches[at]!.cursor);
        expect(rest.batches).toEqual(whole.batches.slice(at + 1));
        expect(rest.log.ended).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it('believes who has not signed until somebody signs, and nobody else after that', () => {
    const written = new Written()
      .observe(1)
      .control({ watermark: START })
      .observe(2, 'new')
      .control({}, 'new')
      .observe(3)
      .control({ end: true });
    const found = read(written);
    expect(sequences(found)).toEqual([1, 2]);
    expect(found.refused.map(({ reason, offset }) => [reason, offset])).toEqual([
      ['foreign_record', 4],
      ['foreign_record', 5],
    ]);
    expect(found.log.ended).toBe(false);
  });

  it('takes a new signature from who begins with our name or our source, and from nobody else', () => {
    const begins = (begin: object) =>
      sequences(
        read(
          new Written()
            .control({ begin: OURS }, 'one')
            .observe(1, 'one')
            .control({ begin: begin as typeof OURS }, 'two')
            .observe(2, 'one')
            .observe(3, 'two')
            .control({}, 'one')
            .control({}, 'two'),
        ),
      );
    expect(begins({ pipeline: 'ours', source: 'edited' })).toEqual([1, 3]);
    expect(begins({ pipeline: 'theirs', source: 'the source' })).toEqual([1, 3]);
    expect(begins({ pipeline: 'theirs', source: 'another' })).toEqual([1, 2]);
  });

  it.each([
    ['missing that is no list of losses', '{"missing":[null]}', 'bad_record'],
    ['a time beyond the calendar', '{"watermark":1e300}', 'bad_record'],
    ['an end that is no end', '{"end":1}', 'bad_record'],
    ['a time a year ahead', `{"watermark":${START + 365 * 86_400_000}}`, 'implausible_record'],
    ['nothing', null, 'bad_record'],
    ['a list', '[]', 'bad_record'],
  ])('refuses %s, unsigned, and goes on', (_, value, reason) => {
    const found = read(new Written().observe(1).put(null, value).observe(2).control({ watermark: START }));
    expect(found.refused).toMatchObject([{ reason, offset: 1 }]);
    expect(sequences(found)).toEqual([1, 2]);
    expect(found.batches.map(({ watermark }) => watermark)).toEqual([START]);
  });

  it('follows time of recordings from the future, which their observations have come to', () => {
    const time = START + 20 * 365 * 86_400_000;
    const found = read(new Written().observe(1, undefined, { time }).control({ watermark: time }));
    expect([found.refused, found.batches[0]!.watermark]).toEqual([[], time]);
  });

  it('counts what the broker deleted once, from the last time that was read to the next', () => {
    const written = new Written().control({ begin: OURS }, 'one');
    for (let i = 1; i <= 10; i++) written.observe(i, 'one').control({}, 'one');
    const before = read(written);
    const cursor = before.batches[2]!.cursor;
    written.low = 12;
    const after = read(written, cursor);
    const at = START + Number(sequences(after)[0]) * 1_000;
    expect(lost(after)).toEqual([{ key: '*', from: at, to: at, count: 5, reason: expect.stringContaining('deleted 5 records') }]);
    expect(lost(read(written, after.batches[0]!.cursor))).toEqual([]);
    // Nothing was deleted that had not been read.
    written.low = 7;
    expect(lost(read(written, cursor))).toEqual([]);
  });

  it('knows itself by the record before, unless that is gone', () => {
    const of = (at: number, seal: string) => {
      const written = new Written(at).control({ begin: OURS }, seal);
      for (let i = 1; i <= 10; i++) written.observe(i, seal).control({}, seal);
      return written;
    };
    const cursor = read(of(START, 'one')).batches[3]!.cursor;
    const other = of(START + 86_400_000, 'two');
    expect(() => read(other, cursor)).toThrow(/record 8 is not the one that was read/);
    other.low = 9;
    // Nothing tells it any more: whoever signs there is believed.
    expect(sequences(read(other, cursor))).toEqual([5, 6, 7, 8, 9, 10]);
  });

  it('reads a cursor that an older version wrote', () => {
    const written = new Written().observe(1).control({}).observe(2).control({});
    expect(sequences(read(written, '2'))).toEqual([2]);
    expect(() => read(written, 'elsewhere:17')).toThrow(/no place in a topic/);
  });
});
