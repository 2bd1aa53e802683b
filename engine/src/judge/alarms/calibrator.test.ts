import { describe, expect, it } from 'vitest';
import { random } from '../../api/index.js';
import { Calibrator, initialCalibrator } from './calibrator.js';

const DAY = 86_400_000;

describe('a calibrator', () => {
  it('goes on behind a pause in which all high scores have faded, and lower ones take their place', () => {
    const state = initialCalibrator();
    const calibrator = new Calibrator(state, DAY);
    const next = random(1);
    let time = 0;
    const add = (rows: number, times: number) => {
      for (let i = 0; i < rows; i++) {
        time += 1_000;
        calibrator.add(-times * Math.log(next()), time);
      }
    };
    add(20_000, 100);
    // Of 20,000 scores 1/32 is left, or nothing; so many of those and of 2,000 of the new kind are above 3.
    for (const [pause, above] of [
      [5, (625 * Math.exp(-0.03) + 2_000 * Math.exp(-3)) / 2_625],
      [300, Math.exp(-3)],
    ] as const) {
      time += pause * DAY;
      for (let i = 0; i < 2_000; i++) {
        add(1, 1);
        const said = [0.1, 1, 10, 1_000].map((score) => calibrator.p(score));
        expect(
          said.every((p) => p > 0 && p <= 1),
          `${pause} ${i} ${said}`,
        ).toBe(true);
        expect(said).toEqual([...said].sort((a, b) => b - a));
        expect(Number.isFinite(calibrator.scoreAt(0.001))).toBe(true);
      }
      expect(calibrator.p(3) / above).toBeGreaterThan(0.8);
      expect(calibrator.p(3) / above).toBeLessThan(1.25);
      add(20_000, 100);
    }
  });
});
