import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sharedData } from '../../../test/shared.js';
import { columnOf, type Topic } from '../src/ulog/layout.js';
import { UlogParser } from '../src/ulog/parser.js';
import { added, data, definitions, flags, format, header, logged, message, quadFlight, removed, SYNC, TOPICS } from './ulog.js';

/** Every value of every topic, and how many messages of other kinds there are. */
function readTopics(bytes: Buffer, piece = 4_099) {
  const parser = new UlogParser();
  const topics: Record<string, number[][]> = {};
  const readers = new Map<Topic, ((view: DataView, at: number) => number)[]>();
  const others: Record<string, number> = {};
  const take = () => {
    while (parser.next()) {
      const { topic, view, at } = parser;
      if (parser.type !== 0x44) {
        const kind = String.fromCharCode(parser.type);
        others[kind] = (others[kind] ?? 0) + 1;
        continue;
      }
      let columns = readers.get(topic!);
      if (!columns) {
        columns = [...parser.formats.places(topic!.name)].map((place) => columnOf(place, topic!.length));
        readers.set(topic!, columns);
      }
      const key = `${topic!.name}/${topic!.instance}`;
      topics[key] ??= [];
      topics[key].push(columns.map((column) => column(view, at)));
    }
  };
  for (let from = 0; from < bytes.length; from += piece) {
    parser.push(bytes.subarray(from, from + piece));
    take();
    expect(parser.held).toBeLessThanOrEqual(Math.max(piece, 65_541 + piece));
  }
  parser.finish();
  take();
  return { topics, others, losses: parser.takeLosses(), parser };
}
const START = 60e6;
const body = (...parts: readonly Buffer[]) => Buffer.concat([header(START), flags(), ...parts]);

describe('the format of ULog', () => {
  it('has topics within topics, arrays of them, and padding at the end that is not logged', () => {
    const inner = 'uint64_t timestamp;int16_t rpm;uint8_t[2] _padding0';
    const outer = 'uint64_t timestamp;uint8_t count;esc_report[2] esc;float[2] sum;bool ok;uint8_t[3] _padding0';
    const bytes = Buffer.alloc(8 + 1 + 24 + 8 + 1);
    bytes.writeBigUInt64LE(7n, 0);
    bytes.writeUInt8(2, 8);
    bytes.writeBigUInt64LE(5n, 9);
    bytes.writeInt16LE(-30, 17);
    bytes.writeBigUInt64LE(6n, 21);
    bytes.writeInt16LE(31, 29);
    bytes.writeFloatLE(1.5, 33);
    bytes.writeFloatLE(2.5, 37);
    bytes.writeUInt8(1, 41);
    const { topics, losses } = readTopics(
      // The outer one may come first.
      body(
        format(`esc_status:${outer};`),
        format(`esc_report:${inner};`),
        added(3, 'esc_status', 1),
        message('D', [3, 0], bytes),
      ),
    );
    expect(losses).toEqual({ garbage: 0, badFormats: 0, truncated: false });
    const [row] = topics['esc_status/1']!;
    expect(row).toEqual([7, 2, 5, -30, 0, 0, 6, 31, 0, 0, 1.5, 2.5, 1, ...[Number.NaN, Number.NaN, Number.NaN]]);
  });

  it('has every type of number', () => {
    const fields =
      'uint64_t timestamp;int8_t a;uint8_t b;int16_t c;uint16_t d;int32_t e;uint32_t f;int64_t g;uint64_t h;float i;double j;bool k;char l';
    const values = [1, -1, 255, -2, 65_535, -3, 4_294_967_295, -4, 2 ** 52, 0.5, Math.PI, 1, 65];
    const { topics } = readTopics(body(format(`all:${fields};`), added(0, 'all'), data({ id: 0, fields }, ...values)));
    expect(topics['all/0']).toEqual([values]);
  });

  it('lets topics be removed, and others take their ids', () => {
    const [a, b] = [TOPICS.other, TOPICS.land];
    const { topics, losses } = readTopics(
      body(
        ...[a, b].map(({ name, fields }) => format(`${name}:${fields};`)),
        added(1, a.name),
        data({ ...a, id: 1 }, 5, 0.5),
        removed(1),
        data({ ...a, id: 1 }, 6, 0.5),
        added(1, b.name),
        data({ ...b, id: 1 }, 7, 1),
      ),
    );
    expect(topics).toEqual({ 'cpuload/0': [[5, 0.5]], 'vehicle_land_detected/0': [[7, 1]] });
    // What nobody describes is counted.
    expect(losses.garbage).toBe(data({ ...a, id: 1 }, 6, 0.5).length);
  });

  it('has data appended behind a message that a crash has cut, three times at most', () => {
    const land = (t: number) => data(TOPICS.land, t, 1);
    const head = (appended: readonly number[]) =>
      Buffer.concat([
        header(START),
        flags(appended),
        format(`${TOPICS.land.name}:${TOPICS.land.fields};`),
        added(TOPICS.land.id, TOPICS.land.name),
      ]);
    const size = head([1]).length;
    const cut = land(2).subarray(0, 9);
    const first = size + land(1).length + cut.length;
    const second = first + land(3).length;
    const log = Buffer.concat([head([first, second]), land(1), cut, land(3), land(4)]);
    for (const piece of [1, 7, 100_000]) {
      const { topics, losses } = readTopics(log, piece);
      expect(topics['vehicle_land_detected/0']!.map(([time]) => time)).toEqual([1, 3, 4]);
      expect(losses).toEqual({ garbage: cut.length, badFormats: 0, truncated: false });
    }
  });

  it('counts what it cannot make sense of: formats that contain themselves or are not known, and topics of them', () => {
    const { losses, topics } = readTopics(
      body(
        format('a:uint64_t timestamp;b x;'),
        format('b:a y;'),
        format('no colon'),
        format('c:what is this;'),
        format('long:float[60000] x;'),
        ...['a', 'c', 'long', '__proto__', 'constructor'].map((name, id) => added(id, name)),
        format(`${TOPICS.land.name}:${TOPICS.land.fields};`),
        added(9, TOPICS.land.name),
        data({ ...TOPICS.land, id: 9 }, 5, 1),
      ),
    );
    expect(losses.badFormats).toBe(2 + 5);
    expect(topics).toEqual({ 'vehicle_land_detected/0': [[5, 1]] });
  });

  it('is found again behind bytes that belong to nothing', () => {
    const noise = Buffer.from('power lost, power lost, power lost', 'latin1');
    const log = Buffer.concat([quadFlight(1), noise, SYNC, logged(6, START, 'on'), logged(6, START, 'and on')]);
    const { others, losses } = readTopics(log);
    expect(others.L).toBe(3);
    expect(losses).toEqual({ garbage: noise.length, badFormats: 0, truncated: false });
    expect(readTopics(log.subarray(0, -3)).losses.truncated).toBe(true);
  });

  it('is read the same in pieces of any size, and from any message on with what was known there', () => {
    const log = quadFlight(1);
    const whole = readTopics(log);
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5_000 }), (piece) => {
        expect(readTopics(log, piece).topics).toEqual(whole.topics);
      }),
      { numRuns: 15, seed: 3 },
    );
    const parser = new UlogParser();
    parser.push(log);
    for (let i = 0; i < 60; i++) parser.next();
    const rest = new UlogParser(parser.position, JSON.parse(JSON.stringify(parser.known)));
    rest.push(log.subarray(parser.position));
    rest.finish();
    let count = 0;
    while (rest.next()) {
      expect(parser.next()).toBe(true);
      expect([rest.type, rest.topic?.name, rest.length]).toEqual([parser.type, parser.topic?.name, parser.length]);
      count++;
    }
    expect(count).toBeGreaterThan(50);
  });

  it('costs no more than its bytes, however hostile: topics within topics without end, and topics by the thousand', () => {
    const wide = Array.from({ length: 1_000 }, (_, i) => `t${i % 8} f${i}`).join(';');
    const nested = Array.from({ length: 8 }, (_, i) =>
      format(`t${i}:${i === 7 ? 'uint8_t x' : wide.replaceAll(/t\d/g, `t${i + 1}`)};`),
    );
    const many = Array.from({ length: 40_000 }, (_, i) => added(i % 65_536, `t${i % 8}`, i % 256));
    const { losses } = readTopics(body(...nested, ...many));
    expect(losses.badFormats).toBeGreaterThan(0);
    const random = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (Math.imul(i, 2_654_435_761) >>> 13) & 0xff));
    expect(readTopics(Buffer.concat([definitions(START), random])).losses.garbage).toBeGreaterThan(100_000);
  });
});

