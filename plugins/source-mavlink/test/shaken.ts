// Logs of sensors that shake at known frequencies: batches of ArduPilot, fast samples of ArduPilot and PX4.

import { described, logged, type Type } from './dataflash.js';
import { added, data, format, type Kind } from './ulog.js';

/** A sine along each axis. */
export interface Tone {
  /** Hz. */
  readonly frequency: number;
  /** Along x, y and z, in the unit of the sensor. */
  readonly amplitude: readonly [number, number, number];
}

/** Samples at a moment: tones, and a little noise that is the same for the same moment. @param second since the log began */
export function shaking(tones: readonly Tone[], second: number, noise = 0): [number, number, number] {
  return [0, 1, 2].map((axis) => {
    const chance = Math.sin((axis + 1) * 12_345.678 * (second + 0.371)) * 43_758.5453;
    const tone = tones.map(({ frequency, amplitude }) => amplitude[axis]! * Math.sin(2 * Math.PI * frequency * second + axis));
    return tone.reduce((sum, value) => sum + value, noise * 2 * (chance - Math.floor(chance) - 0.5));
  }) as [number, number, number];
}

export const ISBH: Type = {
  type: 100,
  name: 'ISBH',
  format: 'QHBBHHQf',
  columns: 'TimeUS,N,type,instance,mul,smp_cnt,SampleUS,smp_rate',
};
export const ISBD: Type = { type: 101, name: 'ISBD', format: 'QHHaaa', columns: 'TimeUS,N,seqno,x,y,z' };
export const GYR: Type = { type: 102, name: 'GYR', format: 'QBQfff', columns: 'TimeUS,I,SampleUS,GyrX,GyrY,GyrZ' };
export const BATCH_HEADER = Buffer.concat([ISBH, ISBD, GYR].map((type) => described(type)));

/** What a test changes of a batch. */
export interface BatchOptions {
  readonly gyro?: boolean;
  readonly rate?: number;
  readonly samples?: number;
  readonly instance?: number;
  readonly multiply?: number;
  /** Pieces that are left out. */
  readonly without?: readonly number[];
}

const PIECE = 32;
const integers = (values: readonly number[]) => {
  const bytes = Buffer.alloc(2 * PIECE);
  values.forEach((value, i) => void bytes.writeInt16LE(Math.max(-32_768, Math.min(32_767, Math.round(value))), 2 * i));
  return bytes.toString('latin1');
};

/** A batch of a sensor as its head and its pieces, a millisecond after one another from `second` on. */
export function batch(number: number, second: number, tones: readonly Tone[], options: BatchOptions = {}): Buffer[] {
  const { gyro = false, rate = 1_000, samples = 1_024, instance = 0, multiply = gyro ? 938 : 208, without = [] } = options;
  const us = Math.round(second * 1e6);
  const records = [logged(ISBH, us, number, gyro ? 1 : 0, instance, multiply, samples, us, rate)];
  for (let piece = 0; piece < samples / PIECE; piece++) {
    if (without.includes(piece)) continue;
    const axes: number[][] = [[], [], []];
    for (let i = 0; i < PIECE; i++) {
      const at = second + (piece * PIECE + i) / rate;
      shaking(tones, at, 4 / multiply).forEach((value, axis) => void axes[axis]!.push(value * multiply));
    }
    records.push(logged(ISBD, us + piece * 1_000, number, piece, ...axes.map(integers)));
  }
  return records;
}

const T = 'uint64_t timestamp;uint64_t timestamp_sample';
export const FIFO: Kind = {
  id: 40,
  name: 'sensor_gyro_fifo',
  fields: `${T};float dt;float scale;uint8_t samples;int16_t[32] x;int16_t[32] y;int16_t[32] z`,
};
export const FIFO_DEFINED = [format(`${FIFO.name}:${FIFO.fields};`), added(FIFO.id, FIFO.name)] as const;
const SCALE = 0.001;

/** What a gyroscope's buffer holds: samples that lead up to a moment. @param rate of samples, Hz */
export function buffer(second: number, tones: readonly Tone[], rate: number, samples = 20): Buffer {
  const us = Math.round(second * 1e6);
  const axes: number[][] = [[], [], []];
  for (let i = 0; i < samples; i++) {
    const at = second - (samples - 1 - i) / rate;
    shaking(tones, at, 0.004).forEach((value, axis) => void axes[axis]!.push(Math.round(value / SCALE)));
  }
  return data(FIFO, us, us, 1e6 / rate, SCALE, samples, ...axes);
}
