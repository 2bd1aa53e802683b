// Topics of what is measured: inertial sensors, compasses, barometers, receivers.

import type { Craft, HandlerMaker } from './craft.js';
import type { Column } from './layout.js';

const GRAVITY = 9.806_65;
/** Sensors of a kind that have a message of their own. */
const MOST = 3;

const three = (columns: readonly Column[], view: DataView, at: number): [number, number, number] => [
  columns[0]?.(view, at) ?? Number.NaN,
  columns[1]?.(view, at) ?? Number.NaN,
  columns[2]?.(view, at) ?? Number.NaN,
];

/** Tells an inertial sensor: the first one as thousandths, of g, of a radian, of a gauss, as RAW_IMU is read. */
function tellInertial(craft: Craft, number: number, acceleration: readonly number[], rate: readonly number[]): void {
  const first = number === 0;
  const field = craft.recall(`field ${number}`);
  const [perAcceleration, perRate, perField] = first ? [1_000 / GRAVITY, 1_000, 1_000] : [1, 1, 1];
  craft.tell(first ? 'raw_imu' : `scaled_imu${number + 1}`, {
    [first ? 'time_usec' : 'time_boot_ms']: first ? craft.microseconds : craft.boot,
    xacc: acceleration[0]! * perAcceleration,
    yacc: acceleration[1]! * perAcceleration,
    zacc: acceleration[2]! * perAcceleration,
    xgyro: rate[0]! * perRate,
    ygyro: rate[1]! * perRate,
    zgyro: rate[2]! * perRate,
    xmag: field[0]! * perField,
    ymag: field[1]! * perField,
    zmag: field[2]! * perField,
  });
}

/** What the estimate is made of: the sensor in office. */
const combined: HandlerMaker = (topic) => {
  if (topic.instance > 0) return undefined;
  const [acceleration, rate] = [topic.array('accelerometer_m_s2', 3), topic.array('gyro_rad', 3)];
  // Until 1.8 the compass and the barometer were part of it.
  const [field, height] = [topic.array('magnetometer_ga', 3), topic.number('baro_alt_meter')];
  return (view, at, craft) => {
    if (field.length === 3) craft.remember('field 0', ...three(field, view, at));
    const metres = height(view, at);
    if (!Number.isNaN(metres)) craft.tell('scaled_pressure', { time_boot_ms: craft.boot, press_abs: pressureAt(metres) });
    const [accel, gyro] = [three(acceleration, view, at), three(rate, view, at)];
    craft.spectra.sample('combined accel', craft.microseconds, 'accel_spectrum', 0, ...accel);
    craft.spectra.sample('combined gyro', craft.microseconds, 'gyro_spectrum', 0, ...gyro);
    if (craft.wants('raw_imu')) tellInertial(craft, 0, accel, gyro);
  };
};

/** Pressure of the standard atmosphere at a height in m, hPa. Source: ISO 2533. */
const pressureAt = (height: number): number => 1_013.25 * (1 - height / 44_330.77) ** 5.255_88;

/** The other inertial sensors: means over what is integrated, which no vibration makes up. */
const inertial: HandlerMaker = (topic) => {
  const { instance } = topic;
  if (instance === 0 || instance >= MOST) return undefined;
  const [velocity, angle] = [topic.array('delta_velocity', 3), topic.array('delta_angle', 3)];
  const [during, turning] = [topic.number('delta_velocity_dt'), topic.number('delta_angle_dt')];
  return (view, at, craft) => {
    const [speed, turn] = [1e6 / during(view, at), 1e6 / turning(view, at)];
    const acceleration = three(velocity, view, at).map((part) => part * speed);
    const rate = three(angle, view, at).map((part) => part * turn);
    tellInertial(craft, instance, acceleration, rate);
  };
};

