// Topics in which PX4 speaks of itself: arming, mode, landing, home, its estimator.

import type { HandlerMaker } from './craft.js';

/** Source: `msg/VehicleStatus.msg` of PX4. */
const ARMED = 2;
/** MAV_LANDED_STATE. */
const LANDED = { ground: 1, air: 2 } as const;

/** Modes as HEARTBEAT.custom_mode has them: main mode, and that of Auto. */
const mode = (main: number, sub = 0): number => main * 65_536 + sub * 16_777_216;
/** By nav_state. Source: `msg/VehicleStatus.msg` and `src/modules/commander/px4_custom_mode.h` of PX4. */
const MODES: Readonly<Record<number, number>> = {
  0: mode(1),
  1: mode(2),
  2: mode(3),
  3: mode(4, 4),
  4: mode(4, 3),
  5: mode(4, 5),
  10: mode(5),
  12: mode(4, 6),
  13: mode(10),
  14: mode(6),
  15: mode(7),
  17: mode(4, 2),
  18: mode(4, 6),
  19: mode(4, 8),
  20: mode(4, 9),
  21: mode(3, 1),
  22: mode(4, 10),
};

const status: HandlerMaker = (topic) => {
  const [arming, state, failsafe] = [topic.number('arming_state'), topic.number('nav_state'), topic.number('failsafe')];
  return (view, at, craft) => {
    const armed = arming(view, at) === ARMED;
    const flown = MODES[state(view, at)] ?? 0;
    const failing = failsafe(view, at) === 1;
    if (armed === craft.armed && flown === craft.mode && failing === craft.failing) return;
    craft.armed = armed;
    craft.mode = flown;
    craft.failing = failing;
    craft.tellState();
  };
};

const landing: HandlerMaker = (topic) => {
  const landed = topic.number('landed');
  return (view, at, craft) => {
    const state = landed(view, at) === 1 ? LANDED.ground : LANDED.air;
    if (state === craft.landed) return;
    craft.landed = state;
    craft.tellState();
  };
};

const home: HandlerMaker = (topic) => {
  const [latitude, longitude, altitude] = [topic.number('lat'), topic.number('lon'), topic.number('alt')];
  const [valid, placed] = [topic.number('valid_alt'), topic.number('valid_hpos')];
  return (view, at, craft) => {
    if (valid(view, at) === 0 || placed(view, at) === 0) return;
    craft.remember('home', altitude(view, at));
    craft.tell('home_position', { latitude: latitude(view, at), longitude: longitude(view, at), altitude: altitude(view, at) });
  };
};

const selector: HandlerMaker = (topic) => {
  const primary = topic.number('primary_instance');
  return (view, at, craft) => {
    const instance = primary(view, at);
    if (instance >= 0 && instance < 16) craft.lane = instance;
  };
};

/** How well the estimate agrees with its sensors, of the estimator that flies. */
const estimator: HandlerMaker = (topic) => {
  const ratios = ['vel', 'pos', 'hgt', 'hagl', 'mag', 'tas'].map((name) => topic.number(`${name}_test_ratio`));
  const [flags, horizontal, vertical] = [
    topic.number('solution_status_flags'),
    topic.number('pos_horiz_accuracy'),
    topic.number('pos_vert_accuracy'),
  ];
  const shaken = topic.array('vibe', 3);
  return (view, at, craft) => {
    if (topic.instance !== craft.lane) return;
    const [velocity, position, height, above, compass, airspeed] = ratios.map((ratio) => ratio(view, at)) as number[];
    craft.tell('estimator_status', {
      time_usec: craft.microseconds,
      flags: flags(view, at),
      vel_ratio: velocity!,
      pos_horiz_ratio: position!,
      pos_vert_ratio: height!,
      hagl_ratio: above!,
      mag_ratio: compass!,
      tas_ratio: airspeed!,
      pos_horiz_accuracy: horizontal(view, at),
      pos_vert_accuracy: vertical(view, at),
    });
    // Until 1.11; later each sensor has a status.
    if (shaken.length === 3) {
      const [x, y, z] = shaken.map((column) => column(view, at)) as [number, number, number];
      craft.tell('vibration', { time_usec: craft.microseconds, vibration_x: x, vibration_y: y, vibration_z: z });
    }
  };
};

/** What PX4 says of itself. */
export const STATUS: Readonly<Record<string, HandlerMaker>> = {
  vehicle_status: status,
  vehicle_land_detected: landing,
  home_position: home,
  estimator_selector_status: selector,
  estimator_status: estimator,
};
