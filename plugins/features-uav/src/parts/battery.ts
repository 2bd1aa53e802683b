// The battery: what it gives, what it should give, and whether that lasts.

import { distance } from '../geo.js';
import { COMMON, fields } from '../inputs.js';
import { type Part, part } from '../part.js';
import { makeSag, type Sag, stepSag } from '../sag.js';
import { fresh, smooth, smoothClipped } from '../smoothing.js';

/** Open-circuit voltage of one lithium-polymer cell at 0, 10 … 100 % of its charge, V: typical of discharge curves at rest. */
const CELL = [3.27, 3.69, 3.73, 3.77, 3.8, 3.84, 3.87, 3.95, 4.02, 4.11, 4.2];
/** A full cell has 4.2 V, one of the high-voltage kind 4.35 V. */
const FULL_CELL = 4.25;

export interface BatterySettings {
  /** Cells in series; 0: counted, or estimated from the first voltage. */
  readonly cells: number;
  /** Speeds on the way home, m/s. */
  readonly homeSpeed: number;
  readonly homeDescent: number;
  /** Percent that should be left at landing. */
  readonly reserve: number;
}

interface State {
  sag: Sag;
  voltage: number;
  current: number;
  remaining: number;
  time: number;
  cells: number;
  spread: number;
  cellTime: number;
  used: number;
  capacity: number;
  usualCurrent: number;
  resting: number;
  fast: number;
  slow: number;
}

/** Voltage at rest of a cell with so much charge (0 … 100 %), V. */
export function cellVoltageOf(charge: number): number {
  const at = Math.max(0, Math.min(100, charge)) / 10;
  const below = Math.min(Math.floor(at), CELL.length - 2);
  return CELL[below]! + (CELL[below + 1]! - CELL[below]!) * (at - below);
}

const STATUS = ['sys_status.voltage_battery', 'sys_status.current_battery'];
const ESTIMATE = 'a Kalman filter of V = V₀ − I·R on SYS_STATUS, V₀ a random walk of 10 mV/√s';

/** Battery 0: what it gives, what it should give, and whether that lasts. */
export function battery(settings: BatterySettings, staleAfter: number): Part {
  return part<State>({
    name: 'battery',
    consumes: {
      sys_status: { ...fields('V', 'voltage_battery'), ...fields('A', 'current_battery'), ...fields('%', 'battery_remaining') },
      battery_status: {
        ...fields('1', 'id'),
        ...fields('mAh', 'current_consumed'),
        ...fields('V', ...Array.from({ length: 10 }, (_, i) => `voltages_${i}`)),
      },
      setting: fields('mAh', 'batt_capacity'),
    },
    columns: [
      {
        name: 'voltage',
        unit: 'V',
        about: 'Voltage of the main battery.',
        formula: 'SYS_STATUS.voltage_battery, latest',
        source: `${COMMON}#SYS_STATUS`,
        needs: [STATUS[0]!],
        gate: 'always',
      },
      {
        name: 'current',
        unit: 'A',
        about: 'Current drawn from the main battery.',
        formula: 'SYS_STATUS.current_battery, latest',
        source: `${COMMON}#SYS_STATUS`,
        needs: [STATUS[1]!],
        gate: 'always',
      },
      {
        name: 'remaining',
        unit: '%',
        about: 'Charge that the autopilot says is left.',
        formula: 'SYS_STATUS.battery_remaining, latest',
        source: `${COMMON}#SYS_STATUS`,
        needs: ['sys_status.battery_remaining'],
        gate: 'always',
      },
      {
        name: 'resistance',
        unit: 'Ω',
        about: 'Internal resistance of the pack with its wires.',
        formula: `R of ${ESTIMATE}`,
        source: 'https://ardupilot.org/copter/docs/current-limiting-and-voltage-scaling.html',
        needs: STATUS,
        gate: 'armed',
      },
      {
        name: 'resting_voltage',
        unit: 'V',
        about: 'Voltage that the pack would have without load.',
        formula: 'V + I·R, mean over 1 s (time constant)',
        needs: STATUS,
        gate: 'armed',
      },
      {
        name: 'sag',
        unit: 'V',
        about: 'How far the voltage lies below what load and recent past let expect.',
        formula: `V₀ − I·R − V with ${ESTIMATE}; what deviates by more than five standard deviations moves V₀ twenty times slower; mean over 0.5 s`,
        needs: STATUS,
        gate: 'armed',
      },
      {
        name: 'resting_voltage_rate',
        unit: 'V/min',
        about: 'How fast the resting voltage falls (below 0) over half a minute.',
        formula: '(mean of resting_voltage over 5 s − mean over 35 s) / 30 s, time constants',
        needs: STATUS,
        gate: 'airborne',
      },
      {
        name: 'charge_gap',
        unit: 'V',
        about:
          'How far a cell rests below what the counted charge lets expect: a worn pack, a wrong capacity, a pack not full at the start. Some 0.05 V are ordinary under load.',
        formula:
          'voltage of a lithium-polymer cell at SYS_STATUS.battery_remaining (table of open-circuit voltages) − resting_voltage / cells',
        needs: [...STATUS, 'sys_status.battery_remaining'],
        gate: 'airborne',
      },
      {
        name: 'cell_spread',
        unit: 'V',
        about: 'Between the fullest and the emptiest cell, where cells are measured one by one.',
        formula: 'max − min of BATTERY_STATUS.voltages of battery 0',
        source: `${COMMON}#BATTERY_STATUS`,
        needs: ['battery_status.voltages_1'],
        gate: 'always',
      },
      {
        name: 'endurance_margin',
        unit: 's',
        about: 'Flying time left, above the reserve, minus the time that the way home takes.',
        formula:
          '(remaining − reserve) % of BATT_CAPACITY (else of consumed / used share) / mean current over 30 s − (distance home / homeSpeed + height / homeDescent)',
        needs: [STATUS[1]!, 'sys_status.battery_remaining', 'battery_status.current_consumed', 'global_position_int.lat'],
        gate: 'airborne',
      },
    ],
    initial: () => ({
      sag: makeSag(),
      voltage: Number.NaN,
      current: Number.NaN,
      remaining: Number.NaN,
      time: Number.NaN,
      cells: settings.cells,
      spread: Number.NaN,
      cellTime: Number.NaN,
      used: Number.NaN,
      capacity: Number.NaN,
      usualCurrent: Number.NaN,
      resting: Number.NaN,
      fast: Number.NaN,
      slow: Number.NaN,
    }),
    update(state, type, values, time, flight) {
      if (type === 'sys_status') status(state, values, time, flight.armed);
      else if (type === 'setting') state.capacity = values.batt_capacity! > 0 ? values.batt_capacity! : state.capacity;
      else if ((values.id ?? 0) === 0) cells(state, values, time);
    },
    write(state, out, time, flight) {
      const on = (value: number) => fresh(value, state.time, time, staleAfter);
      const count = state.cells || Number.NaN;
      out[0] = on(state.voltage);
      out[1] = on(state.current);
      out[2] = on(state.remaining);
      out[3] = on(state.sag.resistance);
      out[4] = on(state.resting);
      out[5] = on(state.sag.below);
      out[6] = on(((state.fast - state.slow) / 30) * 60);
      out[7] = cellVoltageOf(on(state.remaining)) - state.resting / count;
      out[8] = fresh(state.spread, state.cellTime, time, staleAfter);
      const away = distance(flight.latitude, flight.longitude, flight.homeLatitude, flight.homeLongitude);
      const home = away / settings.homeSpeed + Math.max(0, flight.height) / settings.homeDescent;
      out[9] = on(timeLeft(state, settings.reserve)) - home;
    },
  });
}

