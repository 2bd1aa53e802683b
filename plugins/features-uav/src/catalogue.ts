import type { Column, Consumes } from '@quantstream/engine';
import { heights } from './compared/heights.js';
import { weakness } from './compared/weakness.js';
import { FLIGHT_CONSUMES } from './flight/flight.js';
import { PARAMETERS_CONSUMES } from './parameters/parameters.js';
import type { Gate, Part, PartColumn } from './part.js';
import { airspeed } from './parts/airspeed.js';
import { attitude } from './parts/attitude.js';
import { baro } from './parts/baro.js';
import { battery } from './parts/battery.js';
import { compass } from './parts/compass.js';
import { ekf } from './parts/ekf.js';
import { geofence } from './parts/geofence.js';
import { gps } from './parts/gps.js';
import { health } from './parts/health.js';
import { link } from './parts/link.js';
import { motors } from './parts/motors.js';
import { vibration } from './parts/vibration.js';
import type { PartSettings } from './settings.js';
import { bands } from './shaking/bands.js';
import { spectrum } from './shaking/spectrum.js';
import { steps } from './shaking/steps.js';
import { WORDS_CONSUMES } from './words/words.js';

/** All subsystems, in the order of their columns. */
export function partsOf(settings: PartSettings): Part[] {
  const { staleAfter } = settings;
  return [
    battery(settings.battery, staleAfter),
    vibration(staleAfter),
    spectrum(),
    ekf(staleAfter),
    gps(staleAfter),
    compass(staleAfter),
    baro(staleAfter),
    heights(staleAfter),
    attitude(staleAfter),
    steps(),
    motors(settings.motors, staleAfter),
    weakness(settings.motors, staleAfter),
    airspeed(staleAfter),
    health(staleAfter),
    link(staleAfter),
    geofence(settings.fence, staleAfter),
    ...(settings.spectrum ? [bands()] : []),
  ];
}

/** What people want to know beside the features, in every row. */
export const CONTEXT: readonly Column[] = [
  {
    name: 'latitude',
    unit: 'deg',
    about: 'Geographic latitude (WGS84).',
    formula: 'GLOBAL_POSITION_INT.lat, latest; missing when older than `staleAfter`',
    role: 'context',
  },
  {
    name: 'longitude',
    unit: 'deg',
    about: 'Geographic longitude (WGS84).',
    formula: 'GLOBAL_POSITION_INT.lon, latest; missing when older than `staleAfter`',
    role: 'context',
  },
  {
    name: 'altitude',
    unit: 'm',
    about: 'Height above home.',
    formula: 'GLOBAL_POSITION_INT.relative_alt, latest; missing when older than `staleAfter`',
    role: 'context',
  },
  {
    name: 'ground_speed',
    unit: 'm/s',
    about: 'Horizontal speed over ground.',
    formula: '√(vx² + vy²) of GLOBAL_POSITION_INT, latest; missing when older than `staleAfter`',
    role: 'context',
  },
  {
    name: 'mode',
    unit: '1',
    about: 'Flight mode by its number, which depends on autopilot and vehicle.',
    formula: 'HEARTBEAT.custom_mode, latest',
    role: 'context',
  },
  {
    name: 'boot_time',
    unit: 's',
    about: 'Time by the clock of the vehicle, as log viewers show it.',
    formula: '(GLOBAL_POSITION_INT.time_boot_ms + time since that message) / 1000',
    role: 'context',
  },
  {
    name: 'phase',
    unit: '1',
    about: '0 not known, 1 disarmed, 2 armed on the ground, 3 taking off, 4 flying, 5 landing.',
    formula:
      'armed by HEARTBEAT.base_mode, in the air by EXTENDED_SYS_STATE.landed_state (without it: higher than 1.5 m), flying above `judgedAbove`',
    role: 'context',
  },
];

const GATES: Readonly<Record<Gate, string>> = {
  always: '',
  armed: '; only while armed',
  airborne: '; only in flight above `judgedAbove`, from 2 s after reaching it',
};

/** What tells whether the aircraft is armed. */
const ARMED = 'heartbeat.base_mode';

export function featureColumn({ gate, ...column }: PartColumn): Column {
  const { needs: own = [], formula, ...rest } = column;
  const needs = gate === 'always' || own.includes(ARMED) ? own : [...own, ARMED];
  return { ...rest, formula: `${formula}${GATES[gate]}`, role: 'feature', warmUp: 1, ...(needs.length > 0 ? { needs } : {}) };
}

/** What all parts together read. Vehicles differ, so nothing is required: a column names what it needs. */
export function consumesOf(parts: readonly Part[]): Consumes {
  const all: Record<string, Record<string, Consumes[string][string]>> = {};
  for (const consumes of [FLIGHT_CONSUMES, WORDS_CONSUMES, PARAMETERS_CONSUMES, ...parts.map((part) => part.consumes)])
    for (const [type, fields] of Object.entries(consumes)) all[type] = { ...all[type], ...fields };
  return all;
}