/** How a sensor shakes, as PX4 sends it in VIBRATION, and how often its accelerometer came to its end. */
const shaken: HandlerMaker = (topic) => {
  const { instance } = topic;
  if (instance >= MOST) return undefined;
  const clips = topic.array('accel_clipping', 3);
  const metrics = [
    topic.number('delta_angle_coning_metric', 'gyro_coning_vibration'),
    topic.number('gyro_vibration_metric'),
    topic.number('accel_vibration_metric'),
  ];
  return (view, at, craft) => {
    craft.remember(
      `clips ${instance}`,
      three(clips, view, at).reduce((sum, count) => sum + count, 0),
    );
    if (instance > 0) return;
    const [x, y, z] = three(metrics, view, at);
    craft.tell('vibration', {
      time_usec: craft.microseconds,
      vibration_x: x,
      vibration_y: y,
      vibration_z: z,
      clipping_0: craft.lasting('clips 0'),
      clipping_1: craft.lasting('clips 1'),
      clipping_2: craft.lasting('clips 2'),
    });
  };
};

/** Magnetic field, gauss. */
const compass: HandlerMaker = (topic) => {
  const { instance } = topic;
  const field = topic.array('magnetometer_ga', 3);
  return instance >= MOST ? undefined : (view, at, craft) => craft.remember(`field ${instance}`, ...three(field, view, at));
};

const air: HandlerMaker = (topic) => {
  if (topic.instance > 0) return undefined;
  const [pressure, temperature] = [topic.number('baro_pressure_pa'), topic.number('baro_temp_celcius', 'temperature')];
  return (view, at, craft) =>
    craft.tell('scaled_pressure', {
      time_boot_ms: craft.boot,
      press_abs: pressure(view, at) / 100,
      temperature: temperature(view, at),
    });
};

const FIX_3D = 3;

/** A receiver; since 1.14 in degrees and metres, before in 1e-7 degrees and millimetres. */
const receiver =
  (better?: string): HandlerMaker =>
  (topic, { topics }) => {
    const { instance } = topic;
    if (instance > 1 || (better !== undefined && topics.includes(better))) return undefined;
    const whole = topic.has('latitude_deg');
    const [perDegree, perMetre] = whole ? [1, 1] : [1e7, 1_000];
    const [latitude, longitude] = [topic.number('latitude_deg', 'lat'), topic.number('longitude_deg', 'lon')];
    const altitude = topic.number('altitude_msl_m', 'alt');
    const names = [
      'fix_type',
      'satellites_used',
      'hdop',
      'vdop',
      'eph',
      'epv',
      's_variance_m_s',
      'vel_m_s',
      'cog_rad',
      'time_utc_usec',
    ];
    const columns = names.map((name) => topic.number(name));
    return (view, at, craft) => {
      const [fix, satellites, hdop, vdop, horizontal, vertical, speed, velocity, course, utc] = columns.map((column) =>
        column(view, at),
      ) as number[];
      const direction = course! * (180 / Math.PI);
      craft.tell(instance === 0 ? 'gps_raw_int' : 'gps2_raw', {
        time_usec: craft.microseconds,
        fix_type: fix!,
        satellites_visible: satellites!,
        eph: hdop! > 0 && hdop! < 99 ? hdop! : Number.NaN,
        epv: vdop! > 0 && vdop! < 99 ? vdop! : Number.NaN,
        lat: latitude(view, at) / perDegree,
        lon: longitude(view, at) / perDegree,
        alt: altitude(view, at) / perMetre,
        vel: velocity!,
        cog: direction < 0 ? direction + 360 : direction,
        h_acc: horizontal!,
        v_acc: vertical!,
        vel_acc: speed!,
      });
      if (instance === 0 && fix! >= FIX_3D && utc! > 0)
        craft.tell('system_time', { time_unix_usec: utc!, time_boot_ms: craft.boot });
    };
  };

/** What is measured. */
export const SENSORS: Readonly<Record<string, HandlerMaker>> = {
  sensor_combined: combined,
  vehicle_imu: inertial,
  vehicle_imu_status: shaken,
  vehicle_magnetometer: compass,
  vehicle_air_data: air,
  vehicle_gps_position: receiver(),
  sensor_gps: receiver('vehicle_gps_position'),
};