function status(state: State, values: Readonly<Record<string, number>>, time: number, armed: boolean): void {
  const dt = time - state.time;
  state.voltage = values.voltage_battery ?? Number.NaN;
  state.current = values.current_battery ?? Number.NaN;
  state.remaining = values.battery_remaining ?? Number.NaN;
  state.time = time;
  const { voltage, current } = state;
  // A supply without a battery, or before the first measurement.
  if (!(voltage > 1)) return;
  if (!state.cells) state.cells = Math.ceil(voltage / FULL_CELL);
  if (Number.isNaN(current)) return;
  stepSag(state.sag, voltage, current, dt, armed);
  state.usualCurrent = smooth(state.usualCurrent, current, dt, 30_000);
  const resting = voltage + current * state.sag.resistance;
  state.resting = smooth(state.resting, resting, dt, 1_000);
  state.fast = smooth(state.fast, resting, dt, 5_000);
  state.slow = smoothClipped(state.slow, resting, dt, 35_000, 5);
}

function cells(state: State, values: Readonly<Record<string, number>>, time: number): void {
  state.used = values.current_consumed ?? Number.NaN;
  let [count, least, most] = [0, Number.POSITIVE_INFINITY, 0];
  for (let i = 0; i < 10; i++) {
    const voltage = values[`voltages_${i}`];
    if (!(voltage! > 0.5)) break;
    count++;
    least = Math.min(least, voltage!);
    most = Math.max(most, voltage!);
  }
  // A single voltage is that of the whole pack; above 4.5 V the entries are no cells.
  if (count < 2 || most > 4.5) return;
  state.spread = most - least;
  state.cellTime = time;
  state.cells = count;
}

/** s until the reserve is reached at the mean current. */
function timeLeft({ remaining, used, capacity, usualCurrent }: State, reserve: number): number {
  const share = 1 - remaining / 100;
  const whole = Number.isNaN(capacity) ? (share >= 0.05 ? used / share : Number.NaN) : capacity;
  return ((((remaining - reserve) / 100) * whole) / 1_000 / Math.max(usualCurrent, 0.1)) * 3_600;
}
