import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frame1, frame2, message, record, signedFrame } from '../../test/frames.js';
import { crcOf } from './crc.js';
import { FrameParser, LONGEST_FRAME } from './frames.js';
import { addLosses, type Losses, MOST_UNKNOWN, noLosses } from './losses.js';

interface Found {
  frames: Buffer[];
  losses: Losses;
  /** The most bytes that were ever held back. */
  held: number;
}

/** Parses bytes that come in pieces; what is found are the bytes of each frame, from its marker on. */
function parse(pieces: readonly Uint8Array[], prefix = 0): Found {
  const parser = new FrameParser(prefix);
  const frames: Buffer[] = [];
  const losses = noLosses();
  let held = 0;
  const drain = () => {
    while (parser.next()) {
      const header = parser.version === 2 ? 10 : 6;
      const end = parser.payload + parser.payloadLength + 2 + (parser.signed ? 13 : 0);
      expect(parser.payload - parser.start).toBe(header);
      frames.push(Buffer.from(parser.bytes.subarray(parser.start, end)));
    }
    addLosses(losses, parser.takeLosses());
    held = Math.max(held, parser.held);
  };
  for (const piece of pieces) {
    parser.push(piece);
    drain();
  }
  parser.finish();
  drain();
  return { frames, losses, held };
}

const clean = noLosses();

/** Cuts bytes at the given places. */
function cut(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const at = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...at].map((from, i) => bytes.subarray(from, at[i]));
}

const NAMES = ['HEARTBEAT', 'SYS_STATUS', 'GPS_RAW_INT', 'VIBRATION', 'STATUSTEXT', 'ATTITUDE', 'FILE_TRANSFER_PROTOCOL', 'WIND'];
const anyFrame = fc
  .record({
    name: fc.constantFrom(...NAMES),
    kind: fc.constantFrom(frame1, frame2, signedFrame),
    system: fc.integer({ min: 0, max: 255 }),
    sequence: fc.integer({ min: 0, max: 255 }),
    noise: fc.uint8Array({ minLength: 8, maxLength: 8 }),
  })
  .map(({ name, kind, system, sequence, noise }) => {
    const content = message(name) as unknown as Record<string, unknown>;
    const fields = Object.keys(content).filter((field) => typeof content[field] === 'number');
    for (const [i, field] of fields.entries()) content[field] = noise[i % 8] >> 1;
    return kind(content as never, { system, sequence });
  });
/** Noise with more than its share of markers, short lengths and zeros. */
const garbage = fc
  .array(fc.oneof(fc.constantFrom(0xfd, 0xfe, 0, 1, 9, 28, 33), fc.integer({ min: 0, max: 255 })), { maxLength: 80 })
  .map((bytes) => Uint8Array.from(bytes));
const places = fc.array(fc.nat(), { maxLength: 20 });
// A checksum of 16 bits lets one false frame in some 65,536 through, so the noise is the same in every run.
const runs = { seed: 1_234_567, numRuns: 400 };

