import { random } from '@quantstream/engine/testing';
import { describe, expect, it } from 'vitest';
import { stepOf } from './step.js';

/** A pilot who moves the stick to another place three times a second, and what a second-order system with a dead time makes of it. */
function flown(rate: number, damping: number, natural: number, dead: number, noise = 0.02, gain = 1, size = 1) {
  const uniform = random(3);
  const count = 4_096;
  const [wanted, measured] = [new Float64Array(count), new Float64Array(count)];
  let [target, filtered, value, speed] = [0, 0, 0, 0];
  const late: number[] = new Array(Math.max(1, Math.round(dead * rate))).fill(0);
  for (let i = 0; i < count; i++) {
    if (i % Math.round(rate / 3) === 0) target = size * (uniform() - 0.5) * 4;
    filtered += (target - filtered) * Math.min(1, (2 * Math.PI * 20) / rate);
    wanted[i] = filtered;
    late.push(filtered);
    const input = late.shift()! * gain;
    measured[i] = value + noise * size * (uniform() - 0.5);
    for (let s = 0; s < 10; s++) {
      const dt = 1 / rate / 10;
      speed += (natural ** 2 * (input - value) - 2 * damping * natural * speed) * dt;
      value += speed * dt;
    }
  }
  return { wanted, measured };
}

/** The same system asked directly: to half of the end, ms, and above it, %. */
function truth(damping: number, natural: number, dead: number) {
  let [value, speed, most, half] = [0, 0, 0, Number.NaN];
  for (let t = 0; t < 1; t += 1e-5) {
    speed += (natural ** 2 * (1 - value) - 2 * damping * natural * speed) * 1e-5;
    value += speed * 1e-5;
    most = Math.max(most, value);
    if (Number.isNaN(half) && value >= 0.5) half = t;
  }
  return { delay: 1_000 * (half + dead), overshoot: 100 * (most - 1) };
}

describe('the step response out of ordinary flight', () => {
  it.each([
    ['quick and well damped', 400, 0.9, 60, 0.01],
    ['slow', 400, 1, 25, 0.02],
    ['that overshoots', 400, 0.4, 50, 0.01],
    ['at a thousand samples a second', 1_000, 0.6, 60, 0.015],
    ['at a hundred samples a second', 100, 0.7, 30, 0.02],
  ])('is that of the system: %s', (_, rate, damping, natural, dead) => {
    const { wanted, measured } = flown(rate, damping, natural, dead);
    const step = stepOf(wanted, measured, rate)!;
    const { delay, overshoot } = truth(damping, natural, dead);
    expect(Math.abs(step.delay - delay)).toBeLessThan(3.5);
    expect(Math.abs(step.overshoot - overshoot)).toBeLessThan(4);
  });

  it('is none where nothing is wanted, or where what is measured has nothing to do with it', () => {
    const { wanted, measured } = flown(400, 0.7, 50, 0.01, 0.02, 1, 0.02);
    expect(stepOf(wanted, measured, 400)).toBeUndefined();
    const other = flown(400, 0.7, 50, 0.01);
    expect(
      stepOf(
        other.wanted,
        other.measured.map((_, i) => Math.sin(i / 7)),
        400,
      ),
    ).toBeUndefined();
    expect(stepOf(other.wanted, flown(400, 0.7, 50, 0.01, 0, 0.1).measured, 400)).toBeUndefined();
  });
});
