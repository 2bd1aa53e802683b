// Samples of inertial sensors, gathered until there are enough for a spectrum or a step response.

import { roomFor } from './fourier.js';
import { spectrumOf } from './spectrum.js';
import { stepOf } from './step.js';
import { type Batch, FEWEST, type Sensor, Window, type WindowState } from './window.js';

/** Slower samples see no rotor: nothing becomes of them. Faster ones no sensor gives. Hz. */
const SLOWEST = 100;
const FASTEST = 100_000;
/** Samples of one spectrum at most: a second of them where that is less. */
const MOST = 4_096;
/** Seconds of wanted and measured rates that tell a step response, where that is no more samples. */
const FOLLOWED = 8;
/** So many samples tell the rate. */
const SOME = 32;
/** A time between two samples that is longer than usual by this is a gap. */
const GAP = 2.5;

/** What must survive a restart, by name of the window. */
export type SpectraState = Readonly<Record<string, WindowState>>;

/** Where a spectrum goes. */
type Told = (type: Sensor | 'rate_step', values: Record<string, number>) => void;

/** The rate of a window that has what it wants; NaN before. One that is too slow is cleared. @param seconds that it wants */
function rateIn(window: Window, seconds: number): number {
  if (window.count < SOME) return Number.NaN;
  const rate = ((window.count - 1) * 1e6) / (window.last - window.from);
  if (window.count === SOME) {
    if (isSampled(rate)) window.wanted = Math.min(MOST, Math.max(FEWEST, roomFor(seconds * rate * 0.99)));
    else window.clear();
  }
  return window.wanted === 0 || window.count < window.wanted ? Number.NaN : rate;
}

const isSampled = (rate: number): boolean => rate >= SLOWEST && rate <= FASTEST;

/**
 * The inertial sensors of one vehicle, whose samples come in batches or one by one. Memory is bounded: a few kinds of record, three sensors of each,
 * 4,096 samples.
 */
export class Spectra {
  private readonly windows = new Map<string, Window>();
  private readonly tell: Told;
  private broken = 0;

  constructor(tell: Told) {
    this.tell = tell;
  }

  state(): SpectraState {
    const open = [...this.windows].filter(([, { count, batch }]) => count > 0 || batch !== null);
    return Object.fromEntries(open.map(([name, one]) => [name, one.state()]));
  }

  restore(state: SpectraState): void {
    for (const [name, one] of Object.entries(state)) this.window(name).restore(one);
  }

  /** What was gathered belongs to nothing any more. */
  clear(): void {
    this.windows.clear();
  }

  /** Batches that had gaps or made no sense, since this was last asked. */
  takeBroken(): number {
    const { broken } = this;
    this.broken = 0;
    return broken;
  }

  /** A batch begins. One that makes no sense is counted, and its pieces are passed over. @param name of its kind: one of a kind is open at a time */
  begin(name: string, batch: Batch): void {
    const window = this.window(name);
    if (window.batch !== null) this.broken++;
    window.clear();
    const { samples, rate, divide, instance } = batch;
    if (samples >= FEWEST && isSampled(rate) && divide > 0 && instance >= 0) {
      window.batch = batch;
      window.wanted = samples;
    } else this.broken++;
  }

  /**
   * A piece of the batch that is open. One that is of another batch, or not the one that is due, costs the batch.
   * @param read gives a sample of an axis as it is written
   */
  piece(name: string, batch: number, piece: number, samples: number, read: (axis: number, i: number) => number): void {
    const window = this.window(name);
    const open = window.batch;
    if (open === null) return;
    if (batch !== open.number || piece !== window.next) {
      this.broken++;
      window.clear();
      return;
    }
    window.next++;
    const { divide, rate } = open;
    for (let i = 0; i < samples && window.wanted > 0; i++) {
      window.add(read(0, i) / divide, read(1, i) / divide, read(2, i) / divide);
      window.wanted--;
      // A batch that is longer than a window is several.
      if (window.wanted > 0 && window.count < MOST) continue;
      this.finish(window, open.sensor, open.instance, rate);
      window.count = 0;
    }
    if (window.wanted === 0) window.clear();
  }

  /** One sample of many, in order of time. @param name of its kind and sensor, @param time when it was measured, µs */
  sample(name: string, time: number, sensor: Sensor, instance: number, x: number, y: number, z: number): void {
    if (!Number.isFinite(time + x + y + z)) return;
    const window = this.window(name);
    if (!this.goesOn(window, time)) return;
    window.add(x, y, z);
    const rate = rateIn(window, 1);
    if (Number.isNaN(rate)) return;
    this.finish(window, sensor, instance, rate);
    window.clear();
  }

  /** A rate that was wanted and one that was measured, of roll, pitch and yaw, rad/s, in order of time, µs. */
  follow(time: number, wanted: readonly number[], measured: readonly number[]): void {
    const [wantedRoll, wantedPitch, wantedYaw] = wanted as [number, number, number];
    const [roll, pitch, yaw] = measured as [number, number, number];
    if (!Number.isFinite(time + wantedRoll + wantedPitch + wantedYaw + roll + pitch + yaw)) return;
    const [target, window] = [this.window('wanted'), this.window('rates')];
    if (!this.goesOn(window, time)) return;
    if (window.count === 0) target.clear();
    target.add(wantedRoll, wantedPitch, wantedYaw);
    window.add(roll, pitch, yaw);
    const rate = rateIn(window, FOLLOWED);
    if (Number.isNaN(rate)) return;
    const [to, of] = [target.taken(), window.taken()];
    window.clear();
    if (!to || !of) return;
    const values: Record<string, number> = { rate };
    for (const [i, axis] of ['roll', 'pitch', 'yaw'].entries()) {
      const step = stepOf(to[i]!, of[i]!, rate);
      if (!step) continue;
      values[`${axis}_delay`] = step.delay;
      values[`${axis}_overshoot`] = step.overshoot;
      values[`${axis}_end`] = step.end;
    }
    if (Object.keys(values).length > 1) this.tell('rate_step', values);
  }

  /** Whether a sample of a time is another one; what lies in a gap is not known, so what comes behind it is another window. */
  private goesOn(window: Window, time: number): boolean {
    const { count, from, last } = window;
    if (count > 0 && time === last) return false;
    const usual = count < SOME ? 1e6 / SLOWEST : (last - from) / (count - 1);
    if (count > 0 && !(time > last && time - last <= usual * GAP)) {
      if (count >= SOME) this.broken++;
      window.clear();
    }
    if (window.count === 0) window.from = time;
    window.last = time;
    return true;
  }

  private finish(window: Window, sensor: Sensor, instance: number, rate: number): void {
    if (window.count < FEWEST) return;
    const axes = window.taken();
    if (axes) this.tell(sensor, Object.assign(spectrumOf(axes, rate), { instance }));
    else this.broken++;
  }

  private window(name: string): Window {
    let window = this.windows.get(name);
    if (!window) {
      window = new Window();
      this.windows.set(name, window);
    }
    return window;
  }
}
