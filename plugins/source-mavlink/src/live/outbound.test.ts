import fc from 'fast-check';
import { MavLinkPacketSignature } from 'node-mavlink';
import { describe, expect, it } from 'vitest';
import { makeDecoder } from '../wire/decoder.js';
import { byName, definitions } from '../wire/dialects.js';
import { FrameParser } from '../wire/frames.js';
import { PayloadReader } from '../wire/payload.js';
import { keyOfPassphrase, Signatures } from '../wire/signing.js';
import { Encoder, KINDS, messageOfKind, type Outgoing } from './outbound.js';

const NOW = Date.UTC(2026, 0, 1);
const id = fc.integer({ min: 0, max: 255 });
const to = fc.record({ system: id, component: id });
const small = fc.integer({ min: 0, max: 65_535 });
const anything: fc.Arbitrary<Outgoing> = fc.oneof(
  fc.constant({ kind: 'heartbeat' } as const),
  fc.record({ kind: fc.constant('readParameter' as const), to, name: fc.string({ maxLength: 16 }) }),
  fc.record({ kind: fc.constant('setInterval' as const), to, message: small, interval: fc.integer() }),
  fc.record({ kind: fc.constant('requestMessage' as const), to, message: fc.integer() }),
  fc.record({ kind: fc.constant('requestStream' as const), to, stream: id, rate: small }),
  fc.record({ kind: fc.constant('listFence' as const), to }),
  fc.record({ kind: fc.constant('requestFenceItem' as const), to, index: small }),
  fc.record({ kind: fc.constant('acknowledgeFence' as const), to }),
);

/** What a receiver reads of a frame. */
function read(frame: Uint8Array) {
  const parser = new FrameParser(0);
  parser.push(frame);
  expect(parser.next()).toBe(true);
  const decoder = makeDecoder(definitions.get(parser.id)!);
  const values = new PayloadReader().numbers(parser, decoder);
  return { name: decoder.definition.MSG_NAME, values, parser };
}

describe('what can be sent', () => {
  it('is a heartbeat that is no ground station, and questions; nothing that moves, arms or configures, and under our own ids only', () => {
    const allowed = [
      'HEARTBEAT',
      'PARAM_REQUEST_READ',
      'COMMAND_LONG',
      'REQUEST_DATA_STREAM',
      'MISSION_REQUEST_LIST',
      'MISSION_REQUEST_INT',
      'MISSION_ACK',
    ];
    expect(new Set(KINDS.map(messageOfKind))).toEqual(new Set(allowed));
    const encoder = new Encoder(245, 191);
    const property = fc.property(anything, fc.constantFrom(1, 2), (outgoing, version) => {
      const frame = encoder.frame(outgoing, version, NOW);
      if (frame === undefined) return;
      const { name, values, parser } = read(frame);
      expect(allowed).toContain(name);
      expect([parser.system, parser.component]).toEqual([245, 191]);
      if (name === 'COMMAND_LONG') {
        expect([511, 512]).toContain(values.command);
        // The third parameter on mean something in other commands only.
        for (const n of [3, 4, 5, 6, 7]) expect(values[`param${n}`]).toBe(0);
      }
      if (name === 'HEARTBEAT') expect(values).toMatchObject({ type: 18, autopilot: 8, base_mode: 0, custom_mode: 0 });
      if (name.startsWith('MISSION')) expect(values.mission_type).toBe(1);
      if (name === 'MISSION_ACK') expect(values.type).toBe(0);
    });
    fc.assert(property, { seed: 11, numRuns: 2_000 });
  });

  it.each([
    'COMMAND_INT',
    'SET_MODE',
    'PARAM_SET',
    'MISSION_ITEM_INT',
    'MISSION_CLEAR_ALL',
    'MANUAL_CONTROL',
    'RC_CHANNELS_OVERRIDE',
    'SET_POSITION_TARGET_LOCAL_NED',
    'arm',
    'toString',
    '__proto__',
    'constructor',
  ])('refuses %s', (kind) => {
    expect(() => new Encoder(245, 191).frame({ kind } as never, 2, NOW)).toThrow('nothing that is ever sent');
    expect([...byName.keys(), kind].includes(kind)).toBe(true);
  });

  it('is numbered one after the other, in MAVLink 1 to those that speak nothing else', () => {
    const encoder = new Encoder(245, 191);
    const frames = Array.from({ length: 300 }, () => read(encoder.frame({ kind: 'heartbeat' }, 1, NOW)!).parser);
    expect(frames.map(({ sequence }) => sequence)).toEqual(Array.from({ length: 300 }, (_, i) => i % 256));
    expect(frames.every(({ version }) => version === 1)).toBe(true);
    expect(encoder.frame({ kind: 'listFence', to: { system: 1, component: 1 } }, 1, NOW)).toBeUndefined();
  });

  it('is signed when there is a key, with time stamps that grow, as node-mavlink checks it', () => {
    const key = keyOfPassphrase('a passphrase');
    expect(key).toEqual(MavLinkPacketSignature.key('a passphrase'));
    const encoder = new Encoder(245, 191, new Signatures({ key, unsigned: 'refuse' }), 3);
    const stamps = Array.from({ length: 5 }, () => {
      const frame = encoder.frame({ kind: 'heartbeat' }, 1, NOW)!;
      const signature = new MavLinkPacketSignature(frame);
      expect(read(frame).parser.signed).toBe(true);
      expect([signature.matches(key), signature.linkId]).toEqual([true, 3]);
      return frame.readUIntLE(frame.length - 12, 6);
    });
    expect(stamps.every((stamp, i) => i === 0 || stamp > stamps[i - 1])).toBe(true);
  });
});
