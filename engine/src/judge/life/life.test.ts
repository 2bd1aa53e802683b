import { describe, expect, it } from 'vitest';
import type { Model } from '../../api/index.js';
import { roundTrip } from '../../state/codec.js';
import { type CalibratorState, initialCalibrator } from '../alarms/calibrator.js';
import { initialLife, Life, type LifeEvent, type LifeSettings, type LifeState } from './life.js';

interface Level {
  mean: number;
  spread: number;
  count: number;
}
const fresh = (): Level => ({ mean: 0, spread: 0, count: 0 });

/** Learns the level of its first 300 rows and keeps it: the distance from it is the score. */
const levelModel = (state: Level): Model => ({
  version: 'level',
  score: (row) => (state.count < 300 ? Number.NaN : Math.abs(row[0]! - state.mean) / (state.spread + 1e-9)),
  learn: (row) => {
    if (state.count >= 300) return;
    state.count++;
    state.mean += (row[0]! - state.mean) / state.count;
    state.spread += (Math.abs(row[0]! - state.mean) - state.spread) / state.count;
  },
});

function setUp(settings: Partial<LifeSettings>, make: (state: Level) => Model = levelModel) {
  const world = {
    state: fresh(),
    calibrator: initialCalibrator(),
    life: initialLife(1),
    events: [] as LifeEvent[],
  };
  const build = (): Life =>
    new Life(
      world.life,
      { window: 2_000, onDrift: false, promote: 'auto', ...settings },
      {
        columns: ['level'],
        stateVersion: 1,
        halfLifeMs: 1e9,
        fresh,
        make: (state) => make(state as Level),
        current: () => ({ state: world.state, calibrator: world.calibrator }),
        instal: (state, calibrator) => {
          world.state = state as Level;
          world.calibrator = calibrator as CalibratorState;
        },
        tell: (event) => void world.events.push(event),
      },
    );
  return { world, build };
}

const noise = (i: number) => Math.sin(i * 12.9898) * 43_758.5453 - Math.floor(Math.sin(i * 12.9898) * 43_758.5453) - 0.5;
const run = (life: Life, from: number, to: number, at: (i: number) => number) => {
  for (let i = from; i < to; i++) life.pass(Float64Array.of(at(i)), i * 1_000, Math.abs(noise(i + 0.5)) * 2, false, 0.001);
};

describe('the life of a model', () => {
  it('puts a candidate into office that learned from the window, and can go back to the one before', () => {
    const { world, build } = setUp({ refitEvery: 3_000 });
    const life = build();
    const old = world.state;
    run(life, 0, 3_500, (i) => 50 + noise(i));
    expect(world.events.map(({ event, generation }) => [event, generation])).toEqual([
      ['candidate', 2],
      ['promoted', 2],
    ]);
    expect(world.state.mean).toBeCloseTo(50, 0);
    expect(world.life.generation).toBe(2);
    expect(life.rollBack(4e6)).toBeUndefined();
    expect(world.state).toBe(old);
    expect(world.life.generation).toBe(1);
    expect(life.rollBack(4e6), 'and forward again').toBeUndefined();
    expect(world.life.generation).toBe(2);
  });

  it('refuses a candidate whose p-values are not uniform, and says why', () => {
    // The level moves while the candidate is being judged: what it learned does not hold.
    const { world, build } = setUp({ refitEvery: 3_000 });
    run(build(), 0, 4_000, (i) => (i > 2_600 ? 50 : 0) + noise(i));
    expect(world.events.map(({ event }) => event).slice(0, 2)).toEqual(['candidate', 'refused']);
    expect(world.events[1]!.detail).toMatch(/uniform|raised/);
    expect(world.life.generation).toBe(1);
  });

  it('waits for somebody to promote it where that is asked for', () => {
    const { world, build } = setUp({ refitEvery: 3_000, promote: 'manual' });
    const life = build();
    expect(life.promote(0)).toBe('there is no candidate');
    run(life, 0, 3_010, noise);
    expect(life.promote(0)).toBe('the candidate has not caught up yet');
    run(life, 3_010, 3_500, noise);
    expect(world.events.at(-1)).toMatchObject({ event: 'ready', generation: 2 });
    expect(world.life.generation).toBe(1);
    expect(life.promote(3_500_000)).toBeUndefined();
    expect(world.life.generation).toBe(2);
    expect(life.promote(0)).toBe('there is no candidate');
  });

  it('notices that p-values are no longer uniform, and raises a candidate for it', () => {
    const { world, build } = setUp({ onDrift: true });
    const life = build();
    for (let i = 0; i < 60_000; i++)
      life.pass(Float64Array.of(noise(i)), i * 1_000, Math.abs(noise(i + 0.5)) * (i < 40_000 ? 2 : 0.4), false, 0.001);
    expect(world.events[0]).toMatchObject({ event: 'drift', generation: 1 });
    expect(world.events[0]!.time).toBeGreaterThan(40_000_000);
    expect(world.events[0]!.time).toBeLessThan(45_000_000);
    expect(world.events[0]!.detail).toContain('from uniform');
    expect(world.events[1]).toMatchObject({ event: 'candidate' });
  });

  it('notices that a column has moved, and is silent while nothing does', () => {
    const { world, build } = setUp({});
    const life = build();
    run(life, 0, 50_000, noise);
    expect(world.events).toEqual([]);
    run(life, 50_000, 55_000, (i) => 2 + noise(i));
    expect(world.events[0]!.detail).toContain('column level has moved');
  });

  it('goes on exactly where it was saved, also in the middle of a candidate', () => {
    const outcome = (cuts: readonly number[]) => {
      const { world, build } = setUp({ refitEvery: 3_000 });
      let life = build();
      let from = 0;
      for (const cut of [...cuts, 8_000]) {
        run(life, from, cut, (i) => 50 + noise(i) * (1 + i / 10_000));
        world.life = roundTrip({ life: world.life }).life as LifeState;
        world.state = structuredClone(world.state);
        life = build();
        from = cut;
      }
      return { events: world.events, state: world.state, life: world.life };
    };
    const whole = outcome([]);
    expect(whole.life.generation).toBeGreaterThan(1);
    expect(outcome([2_999, 3_000, 3_100, 3_200, 6_001])).toEqual(whole);
  });
});
