import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { config } from '../src/config.js';
import { Router } from '../src/vehicle/router.js';
import { Drafts, Streams } from '../src/vehicle/streams.js';
import { FrameParser } from '../src/wire/frames.js';
import { frame1, frame2, message, signedFrame } from './frames.js';

const MEBIBYTE = 2 ** 20;
/** The longest payload with its header: what one false header can make us sum. */
const CANDIDATE = 265;

function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state;
  };
}

/** Feeds bytes in pieces. @returns good frames, and bytes summed */
function parse(bytes: Uint8Array, piece = 65_536): { frames: number; summed: number; ids: number[] } {
  const parser = new FrameParser(0);
  const ids: number[] = [];
  for (let at = 0; at < bytes.length; at += piece) {
    parser.push(bytes.subarray(at, at + piece));
    while (parser.next()) ids.push(parser.id);
    expect(parser.held).toBeLessThan(300);
  }
  return { frames: ids.length, summed: parser.summed, ids };
}

describe('hostile bytes', () => {
  it('without a marker cost no sums at all, fifteen mebibytes of them', () => {
    expect(parse(new Uint8Array(15 * MEBIBYTE))).toEqual({ frames: 0, summed: 0, ids: [] });
  });

  it.each([
    ['random', (next: () => number) => () => next() >>> 24],
    ['headers of a known message that claim the longest payload', () => [0xfd, 255, 0, 0, 1, 1, 1, 0, 0, 0]],
    ['headers of a known message, packed as densely as can be', () => [0xfd, 255, 0, 1, 0]],
    ['headers of MAVLink 1', () => [0xfe, 9, 1, 1, 1, 0]],
  ])('that are %s make a bounded number of sums', (_, make) => {
    const made = make(random(7));
    const bytes = Uint8Array.from({ length: MEBIBYTE }, (_, i) => (typeof made === 'function' ? made() : made[i % made.length]));
    const { summed } = parse(bytes);
    // The densest headers stand five bytes apart.
    expect(summed).toBeLessThanOrEqual((MEBIBYTE / 5 + 1) * CANDIDATE);
  });

  it('in bursts, a fifth of all, hide no good frame', () => {
    const next = random(3);
    const parts: Uint8Array[] = [];
    let good = 0;
    for (let i = 0; i < 5_000; i++) {
      parts.push(frame2(message('ATTITUDE', { timeBootMs: i * 10, roll: i }), { sequence: i & 255 }));
      good++;
      if (next() % 4 === 0) parts.push(Uint8Array.from({ length: 20 + (next() % 100) }, () => next() >>> 24));
    }
    const bytes = Buffer.concat(parts);
    // Noise may end in a header whose payload covers good frames, but only until that is found to be none.
    expect(parse(bytes, 1_000).ids.filter((id) => id === 30).length).toBe(good);
  });

  it('made of real frames by changing some never stop the parser or the router, and what comes of them is finite', () => {
    const settings = {
      ...config.parse({ connect: 'file:a.tlog', messages: ['ATTITUDE', 'SYS_STATUS', 'STATUSTEXT', 'RADIO_STATUS'] }),
      name: undefined,
    };
    const originals = [
      frame2(message('ATTITUDE', { timeBootMs: 5_000 })),
      frame1(message('SYS_STATUS', { voltageBattery: 12_000 })),
      frame2(message('SYSTEM_TIME', { timeBootMs: 7, timeUnixUsec: 5n })),
      signedFrame(message('PARAM_VALUE', { paramId: 'FENCE_RADIUS', paramValue: 3 })),
      frame2(message('MISSION_ITEM_INT', { missionType: 1, command: 5_001 })),
      frame2(message('STATUSTEXT', { text: 'hello' })),
      frame2(message('HEARTBEAT', { type: 2 })),
      frame2(message('RADIO_STATUS', { rssi: 3 }), { system: 51, component: 68 }),
    ];
    const change = fc.record({
      which: fc.nat(originals.length - 1),
      at: fc.nat(300),
      value: fc.nat(255),
      kind: fc.constantFrom('keep', 'set', 'cut', 'double'),
    });
    const property = fc.property(fc.array(change, { maxLength: 60 }), fc.integer({ min: 1, max: 97 }), (changes, piece) => {
      const parts = changes.map(({ which, at, value, kind }) => {
        const frame = Buffer.from(originals[which]);
        if (kind === 'set') frame[at % frame.length] = value;
        if (kind === 'cut') return frame.subarray(0, at % frame.length);
        return kind === 'double' ? Buffer.concat([frame, frame]) : frame;
      });
      const kept = changes.filter(({ kind }) => kind === 'keep').length;
      const bytes = Buffer.concat(parts);
      const parser = new FrameParser(0);
      const router = new Router({ ...settings, timing: 'live' }, new Streams());
      const drafts = new Drafts();
      let frames = 0;
      for (let at = 0; at < bytes.length; at += piece) {
        parser.push(bytes.subarray(at, at + piece));
        for (; parser.next(); frames++) router.take(parser, 1_700_000_000_000 + frames, 0, drafts);
      }
      parser.finish();
      for (; parser.next(); frames++) router.take(parser, 1_700_000_000_000 + frames, 0, drafts);
      expect(frames).toBeGreaterThanOrEqual(kept);
      for (const { time, values } of drafts.observations) {
        expect(Number.isFinite(time)).toBe(true);
        for (const value of Object.values(values)) expect(Number.isFinite(value)).toBe(true);
      }
    });
    fc.assert(property, { seed: 99, numRuns: 300 });
  });
});
