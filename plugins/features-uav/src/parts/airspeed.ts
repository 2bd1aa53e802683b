// Airspeed against what ground speed and wind make likely.

import { isWinged } from '../flight/flight.js';
import { radians } from '../geo.js';
import { COMMON, fields } from '../inputs.js';
import { type Part, part } from '../part.js';
import { fresh, smooth } from '../smoothing.js';

interface State {
  airspeed: number;
  time: number;
  /** Where the wind blows to, m/s; 0 until the vehicle says it. */
  windNorth: number;
  windEast: number;
  gap: number;
}

/** Airspeed of what flies on wings: multicopters estimate it, so they have none. */
export function airspeed(staleAfter: number): Part {
  return part<State>({
    name: 'airspeed',
    consumes: {
      vfr_hud: fields('m/s', 'airspeed'),
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
    ],
    initial: () => ({ airspeed: Number.NaN, time: Number.NaN, windNorth: 0, windEast: 0, gap: Number.NaN }),
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
        if (!(time - flight.positionTime <= 1_000)) return;
        const expected = Math.hypot(flight.north - state.windNorth, flight.east - state.windEast);
        state.gap = smooth(state.gap, Math.abs(values.airspeed - expected), dt, 1_000);
      }
    },
    write(state, out, time) {
      out[0] = fresh(state.airspeed, state.time, time, staleAfter);
      out[1] = fresh(state.gap, state.time, time, staleAfter);
    },
  });
}
