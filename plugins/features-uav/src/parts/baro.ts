// Barometers against the height that the autopilot believes in.

import { isJudged } from '../flight/flight.js';
import { COMMON, fields } from '../inputs.js';
import { type Part, part } from '../part.js';
import { fresh, usualOf } from '../smoothing.js';
import { pressureHeight } from './gps.js';

interface State {
  height: number;
  time: number;
  gap: number;
  usual: number;
  /** Change of the height over the last second beyond what the vehicle climbs, m. */
  step: number;
  stepTime: number;
  lastHeight: number;
  lastEstimate: number;
  /** Latest pressure, hPa, and since when it has been that. */
  pressure: number;
  changed: number;
}

const SHOWN = 2_000;
const PRESSURE = 'scaled_pressure.press_abs';
const HEIGHT = 'global_position_int.relative_alt';

/** Pressure against the height that the autopilot believes in. */
export function baro(staleAfter: number): Part {
  return part<State>({
    name: 'baro',
    consumes: { scaled_pressure: fields('hPa', 'press_abs') },
    columns: [
      {
        name: 'baro_gap',
        unit: 'm',
        about: 'Height by barometer minus height of the estimate, against the mean of that over the last minute.',
        formula:
          'height of the standard atmosphere at SCALED_PRESSURE.press_abs − GLOBAL_POSITION_INT.relative_alt − its mean over 60 s (learning at most 0.5 m at once)',
        source: `${COMMON}#SCALED_PRESSURE`,
        needs: [PRESSURE, HEIGHT],
        gate: 'airborne',
      },
      {
        name: 'baro_step',
        unit: 'm',
        about: 'Largest change of the barometer from one sample to the next in the last 2 s that the estimate does not make.',
        formula: 'max over 2 s of |Δ(barometer height − GLOBAL_POSITION_INT.relative_alt)|',
        source: `${COMMON}#SCALED_PRESSURE`,
        needs: [PRESSURE, HEIGHT],
        gate: 'airborne',
      },
      {
        name: 'baro_still',
        unit: 's',
        about: 'For how long the barometer has repeated one value. ArduPilot takes one that does so for 2 s for broken.',
        formula: 'time of the latest SCALED_PRESSURE − that of the first one with the same press_abs; a pause of 2 s begins anew',
        source: 'https://github.com/ArduPilot/ardupilot/blob/master/libraries/AP_Baro/AP_Baro.h',
        needs: [PRESSURE],
        gate: 'airborne',
      },
    ],
    initial: () => ({
      height: Number.NaN,
      time: Number.NaN,
      gap: Number.NaN,
      usual: Number.NaN,
      step: 0,
      stepTime: Number.NaN,
      lastHeight: Number.NaN,
      lastEstimate: Number.NaN,
      pressure: Number.NaN,
      changed: Number.NaN,
    }),
    update(state, _type, values, time, flight) {
      if (!(values.press_abs! > 100)) return;
      const dt = time - state.time;
      state.height = pressureHeight(values.press_abs!);
      if (values.press_abs !== state.pressure || !(dt <= SHOWN)) state.changed = time;
      state.pressure = values.press_abs!;
      state.time = time;
      if (!(time - flight.positionTime <= 1_000) || Number.isNaN(flight.height)) return;
      const difference = state.height - flight.height;
      state.gap = difference - (Number.isNaN(state.usual) ? difference : state.usual);
      state.usual = usualOf(state.usual, difference, dt, 0.5, isJudged(flight, time));
      const step = Math.abs(difference - (state.lastHeight - state.lastEstimate));
      if (dt <= 2_000 && !(time - state.stepTime <= SHOWN && state.step > step)) {
        state.step = step;
        state.stepTime = time;
      }
      state.lastHeight = state.height;
      state.lastEstimate = flight.height;
    },
    write(state, out, time) {
      out[0] = fresh(state.gap, state.time, time, staleAfter);
      out[1] = fresh(time - state.stepTime <= SHOWN ? state.step : 0, state.time, time, staleAfter);
      out[2] = fresh((state.time - state.changed) / 1_000, state.time, time, staleAfter);
    },
  });
}
