import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { frame1, frame2, fromPayload, message } from '../../test/frames.js';
import { type Decoder, makeDecoder, type NumberField, snakeCase } from './decoder.js';
import { baseLengthOf, byName, definitions } from './dialects.js';
import { FrameParser } from './frames.js';
import { PayloadReader } from './payload.js';

const all = [...definitions.values()].map(makeDecoder);
const decoderOf = (name: string) => makeDecoder(byName.get(name)!);

/** The value that node-mavlink's own reading of a field leads to; `undefined` where it means that nothing is known. */
function expected(field: NumberField, read: Record<string, unknown>): number | undefined {
  const value = field.element < 0 ? read[field.source] : (read[field.source] as number[])[field.element];
  const raw = Number(value);
  if (!Number.isFinite(raw) || field.invalid.includes(raw)) return undefined;
  return (raw * field.scale.multiply) / field.scale.divide;
}

function check(decoder: Decoder, values: Record<string, number>, payload: Buffer): void {
  const read = fromPayload(decoder.definition, payload) as unknown as Record<string, unknown>;
  for (const field of decoder.numbers) {
    const name = `${decoder.definition.MSG_NAME}.${field.name}`;
    expect(values[field.name], name).toBe(expected(field, read));
    expect(field.name in values, name).toBe(values[field.name] !== undefined);
  }
}

function firstFrame(bytes: Uint8Array): FrameParser {
  const parser = new FrameParser(0);
  parser.push(bytes);
  expect(parser.next()).toBe(true);
  return parser;
}

const payloads = fc.uint8Array({ minLength: 255, maxLength: 255 });
const runs = { seed: 20_240_808, numRuns: 20 };

describe('decoders', () => {
  it(`read any payload as node-mavlink does, for all ${all.length} messages`, () => {
    const property = fc.property(payloads, fc.nat(255), (bytes, zeros) => {
      const payload = Buffer.from(bytes).fill(0, 255 - zeros);
      const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
      for (const decoder of all) check(decoder, decoder.decode(view, 0, true), payload);
    });
    fc.assert(property, runs);
  });

  it('read what node-mavlink serialises, with the zeros at its end cut off, for every message', () => {
    const reader = new PayloadReader();
    const property = fc.property(payloads, fc.nat(255), (bytes, zeros) => {
      for (const decoder of all) {
        const { definition } = decoder;
        const keep = Math.max(0, definition.PAYLOAD_LENGTH - zeros);
        const content = fromPayload(definition, Buffer.from(bytes).fill(0, keep));
        const frame = firstFrame(frame2(content));
        expect([frame.id, frame.version]).toEqual([definition.MSG_ID, 2]);
        const padded = Buffer.alloc(255);
        padded.set(frame.bytes.subarray(frame.payload, frame.payload + frame.payloadLength));
        check(decoder, reader.numbers(frame, decoder), padded);
        const texts = reader.texts(frame, decoder);
        for (const { name, source } of decoder.texts)
          expect(texts[name]).toBe((content as never as Record<string, string>)[source]);
      }
    });
    fc.assert(property, { ...runs, numRuns: 10 });
  });

  it('have fields of their own names, declared with a unit', () => {
    for (const { type, numbers, texts, emits } of all) {
      const names = [...numbers, ...texts].map(({ name }) => name);
      expect(new Set(names).size, type).toBe(names.length);
      expect(type).toMatch(/^[a-z][a-z0-9_]*$/);
      expect(Object.keys(emits.fields)).toEqual(numbers.map(({ name }) => name));
      for (const [name, { unit }] of Object.entries(emits.fields)) expect(unit, `${type}.${name}`).toMatch(/\S/);
    }
  });

  it('know every id and every name once, over all dialects', () => {
    expect(byName.size).toBe(definitions.size);
    for (const [id, definition] of definitions) {
      expect(id).toBe(definition.MSG_ID);
      expect(baseLengthOf(definition)).toBeLessThanOrEqual(definition.PAYLOAD_LENGTH);
    }
  });

  it('scale millivolts to volts, centiamperes to amperes, millimetres to metres and 1e-7 degrees to degrees', () => {
    const reader = new PayloadReader();
    const numbers = (name: string, fields: object) =>
      reader.numbers(firstFrame(frame2(message(name, fields as never))), decoderOf(name));
    expect(
      numbers('SYS_STATUS', { voltageBattery: 11_980, currentBattery: 3_059, batteryRemaining: 87, load: 345 }),
    ).toMatchObject({
      voltage_battery: 11.98,
      current_battery: 30.59,
      battery_remaining: 87,
      load: 34.5,
    });
    expect(
      numbers('GLOBAL_POSITION_INT', { lat: -353_632_610, lon: 1_491_652_300, relativeAlt: 20_010, vx: -150 }),
    ).toMatchObject({
      lat: -35.363261,
      lon: 149.16523,
      relative_alt: 20.01,
      vx: -1.5,
    });
    const units = (name: string) =>
      Object.fromEntries(Object.entries(decoderOf(name).emits.fields).map(([f, { unit }]) => [f, unit]));
    expect(units('SYS_STATUS')).toMatchObject({ voltage_battery: 'V', current_battery: 'A', battery_remaining: '%' });
    expect(units('VIBRATION')).toMatchObject({ vibration_x: 'm/s²', clipping_0: '1', time_usec: 'µs' });
    expect(units('GPS_RAW_INT')).toMatchObject({ alt: 'm', lat: 'deg', vel: 'm/s', satellites_visible: '1' });
  });

  it('leave out what the sender marks as not known, and infinite or undefined numbers', () => {
    const reader = new PayloadReader();
    const fields = { voltageBattery: 65_535, currentBattery: -1, batteryRemaining: -1 };
    const status = reader.numbers(firstFrame(frame2(message('SYS_STATUS', fields))), decoderOf('SYS_STATUS'));
    expect(Object.keys(status)).not.toContain('voltage_battery');
    expect([status.voltage_battery, status.current_battery, status.battery_remaining, status.load]).toEqual([
      undefined,
      undefined,
      undefined,
      0,
    ]);
    const shaken = message('VIBRATION', { vibrationX: Number.NaN, vibrationY: Number.POSITIVE_INFINITY, vibrationZ: 1.5 });
    const vibration = reader.numbers(firstFrame(frame2(shaken)), decoderOf('VIBRATION'));
    expect(vibration).toEqual({ time_usec: 0, clipping_0: 0, clipping_1: 0, clipping_2: 0, vibration_z: 1.5 });
    expect(decoderOf('GPS_RAW_INT').emits.fields.satellites_visible.optional).toBe(true);
  });

  it('leave extension fields out of MAVLink 1, which does not have them', () => {
    const reader = new PayloadReader();
    const decoder = decoderOf('GPS_RAW_INT');
    const content = message('GPS_RAW_INT', { satellitesVisible: 10, hAcc: 300 });
    expect(reader.numbers(firstFrame(frame2(content)), decoder)).toMatchObject({ satellites_visible: 10, h_acc: 0.3 });
    expect(Object.keys(reader.numbers(firstFrame(frame1(content)), decoder))).not.toContain('h_acc');
  });

  it('write names in snake_case', () => {
    expect(['Vcc', 'servo1_raw', 'EAS2TAS', 'gpsOffsetLat', 'baroAltMSL', 'MCU_voltage_min', 'omegaIx'].map(snakeCase)).toEqual([
      'vcc',
      'servo1_raw',
      'eas2_tas',
      'gps_offset_lat',
      'baro_alt_msl',
      'mcu_voltage_min',
      'omega_ix',
    ]);
  });
});
