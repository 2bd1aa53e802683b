// Records of sensors: what is measured.

import type { HandlerMaker } from './craft.js';
import { unixOfGps } from './log-clock.js';
import { gpsColumns, rolledOver } from './survey.js';

/** Standard gravity, m/s². */
const GRAVITY = 9.80665;
const AXES = ['X', 'Y', 'Z'] as const;
const MOST = 3;

const three = (name: string) => AXES.map((axis) => `${name}${axis}`);

/** Accelerations (m/s²) and rates (rad/s). @param fixed which sensor it is, where the record's name says it */
const inertial =
  (fixed = 0): HandlerMaker =>
  (format) => {
    const instance = format.number('I');
    const [accX, accY, accZ] = [format.number('AccX'), format.number('AccY'), format.number('AccZ')];
    const [gyrX, gyrY, gyrZ] = [format.number('GyrX'), format.number('GyrY'), format.number('GyrZ')];
    const temperature = format.number('T', 'Temp');
    const [accels, gyros] = ['accel', 'gyro'].map((kind) => Array.from({ length: MOST }, (_, i) => `IMU ${kind} ${i}`));
    return (view, record, craft) => {
      const number = instance(view, record) || fixed;
      if (number >= MOST) return;
      const [ax, ay, az] = [accX(view, record), accY(view, record), accZ(view, record)];
      const [gx, gy, gz] = [gyrX(view, record), gyrY(view, record), gyrZ(view, record)];
      // At the rate of the loop they are fast enough for a spectrum.
      const { spectra, microseconds } = craft;
      spectra.sample(accels![number]!, microseconds, 'accel_spectrum', number, ax, ay, az);
      spectra.sample(gyros![number]!, microseconds, 'gyro_spectrum', number, gx, gy, gz);
      const type = number === 0 ? 'raw_imu' : `scaled_imu${number + 1}`;
      if (!craft.wants(type)) return;
      const field = craft.recall(`field ${number}`);
      // ArduPilot sends the first one as thousandths: of g, of a radian, of a gauss.
      const first = number === 0;
      const [perAcceleration, perRate, perField] = first ? [1_000 / GRAVITY, 1_000, 1] : [1, 1, 1e-3];
      craft.tell(type, {
        [first ? 'time_usec' : 'time_boot_ms']: first ? craft.microseconds : craft.boot,
        xacc: ax * perAcceleration,
        yacc: ay * perAcceleration,
        zacc: az * perAcceleration,
        xgyro: gx * perRate,
        ygyro: gy * perRate,
        zgyro: gz * perRate,
        xmag: field[0]! * perField,
        ymag: field[1]! * perField,
        zmag: field[2]! * perField,
        temperature: temperature(view, record),
      });
    };
  };

/** Magnetic field, milligauss. */
const compass =
  (fixed = 0): HandlerMaker =>
  (format) => {
    const instance = format.number('I');
    const columns = three('Mag').map((name) => format.number(name));
    return (view, record, craft) => {
      const [x, y, z] = columns.map((column) => column(view, record)) as [number, number, number];
      craft.remember(`field ${instance(view, record) || fixed}`, x, y, z);
    };
  };

/** Vibration, and how often accelerometers came to their end: of each sensor in a record, or of all three in one. */
const vibration: HandlerMaker = (format) => {
  const instance = format.number('IMU');
  const axes = three('Vibe').map((name) => format.number(name));
  const single = format.number('Clip');
  const all = [0, 1, 2].map((i) => format.number(`Clip${i}`));
  const isSingle = format.has('Clip');
  return (view, record, craft) => {
    const number = instance(view, record) || 0;
    if (isSingle) craft.remember(`clips ${number}`, single(view, record));
    if (number !== 0) return;
    // From the second round on the others have spoken as well: none of them seems to begin to clip.
    const known = !isSingle || !Number.isNaN(craft.lasting('round'));
    craft.remember('round', 1);
    if (!known) return;
    const clips = all.map((column, i) => (isSingle ? craft.lasting(`clips ${i}`) : column(view, record)));
    const [x, y, z] = axes.map((column) => column(view, record)) as [number, number, number];
    craft.tell('vibration', {
      time_usec: craft.microseconds,
      vibration_x: x,
      vibration_y: y,
      vibration_z: z,
      clipping_0: clips[0]!,
      clipping_1: clips[1]!,
      clipping_2: clips[2]!,
    });
  };
};

