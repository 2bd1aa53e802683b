import type { Observation } from '@quantstream/engine';
import { random } from '@quantstream/engine/testing';

export const T = Date.UTC(2026, 2, 1);

/** An observation of a vehicle; its sequence is of no interest to the columns. */
export function observe(type: string, ms: number, values: Readonly<Record<string, number>>): Observation {
  return { key: 'vehicle-1', type, sequence: ms, time: T + ms, received: T + ms + 5, values };
}

export const battery = (ms: number, voltage: number, current?: number) =>
  observe(
    'sys_status',
    ms,
    current === undefined ? { voltage_battery: voltage } : { voltage_battery: voltage, current_battery: current },
  );

/** A flight whose messages come at uneven rates, with gaps of all lengths and fields left out now and then. */
export function makeFlight(count: number, seed = 1): Observation[] {
  const uniform = random(seed);
  let ms = 0;
  return Array.from({ length: count }, (_, i) => {
    const pause = uniform();
    ms += pause < 0.01 ? 4_000 + uniform() * 20_000 : pause < 0.05 ? uniform() * 2_000 : uniform() * 200;
    const types = [
      () => battery(ms, 12 - i / 1_000, uniform() < 0.2 ? undefined : 20 + uniform()),
      () =>
        observe(
          'vibration',
          ms,
          uniform() < 0.1 ? { vibration_z: 1 } : { vibration_x: uniform(), vibration_y: 2 * uniform(), vibration_z: 0 },
        ),
      () => observe('gps_raw_int', ms, uniform() < 0.2 ? {} : { satellites_visible: Math.floor(uniform() * 20) }),
      () => observe('global_position_int', ms, { lat: -35 + i / 1e5, lon: 149, relative_alt: i / 10 }),
    ];
    return types[Math.floor(uniform() * types.length)]();
  });
}

/** The same observations in an order that runs back by up to `lateness` ms. */
export function jumble(observations: readonly Observation[], lateness: number, seed = 2): Observation[] {
  const uniform = random(seed);
  return observations
    .map((observation) => [observation.time + uniform() * lateness, observation] as const)
    .sort((a, b) => a[0] - b[0])
    .map(([, observation]) => observation);
}