const { path: folder, present } = sharedData('uav', 'ulog');
const name = present ? 'recorded ULogs' : `recorded ULogs (skipped: ${folder} is absent)`;
/** What pyulog reads in them, as `scripts/expected-ulog.py` writes it; `scripts/compare-ulog.py` compares value by value. */
const expected: Record<
  string,
  { topics: Record<string, [rows: number, columns: number, sum: number]>; messages: number; dropouts: number }
> = JSON.parse(readFileSync(join(import.meta.dirname, 'ulog-expected.json'), 'utf8'));

describe.skipIf(!present)(name, () => {
  it.each(Object.keys(expected))('%s: as many messages of each topic as pyulog finds, and the same values', (log) => {
    const { topics, others, losses } = readTopics(gunzipSync(readFileSync(join(folder, log))));
    expect(losses.badFormats).toBe(0);
    const { topics: wanted, messages, dropouts } = expected[log]!;
    expect([others.L ?? 0, others.O ?? 0]).toEqual([messages, dropouts]);
    expect(Object.keys(topics).sort()).toEqual(Object.keys(wanted).sort());
    for (const [key, [rows, columns, sum]] of Object.entries(wanted)) {
      const found = topics[key]!;
      // What is not logged, padding at the end, pyulog leaves out.
      const there = found[0]!.map((_, c) => c).filter((c) => c < columns);
      let own = 0;
      for (const c of there) {
        let column = 0;
        for (let i = 0; i < found.length; i++) {
          const value = found[i]![c]!;
          column += Number.isFinite(value) ? value * ((i % 97) + 1) : 0;
        }
        own += column * ((c % 13) + 1);
      }
      expect(found.length, key).toBe(rows);
      expect(Math.abs(own - sum), `${key}: ${own}, expected ${sum}`).toBeLessThanOrEqual(1e-9 * Math.abs(sum) + 1e-9);
    }
  });
});