/** Pressure, Pa in the log. */
const barometer =
  (fixed = 0): HandlerMaker =>
  (format) => {
    const instance = format.number('I');
    const pressure = format.number('Press');
    const temperature = format.number('Temp');
    const altitude = format.number('Alt');
    return (view, record, craft) => {
      const number = instance(view, record) || fixed;
      if (number >= MOST) return;
      if (number === 0) craft.remember('pressure height', altitude(view, record));
      const values = {
        time_boot_ms: craft.boot,
        press_abs: pressure(view, record) / 100,
        press_diff: number === 0 ? craft.recall('airspeed')[1]! / 100 : Number.NaN,
        temperature: temperature(view, record),
      };
      craft.tell(number === 0 ? 'scaled_pressure' : `scaled_pressure${number + 1}`, values);
    };
  };

const pitot: HandlerMaker = (format) => {
  const [instance, primary] = [format.number('I'), format.number('Pri')];
  const [speed, pressure, temperature] = [format.number('Airspeed'), format.number('DiffPress'), format.number('Temp')];
  return (view, record, craft) => {
    const id = instance(view, record) || 0;
    const [airspeed, difference] = [speed(view, record), pressure(view, record)];
    if (id === (primary(view, record) || 0)) craft.remember('airspeed', airspeed, difference);
    craft.tell('airspeed', { id, airspeed, raw_press: difference / 100, temperature: temperature(view, record) });
  };
};

/** What a receiver claims of its accuracy. */
const accuracy =
  (fixed = 0): HandlerMaker =>
  (format) => {
    const instance = format.number('I');
    const columns = ['HAcc', 'VAcc', 'SAcc', 'VDop'].map((name) => format.number(name));
    return (view, record, craft) => {
      craft.remember(`accuracy ${instance(view, record) || fixed}`, ...columns.map((column) => column(view, record)));
    };
  };

const receiver =
  (fixed = 0): HandlerMaker =>
  (format) => {
    const instance = format.number('I');
    const columns = ['Status', 'NSats', 'HDop', 'Lat', 'Lng', 'Alt', 'Spd', 'GCrs'].map((name) => format.number(name));
    const { week, milliseconds } = gpsColumns(format);
    return (view, record, craft) => {
      const number = instance(view, record) || fixed;
      if (number > 1) return;
      const [status, satellites, hdop, lat, lon, alt, vel, cog] = columns.map((column) => column(view, record)) as number[];
      const [horizontal, vertical, speed, vdop] = craft.recall(`accuracy ${number}`);
      craft.tell(number === 0 ? 'gps_raw_int' : 'gps2_raw', {
        time_usec: craft.microseconds,
        fix_type: status!,
        satellites_visible: satellites!,
        // 99.99 stands for none.
        eph: hdop! < 99 ? hdop! : Number.NaN,
        epv: vdop! < 99 ? vdop! : Number.NaN,
        lat: lat!,
        lon: lon!,
        alt: alt!,
        vel: vel!,
        cog: cog!,
        h_acc: horizontal!,
        v_acc: vertical!,
        vel_acc: speed!,
      });
      if (number === 0 && status! >= 3) {
        const said = week(view, record);
        const time = unixOfGps(said + rolledOver(said), milliseconds(view, record));
        craft.tell('system_time', { time_unix_usec: time * 1_000, time_boot_ms: craft.boot });
      }
    };
  };

/** A telemetry radio, as the vehicle hears of it. */
const radio: HandlerMaker = (format) => {
  const columns = [
    ['rssi', 'RSSI'],
    ['remrssi', 'RemRSSI'],
    ['txbuf', 'TxBuf'],
    ['noise', 'Noise'],
    ['remnoise', 'RemNoise'],
    ['rxerrors', 'RxErrors'],
    ['fixed', 'Fixed'],
  ].map(([field, column]) => [field!, format.number(column!)] as const);
  return (view, record, craft) =>
    craft.tell('radio_status', Object.fromEntries(columns.map(([field, column]) => [field, column(view, record)])));
};

/** What is measured. */
export const SENSORS: Readonly<Record<string, HandlerMaker>> = {
  IMU: inertial(),
  IMU2: inertial(1),
  IMU3: inertial(2),
  MAG: compass(),
  MAG2: compass(1),
  MAG3: compass(2),
  VIBE: vibration,
  BARO: barometer(),
  BAR2: barometer(1),
  BAR3: barometer(2),
  ARSP: pitot,
  GPS: receiver(),
  GPS2: receiver(1),
  GPA: accuracy(),
  GPA2: accuracy(1),
  RAD: radio,
};