describe('a frame parser', () => {
  it('checks what node-mavlink serialises: the checksum of "123456789" is 0x6F91', () => {
    expect(crcOf(Buffer.from('123456789'), 0, 9)).toBe(0x6f91);
  });

  it('finds every frame between stretches of garbage, and no other, on a link and in a log', () => {
    const property = fc.property(
      fc.array(fc.tuple(garbage, anyFrame), { maxLength: 12 }),
      garbage,
      places,
      (parts, tail, cuts) => {
        const noise = parts.reduce((sum, [bytes]) => sum + bytes.length, tail.length);
        const frames = parts.map(([, frame]) => frame);
        for (const prefix of [0, 8]) {
          const stamped = parts.flatMap(([bytes, frame]) => [bytes, prefix ? record(1_700_000_000_000, frame) : frame]);
          const found = parse(cut(Buffer.concat([...stamped, tail]), cuts), prefix);
          expect(found.frames).toEqual(frames);
          const { garbage, badChecksum, unsupported, truncated, unknown } = found.losses;
          const explained = badChecksum + unsupported + unknown.size > 0 || truncated;
          if (!explained) expect(garbage).toBe(noise);
          expect(garbage).toBeLessThanOrEqual(noise);
          expect(explained || garbage > 0).toBe(noise > 0);
        }
      },
    );
    fc.assert(property, runs);
  });

  it('finds the same frames and the same losses however the bytes are cut', () => {
    const property = fc.property(fc.array(fc.oneof(garbage, anyFrame), { maxLength: 12 }), places, (parts, cuts) => {
      const bytes = Buffer.concat(parts);
      for (const prefix of [0, 8]) {
        const { frames, losses } = parse([bytes], prefix);
        const cutUp = parse(cut(bytes, cuts), prefix);
        expect({ frames: cutUp.frames, losses: cutUp.losses }).toEqual({ frames, losses });
      }
    });
    fc.assert(property, runs);
    const stream = Buffer.concat(Array.from({ length: 20 }, (_, i) => frame2(message('ATTITUDE', { roll: i }))));
    expect(parse([...stream].map((byte) => Uint8Array.of(byte)))).toMatchObject({ losses: clean, frames: { length: 20 } });
  });

  it.each([
    ['without a marker', [0]],
    ['of the marker of MAVLink 1 alone', [0xfe]],
    ['of the marker of MAVLink 2 alone', [0xfd]],
    ['of headers that claim the longest payload', [0xfd, 255, 0, 0, 0xfd, 0xfd, 0xfd, 0, 0, 0]],
    ['of headers of an unknown message', [0xfd, 255, 0, 0, 0, 0, 0, 255, 255, 0]],
  ])('holds back less than one frame of a mebibyte %s, and finds the frame behind it', (_, pattern) => {
    const noise = Uint8Array.from({ length: 2 ** 20 }, (_, i) => pattern[i % pattern.length]);
    const frame = frame2(message('HEARTBEAT', { customMode: 5 }));
    const pieces = Array.from({ length: 256 }, (_, i) => noise.subarray(i * 4_096, (i + 1) * 4_096));
    const { frames, losses, held } = parse([...pieces, frame]);
    expect(frames).toEqual([frame]);
    expect(losses).toEqual({ ...clean, garbage: noise.length });
    expect(held).toBeLessThan(LONGEST_FRAME);
  });

  const frames = [1, 2, 3].map((customMode) => frame2(message('HEARTBEAT', { customMode })));
  const log = (...parts: Uint8Array[]) => [Buffer.concat(parts.map((part) => record(1_700_000_000_000, part)))];
  const changed = (frame: Uint8Array, at: number, value: number) => {
    const copy = Buffer.from(frame);
    copy[at] = value;
    return copy;
  };

  it('counts frames with a wrong checksum, of unknown messages and with unknown flags, where they fit between good ones', () => {
    const damaged = changed(frames[1], 12, 77);
    const unknown = changed(frames[1], 9, 200);
    const flagged = changed(frames[1], 2, 2);
    for (const prefix of [0, 8]) {
      const parts = [frames[0], damaged, unknown, damaged, unknown, flagged, frames[2]];
      const found = parse(prefix ? log(...parts) : [Buffer.concat(parts)], prefix);
      expect(found.frames).toEqual([frames[0], frames[2]]);
      expect(found.losses).toEqual({ ...clean, badChecksum: 2, unsupported: 1, unknown: new Map([[200 << 16, 2]]) });
    }
  });

  it('counts garbage while it comes, and not only when a good frame ends it', () => {
    const parser = new FrameParser(8);
    parser.push(Buffer.concat(log(frames[0])));
    expect(parser.next()).toBe(true);
    parser.push(Buffer.alloc(1_000));
    expect(parser.next()).toBe(false);
    expect(parser.takeLosses().garbage).toBe(992);
    parser.finish();
    expect(parser.next()).toBe(false);
    expect(parser.takeLosses()).toEqual({ ...clean, garbage: 8 });
    expect(parser.position).toBe(8 + frames[0].length);
  });

  it('counts a bounded number of unknown ids apart, whatever a noisy link makes up', () => {
    const unknown = Array.from({ length: 100 }, (_, i) => changed(changed(frames[1], 9, 200), 8, i));
    const { losses } = parse([Buffer.concat([...unknown, frames[0]])]);
    expect(losses.unknown.size).toBe(MOST_UNKNOWN + 1);
    expect(losses.unknown.get(-1)).toBe(100 - MOST_UNKNOWN);
  });

  it('goes on at the byte after the marker when a length was damaged', () => {
    const found = parse(log(frames[0], changed(frames[1], 1, 250), frames[2]), 8);
    expect(found.frames).toEqual([frames[0], frames[2]]);
    expect(found.losses).toEqual({ ...clean, garbage: 8 + frames[1].length });
  });

  it('finds what follows a frame that was cut short, and says when the input itself was', () => {
    const found = parse([Buffer.concat([frames[0], frames[1].subarray(0, 12), frames[2]])]);
    expect(found.frames).toEqual([frames[0], frames[2]]);
    expect(found.losses).toEqual({ ...clean, garbage: 12 });
    for (const left of [3, 8, 9, 20]) {
      const [bytes] = log(...frames);
      const short = parse([bytes.subarray(0, bytes.length - (8 + frames[2].length) + left)], 8);
      expect(short.frames).toEqual(frames.slice(0, 2));
      expect(short.losses, `${left} bytes of the last record`).toEqual({ ...clean, truncated: true });
    }
  });

  it('does not take a frame out of the payload of another', () => {
    const inner = frame1(message('ATTITUDE'));
    const data = Array.from({ length: 251 }, (_, i) => inner[i - 10] ?? 1);
    const outer = frame2(message('FILE_TRANSFER_PROTOCOL', { payload: data }));
    expect(parse([outer, frames[0]])).toMatchObject({ frames: [outer, frames[0]], losses: clean });
  });

  it('refuses a MAVLink 1 frame whose payload is shorter than the message, though its checksum is right', () => {
    const whole = frame1(message('HEARTBEAT', { customMode: 1 }));
    const short = Buffer.concat([whole.subarray(0, 10), Buffer.alloc(2)]);
    short[1] = 4;
    short.writeUInt16LE(crcOf(Uint8Array.of(50), 0, 1, crcOf(short, 1, 10)), 10);
    expect(parse([short, whole])).toMatchObject({ frames: [whole], losses: { badChecksum: 1 } });
  });
});
