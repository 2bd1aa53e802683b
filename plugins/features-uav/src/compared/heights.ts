// Three heights of one vehicle, by GPS, by barometer and of the estimate: whether they part, and which one of them.

import { type Flight, isJudged } from '../flight/flight.js';
import { COMMON, fields } from '../inputs.js';
import { type Part, part } from '../part.js';
import { pressureHeight } from '../parts/gps.js';
import { fresh, usualOf } from '../smoothing.js';

/** Which one disagrees, as the column `height_odd` has them. */
const ODD = { unknown: 0, gps: 1, barometer: 2, estimate: 3 } as const;

const FIX_3D = 3;
/** A receiver with less is not good enough to hold a barometer against: EK3_GPS_CHECK (satellites), EKF2_REQ_EPH and EKF2_REQ_EPV of PX4 (m). */
const SATELLITES = 6;
const ACCURATE = 5;
/** Heights of the standard atmosphere are wrong by 4 % for each 10 °C that the air is warmer or colder (ICAO Doc 8168): 30 °C. */
const TEMPERATURE = 0.12;
/** What a height has left the vertical speed by is remembered for so long, ms. */
const REMEMBERED = 60_000;
/** From which on that tells a height from the others, m, and how many times that of the other one it must be. */
const TOLD = 5;
const CLEAR = 2;

/** A height, the vertical speed of the estimate at its time (m/s upwards), and by how much it has left the sum of that, m. */
interface Height {
  height: number;
  climb: number;
  time: number;
  off: number;
}

interface State {
  baro: Height;
  gps: Height;
  /** Whether the receiver was good when it was heard last. */
  good: boolean;
  gap: number;
  usualGap: number;
  gapTime: number;
  /** Barometer minus estimate, against its mean. */
  lean: number;
  usualLean: number;
  lowest: number;
  highest: number;
}

const initialHeight = (): Height => ({ height: Number.NaN, climb: Number.NaN, time: Number.NaN, off: 0 });

/** The height of a receiver is the one that no barometer moves: an estimate follows the barometer wherever that drifts. */
export function heights(staleAfter: number): Part {
  const needs = ['gps_raw_int.alt', 'scaled_pressure.press_abs', 'global_position_int.relative_alt'];
  return part<State>({
    name: 'heights',
    consumes: {
      gps_raw_int: { ...fields('1', 'fix_type', 'satellites_visible'), ...fields('m', 'alt', 'h_acc', 'v_acc') },
      scaled_pressure: fields('hPa', 'press_abs'),
    },
    columns: [
      {
        name: 'heights_apart',
        unit: 'm',
        about: 'How far the heights by GPS and by barometer have parted, beyond what warm or cold air explains.',
        formula:
          '|gps_height_gap| − 0.12 · (highest − lowest GLOBAL_POSITION_INT.relative_alt of this flight), at least 0; only while the receiver has a fix in space, 6 satellites and claims 5 m or better',
        source: 'https://docs.px4.io/main/en/advanced_config/parameter_reference.html#EKF2_REQ_EPV',
        needs,
        gate: 'airborne',
      },
      {
        name: 'height_odd',
        unit: '1',
        about:
          'Which height disagrees with the others: 1 that of the GPS, 2 the barometer, 3 the estimate, 0 none or not to be told. For messages, not for models.',
        formula:
          'sum of Δheight + vz · Δt that fades over 60 s, for GPS and barometer: 5 m, and twice that of the other; 3 where these two keep together and the barometer is 5 m from the estimate',
        source: `${COMMON}#GLOBAL_POSITION_INT`,
        needs: [...needs, 'global_position_int.vz'],
        gate: 'airborne',
      },
    ],
    initial: () => ({
      baro: initialHeight(),
      gps: initialHeight(),
      good: false,
      gap: Number.NaN,
      usualGap: Number.NaN,
      gapTime: Number.NaN,
      lean: Number.NaN,
      usualLean: Number.NaN,
      lowest: Number.NaN,
      highest: Number.NaN,
    }),
    update(state, type, values, time, flight) {
      const judged = isJudged(flight, time);
      const known = time - flight.positionTime <= 1_000;
      const climb = known ? -flight.down : Number.NaN;
      if (type === 'scaled_pressure') {
        if (!(values.press_abs! > 100)) return;
        const dt = time - state.baro.time;
        follow(state.baro, pressureHeight(values.press_abs!), climb, time, judged);
        if (known) lean(state, flight.height, dt, judged);
        return;
      }
      state.good = isGood(values);
      if (!state.good) return;
      follow(state.gps, values.alt ?? Number.NaN, climb, time, judged);
      parted(state, flight, time, judged);
    },
    write(state, out, time) {
      const { gap, gapTime, highest, lowest, good } = state;
      const on = (value: number) => (good ? fresh(value, gapTime, time, staleAfter) : Number.NaN);
      out[0] = on(Math.max(0, Math.abs(gap) - TEMPERATURE * (highest - lowest)));
      out[1] = on(oddOf(state));
    },
  });
}

function isGood({ fix_type, satellites_visible, h_acc, v_acc }: Readonly<Record<string, number>>): boolean {
  return fix_type! >= FIX_3D && !(satellites_visible! < SATELLITES) && !(h_acc! > ACCURATE) && !(v_acc! > ACCURATE);
}

/** Takes in a height: how it has changed against the vertical speed, which comes of accelerometers and of the Doppler shift. */
function follow(of: Height, height: number, climb: number, time: number, judged: boolean): void {
  const dt = time - of.time;
  const by = height - of.height - (((climb + of.climb) / 2) * dt) / 1_000;
  const fading = Math.exp(-Math.max(0, dt) / REMEMBERED);
  of.off = judged && dt <= 2_000 && !Number.isNaN(by) ? of.off * fading + by : judged && dt <= REMEMBERED ? of.off : 0;
  of.height = height;
  of.climb = climb;
  of.time = time;
}

/** Takes in the estimate beside a pressure. */
function lean(state: State, height: number, dt: number, judged: boolean): void {
  const difference = state.baro.height - height;
  if (Number.isNaN(difference)) return;
  state.lean = difference - (Number.isNaN(state.usualLean) ? difference : state.usualLean);
  state.usualLean = usualOf(state.usualLean, difference, dt, 0.5, judged);
}

/** Takes in how far GPS and barometer are apart. */
function parted(state: State, flight: Flight, time: number, judged: boolean): void {
  const { height } = flight;
  if (!judged) [state.lowest, state.highest] = [height, height];
  else [state.lowest, state.highest] = [Math.min(state.lowest, height), Math.max(state.highest, height)];
  const difference = state.gps.height - state.baro.height;
  if (!(time - state.baro.time <= 1_000) || Number.isNaN(difference)) return;
  const dt = time - state.gapTime;
  if (!(dt <= 10_000)) state.usualGap = Number.NaN;
  state.gap = difference - (Number.isNaN(state.usualGap) ? difference : state.usualGap);
  state.usualGap = usualOf(state.usualGap, difference, dt, 1, judged);
  state.gapTime = time;
}

function oddOf({ baro, gps, gap, lean }: State): number {
  const [ofBaro, ofGps] = [Math.abs(baro.off), Math.abs(gps.off)];
  if (Math.abs(lean) > TOLD && Math.abs(lean) > CLEAR * Math.abs(gap)) return ODD.estimate;
  if (ofBaro > TOLD && ofBaro > CLEAR * ofGps) return ODD.barometer;
  return ofGps > TOLD && ofGps > CLEAR * ofBaro ? ODD.gps : ODD.unknown;
}
