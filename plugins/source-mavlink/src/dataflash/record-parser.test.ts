import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { described, HEADER, logged, quadFlight, TYPES } from '../../test/dataflash.js';
import { RecordParser } from './record-parser.js';

const EV = (id: number) => logged(TYPES.EV, 1e6 * id, id);

/** The event numbers that a parser finds, and what it says was lost. */
function read(pieces: readonly Uint8Array[], parser = new RecordParser()) {
  const ids: number[] = [];
  let held = 0;
  const take = () => {
    while (parser.next()) {
      const format = parser.formats[parser.type];
      if (format?.name === 'EV') ids.push(format.number('Id')(parser.view, parser.fields));
    }
    held = Math.max(held, parser.held);
  };
  for (const piece of pieces) {
    parser.push(piece);
    take();
  }
  parser.finish();
  take();
  return { ids, held, losses: parser.takeLosses(), position: parser.position };
}

const cut = (bytes: Buffer, size: number) =>
  Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) => bytes.subarray(i * size, (i + 1) * size));

describe('records of an on-board log', () => {
  it('are the same however the bytes are cut, and less than one is held back', () => {
    const bytes = Buffer.concat([quadFlight(1), ...[1, 2, 3].map(EV)]);
    const whole = read([bytes]);
    expect(whole.ids).toEqual([10, 18, 11, 1, 2, 3]);
    expect(whole.losses).toEqual({ garbage: 0, badFormats: 0, truncated: false, collisions: [] });
    for (const size of [1, 2, 7, 88, 89, 90]) {
      const { held, ...rest } = read(cut(bytes, size));
      expect(rest).toEqual({ ids: whole.ids, losses: whole.losses, position: bytes.length });
      expect(held).toBeLessThan(258);
    }
  });

  it('count what belongs to none of them, and go on behind it', () => {
    const noise = Buffer.from('\xa3\x95\xf0 power lost \xa3\x95', 'latin1');
    const { ids, losses } = read([HEADER, EV(1), noise, EV(2), EV(3)]);
    expect(ids).toEqual([1, 2, 3]);
    expect(losses.garbage).toBe(noise.length);
  });

  it('take no marker within garbage for a record that nothing follows', () => {
    const false1 = Buffer.concat([Buffer.from([0]), EV(99), Buffer.from([7, 7, 7])]);
    const { ids, losses } = read([HEADER, EV(1), false1, EV(2)]);
    expect(ids).toEqual([1, 2]);
    expect(losses.garbage).toBe(false1.length);
  });

  it('that are cut off at the end are a truncated log, and zeros behind the last one are garbage', () => {
    expect(read([HEADER, EV(1), EV(2).subarray(0, 6)]).losses).toEqual({
      garbage: 0,
      badFormats: 0,
      truncated: true,
      collisions: [],
    });
    expect(read([HEADER, EV(1), Buffer.alloc(500)]).losses).toEqual({
      garbage: 500,
      badFormats: 0,
      truncated: false,
      collisions: [],
    });
  });

  it('whose description makes no sense are passed over by their length', () => {
    const odd = { type: 200, name: 'ODD', format: 'QB', columns: 'TimeUS' };
    const { ids, losses } = read([HEADER, described(odd), EV(1), logged(odd, 1, 2), EV(2)]);
    expect(ids).toEqual([1, 2]);
    expect(losses).toEqual({ garbage: 0, badFormats: 1, truncated: false, collisions: [] });
  });

  it('may be longer than their columns', () => {
    const long = { ...TYPES.EV, type: 201 };
    const { ids, losses } = read([HEADER, described(long, 20), Buffer.concat([logged(long, 1, 42), Buffer.alloc(8)]), EV(2)]);
    expect(ids).toEqual([42, 2]);
    expect(losses.badFormats).toBe(0);
  });

  it('are found again where a reader goes on', () => {
    const bytes = Buffer.concat([HEADER, ...[1, 2, 3, 4].map(EV)]);
    const parser = new RecordParser();
    parser.push(bytes);
    while (parser.position < HEADER.length + 2 * EV(1).length) parser.next();
    const layouts = parser.formats.flatMap((format) => (format ? [format.layout] : []));
    expect(read([bytes.subarray(parser.position)], new RecordParser(parser.position, layouts)).ids).toEqual([3, 4]);
  });

  it('are found in any bytes without an error, and all that is neither record nor end is counted', () => {
    const damaged = fc.array(
      fc.oneof(
        fc.constant(EV(5)),
        fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
        fc.constant(Buffer.from([0xa3, 0x95])),
        fc.constant(logged(TYPES.MSG, 1, 'text').subarray(0, 40)),
      ),
      { maxLength: 20 },
    );
    fc.assert(
      fc.property(damaged, fc.integer({ min: 1, max: 64 }), (parts, size) => {
        const bytes = Buffer.concat([HEADER, ...parts]);
        const { ids, held, losses, position } = read(cut(bytes, size));
        const whole = read([bytes]);
        expect({ ids, losses, position }).toEqual({ ids: whole.ids, losses: whole.losses, position: whole.position });
        expect(held).toBeLessThan(258 + size);
        expect(losses.garbage).toBeLessThanOrEqual(bytes.length - HEADER.length);
      }),
      { seed: 1, numRuns: 300 },
    );
  });
});
