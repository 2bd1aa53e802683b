// Airspeed against what ground speed and wind make likely, and throttle against what it gives.

import { isWinged } from '../flight/flight.js';
import { radians } from '../geo.js';
import { COMMON, fields } from '../inputs.js';
import { type ParameterOf, type Part, part } from '../part.js';
import { fresh, smooth } from '../smoothing.js';

interface State {
  airspeed: number;
  time: number;
  /** Where the wind blows to, m/s; 0 until the vehicle says it. */
  windNorth: number;
  windEast: number;
  gap: number;
  /** %, a mean over 3 s. */
  throttle: number;
  /** Height and speed as one, m: h + V²/2g; and its mean over 5 s. */
  energy: number;
  usualEnergy: number;
  energyTime: number;
}

const GRAVITY = 9.80665;
/** What the energy of an aircraft gained or lost is known over so long, ms: waves of the air are shorter. */
const GAINED = 5_000;
/** An airspeed that is farther from what ground speed and wind say tells nothing of energy, m/s. */
const CREDIBLE = 5;
const TECS = 'https://ardupilot.org/plane/docs/tecs-total-energy-control-system-for-speed-height-tuning-guide.html';

/** Airspeed of what flies on wings: multicopters estimate it, so they have none. */
export function airspeed(staleAfter: number): Part {
  return part<State>({
    name: 'airspeed',
    consumes: {
      vfr_hud: { ...fields('m/s', 'airspeed'), ...fields('%', 'throttle') },
      wind: { ...fields('deg', 'direction'), ...fields('m/s', 'speed') },
      wind_cov: fields('m/s', 'wind_x', 'wind_y'),
    },
    columns: [
      {
        name: 'airspeed',
        unit: 'm/s',
        about: 'Airspeed of planes and VTOLs.',
        formula: 'VFR_HUD.airspeed, latest',
        source: `${COMMON}#VFR_HUD`,
        needs: ['vfr_hud.airspeed'],
        gate: 'always',
      },
      {
        name: 'airspeed_gap',
        unit: 'm/s',
        about: 'Between the airspeed and what ground speed and wind let expect.',
        formula:
          '|VFR_HUD.airspeed − |(vx, vy) of GLOBAL_POSITION_INT − wind||, wind of WIND or WIND_COV (0 until it comes); mean over 1 s',
        source: 'https://ardupilot.org/plane/docs/airspeed.html',
        needs: ['vfr_hud.airspeed', 'global_position_int.vx'],
        gate: 'airborne',
      },
      {
        name: 'throttle',
        unit: '%',
        about: 'Throttle of planes and VTOLs, as a share of the most that the autopilot may give, where it says what that is.',
        formula: 'mean of VFR_HUD.throttle over 3 s; over THR_MAX / 100 (ArduPilot) or FW_THR_MAX (PX4), where known',
        source: `${COMMON}#VFR_HUD`,
        needs: ['vfr_hud.throttle'],
        gate: 'airborne',
      },
      {
        name: 'energy_rate',
        unit: 'm/s',
        about:
          'How fast height and speed together grow, as metres of height: what the propeller gives beyond drag. Climbing at the cost of speed, or diving for it, changes nothing.',
        formula:
          '(E − mean of E over 5 s) / 5 s, E = GLOBAL_POSITION_INT.relative_alt + VFR_HUD.airspeed² / 2g; missing while airspeed_gap is above 5 m/s',
        source: TECS,
        needs: ['vfr_hud.airspeed', 'global_position_int.relative_alt'],
        gate: 'airborne',
      },
    ],
    initial: () => ({
      airspeed: Number.NaN,
      time: Number.NaN,
      windNorth: 0,
      windEast: 0,
      gap: Number.NaN,
      throttle: Number.NaN,
      energy: Number.NaN,
      usualEnergy: Number.NaN,
      energyTime: Number.NaN,
    }),
    update(state, type, values, time, flight) {
      if (type === 'wind') {
        // The direction that it comes from.
        const from = radians(values.direction ?? 0);
        state.windNorth = -(values.speed ?? 0) * Math.cos(from);
        state.windEast = -(values.speed ?? 0) * Math.sin(from);
      } else if (type === 'wind_cov') {
        state.windNorth = values.wind_x ?? 0;
        state.windEast = values.wind_y ?? 0;
      } else if (isWinged(flight) && values.airspeed !== undefined) {
        const dt = time - state.time;
        state.airspeed = values.airspeed;
        state.time = time;
        state.throttle = smooth(state.throttle, values.throttle ?? Number.NaN, dt, 3_000);
        if (!(time - flight.positionTime <= 1_000)) return;
        const expected = Math.hypot(flight.north - state.windNorth, flight.east - state.windEast);
        const gap = Math.abs(values.airspeed - expected);
        state.gap = smooth(state.gap, gap, dt, 1_000);
        gain(
          state,
          gap <= CREDIBLE && state.gap <= CREDIBLE ? flight.height + values.airspeed ** 2 / (2 * GRAVITY) : Number.NaN,
          time,
        );
      }
    },
    write(state, out, time, _flight, parameter) {
      out[0] = fresh(state.airspeed, state.time, time, staleAfter);
      out[1] = fresh(state.gap, state.time, time, staleAfter);
      out[2] = fresh(state.throttle / mostOf(parameter), state.time, time, staleAfter);
      out[3] = fresh((state.energy - state.usualEnergy) / (GAINED / 1_000), state.energyTime, time, staleAfter);
    },
  });
}

/** What is not credible ends what was learned: a reading that comes back would be a gain. */
function gain(state: State, energy: number, time: number): void {
  const dt = time - state.energyTime;
  const usual = dt <= GAINED ? state.usualEnergy : Number.NaN;
  state.usualEnergy = Number.isNaN(energy) ? Number.NaN : smooth(usual, energy, dt, GAINED);
  state.energy = energy;
  state.energyTime = time;
}

/** The most that the autopilot gives, as a share of all there is; 1 where it does not say. */
function mostOf(parameter: ParameterOf): number {
  const [ardupilot, px4] = [parameter('THR_MAX') / 100, parameter('FW_THR_MAX')];
  if (ardupilot > 0 && ardupilot <= 1) return ardupilot;
  return px4 > 0 && px4 <= 1 ? px4 : 1;
}
