// Topics of how the vehicle moves: attitude, position, control, air.

import type { Craft, HandlerMaker } from './craft.js';

const DEGREES = 180 / Math.PI;
/** Metres of a degree of latitude (WGS84, mean). */
const METRES = 111_195;

/** Roll, pitch and yaw (rad) of a turn, w first. */
function anglesOf(w: number, x: number, y: number, z: number): [number, number, number] {
  const sine = Math.max(-1, Math.min(1, 2 * (w * y - z * x)));
  return [
    Math.atan2(2 * (w * x + y * z), 1 - 2 * (x * x + y * y)),
    Math.asin(sine),
    Math.atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z)),
  ];
}

const attitude: HandlerMaker = (topic) => {
  const turn = ['q[0]', 'q[1]', 'q[2]', 'q[3]'].map((name) => topic.number(name));
  const rates = ['rollspeed', 'pitchspeed', 'yawspeed'].map((name) => topic.number(name));
  const hasRates = topic.has('rollspeed');
  return (view, at, craft) => {
    const [w, x, y, z] = turn.map((part) => part(view, at)) as [number, number, number, number];
    const [roll, pitch, yaw] = anglesOf(w, x, y, z);
    const [rollspeed, pitchspeed, yawspeed] = hasRates ? rates.map((rate) => rate(view, at)) : craft.recall('rates');
    craft.remember('heading', (yaw * DEGREES + 360) % 360);
    craft.tell('attitude', {
      time_boot_ms: craft.boot,
      roll,
      pitch,
      yaw,
      rollspeed: rollspeed!,
      pitchspeed: pitchspeed!,
      yawspeed: yawspeed!,
    });
  };
};

const rates: HandlerMaker = (topic) => {
  const axes = topic.array('xyz', 3);
  if (topic.instance > 0 || axes.length < 3) return undefined;
  const time = topic.number('timestamp_sample', 'timestamp');
  return (view, at, craft) => {
    const measured = axes.map((axis) => axis(view, at));
    craft.remember('rates', ...measured);
    craft.spectra.follow(time(view, at), craft.recall('wanted rates').slice(0, 3), measured);
  };
};

const wantedRates: HandlerMaker = (topic) => {
  const axes = ['roll', 'pitch', 'yaw'].map((name) => topic.number(name));
  if (topic.instance > 0) return undefined;
  return (view, at, craft) => craft.remember('wanted rates', ...axes.map((axis) => axis(view, at)));
};

const wanted: HandlerMaker = (topic) => {
  const parts = ['q_d[0]', 'q_d[1]', 'q_d[2]', 'q_d[3]'].map((name) => topic.number(name));
  const valid = topic.number('q_d_valid');
  const thrust = topic.number('thrust', 'thrust_body[2]');
  return (view, at, craft) => {
    const [w, x, y, z] = parts.map((part) => part(view, at)) as [number, number, number, number];
    // Before the controller runs it is no turn at all.
    if (valid(view, at) === 0 || !(Math.abs(Math.hypot(w, x, y, z) - 1) < 0.1)) return;
    craft.tell('attitude_target', {
      time_boot_ms: craft.boot,
      q_0: w,
      q_1: x,
      q_2: y,
      q_3: z,
      thrust: Math.abs(thrust(view, at)),
    });
  };
};

/** Height above home where the vehicle has said where that is, else above where its estimate began. */
function relativeOf(craft: Craft, altitude: number): number {
  const above = altitude - craft.lasting('home');
  return Number.isNaN(above) ? -craft.recall('below')[0]! : above;
}

const global: HandlerMaker = (topic) => {
  if (topic.instance > 0) return undefined;
  const [latitude, longitude, altitude] = [topic.number('lat'), topic.number('lon'), topic.number('alt')];
  return (view, at, craft) => {
    const height = altitude(view, at);
    craft.tellPosition(latitude(view, at), longitude(view, at), height, relativeOf(craft, height));
  };
};

const local: HandlerMaker = (topic, { topics }) => {
  if (topic.instance > 0) return undefined;
  const alone = !topics.includes('vehicle_global_position');
  const columns = ['x', 'y', 'z', 'vx', 'vy', 'vz'].map((name) => topic.number(name));
  const [known, latitude, longitude] = [topic.number('xy_global'), topic.number('ref_lat'), topic.number('ref_lon')];
  const [reference, high] = [topic.number('ref_alt'), topic.number('z_global')];
  return (view, at, craft) => {
    const [x, y, z, vx, vy, vz] = columns.map((column) => column(view, at)) as [number, number, number, number, number, number];
    craft.remember('velocity', vx, vy, vz);
    craft.remember('below', z);
    craft.tell('local_position_ned', { time_boot_ms: craft.boot, x, y, z, vx, vy, vz });
    if (!alone) return;
    const placed = known(view, at) === 1;
    const north = latitude(view, at);
    const altitude = high(view, at) === 1 ? reference(view, at) - z : Number.NaN;
    craft.tellPosition(
      placed ? north + x / METRES : Number.NaN,
      placed ? longitude(view, at) + y / (METRES * Math.cos(north / DEGREES)) : Number.NaN,
      altitude,
      relativeOf(craft, altitude),
    );
  };
};

const wind: HandlerMaker = (topic) => {
  const [north, east] = [topic.number('windspeed_north'), topic.number('windspeed_east')];
  return (view, at, craft) => {
    if (topic.instance === craft.lane)
      craft.tell('wind_cov', { time_usec: craft.microseconds, wind_x: north(view, at), wind_y: east(view, at) });
  };
};

const airspeed =
  (...names: readonly string[]): HandlerMaker =>
  (topic, { topics }) => {
    if (topic.instance > 0 || (topic.name === 'airspeed' && topics.includes('airspeed_validated'))) return undefined;
    const indicated = topic.number(...names);
    return (view, at, craft) => {
      const [north, east, down] = craft.recall('velocity');
      craft.tell('vfr_hud', {
        airspeed: indicated(view, at),
        groundspeed: Math.hypot(north!, east!),
        alt: craft.recall('altitude')[0]!,
        climb: -down!,
        heading: craft.recall('heading')[0]!,
      });
    };
  };

/** How the vehicle moves. */
export const MOTION: Readonly<Record<string, HandlerMaker>> = {
  vehicle_attitude: attitude,
  vehicle_angular_velocity: rates,
  vehicle_rates_setpoint: wantedRates,
  vehicle_attitude_setpoint: wanted,
  vehicle_global_position: global,
  vehicle_local_position: local,
  wind: wind,
  wind_estimate: wind,
  airspeed: airspeed('indicated_airspeed_m_s'),
  airspeed_validated: airspeed('calibrated_airspeed_m_s', 'equivalent_airspeed_m_s', 'indicated_airspeed_m_s'),
};
