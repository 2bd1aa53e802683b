// Samples of one sensor that wait for others, and what of them survives a restart.

import type { Axes } from './spectrum.js';

/** An accelerometer (m/s²) or a gyroscope (rad/s): what its spectra are called. */
export type Sensor = 'accel_spectrum' | 'gyro_spectrum';

/** Samples of a window that say something, and room for as many at first. */
export const FEWEST = 64;

/** A batch as it is announced. */
export interface Batch {
  readonly number: number;
  /** How many samples, and how many a second. */
  readonly samples: number;
  readonly rate: number;
  readonly sensor: Sensor;
  readonly instance: number;
  /** Numbers of the batch are divided by this. */
  readonly divide: number;
}

/** What must survive a restart: samples as base64. */
export interface WindowState {
  readonly samples: readonly string[];
  readonly from: number;
  readonly last: number;
  readonly wanted: number;
  readonly batch: Batch | null;
  readonly next: number;
}

/** Samples of one sensor of one kind of record. */
export class Window {
  private axes = [0, 1, 2].map(() => new Float32Array(FEWEST));
  count = 0;
  /** Times of the first and the last sample, µs. */
  from = 0;
  last = 0;
  /** Samples that the batch still owes, or that the spectrum will have; 0: not known yet. */
  wanted = 0;
  /** The batch that is open, and its piece that is due. */
  batch: Batch | null = null;
  next = 0;

  add(x: number, y: number, z: number): void {
    const { count } = this;
    if (count === this.axes[0]!.length) {
      this.axes = this.axes.map((axis) => {
        const longer = new Float32Array(2 * count);
        longer.set(axis);
        return longer;
      });
    }
    const [first, second, third] = this.axes as [Float32Array, Float32Array, Float32Array];
    first[count] = x;
    second[count] = y;
    third[count] = z;
    this.count++;
  }

  clear(): void {
    this.count = 0;
    this.wanted = 0;
    this.batch = null;
    this.next = 0;
  }

  /** A copy of what was gathered; nothing where all of it is one value, which no sensor gives. */
  taken(): Axes | undefined {
    const axes = this.axes.map((axis) => Float64Array.from(axis.subarray(0, this.count)));
    return axes.every((axis) => axis.every((value) => value === axis[0])) ? undefined : (axes as unknown as Axes);
  }

  state(): WindowState {
    const { count, from, last, wanted, batch, next } = this;
    const samples = this.axes.map((axis) => Buffer.from(axis.slice(0, count).buffer).toString('base64'));
    return { samples, from, last, wanted, batch, next };
  }

  restore({ samples, ...rest }: WindowState): void {
    const [x, y, z] = samples.map((text) => new Float32Array(Uint8Array.from(Buffer.from(text, 'base64')).buffer));
    for (let i = 0; i < x!.length; i++) this.add(x![i]!, y![i]!, z![i]!);
    Object.assign(this, rest);
  }
}
