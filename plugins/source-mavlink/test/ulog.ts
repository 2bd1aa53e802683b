// Writes ULogs for tests, byte by byte as the format says.

import { MAGIC } from '../src/ulog/parser.js';

type Put = (bytes: Buffer, at: number, value: number) => void;
const PUTS: Readonly<Record<string, readonly [bytes: number, put: Put]>> = {
  int8_t: [1, (bytes, at, value) => void bytes.writeInt8(value, at)],
  uint8_t: [1, (bytes, at, value) => void bytes.writeUInt8(value, at)],
  int16_t: [2, (bytes, at, value) => void bytes.writeInt16LE(value, at)],
  uint16_t: [2, (bytes, at, value) => void bytes.writeUInt16LE(value, at)],
  int32_t: [4, (bytes, at, value) => void bytes.writeInt32LE(value, at)],
  uint32_t: [4, (bytes, at, value) => void bytes.writeUInt32LE(value, at)],
  int64_t: [8, (bytes, at, value) => void bytes.writeBigInt64LE(BigInt(value), at)],
  uint64_t: [8, (bytes, at, value) => void bytes.writeBigUInt64LE(BigInt(value), at)],
  float: [4, (bytes, at, value) => void bytes.writeFloatLE(value, at)],
  double: [8, (bytes, at, value) => void bytes.writeDoubleLE(value, at)],
  bool: [1, (bytes, at, value) => void bytes.writeUInt8(value, at)],
  char: [1, (bytes, at, value) => void bytes.writeUInt8(value, at)],
};

/** A message: its length, its type, what it holds. */
export function message(type: string, ...parts: readonly (Buffer | string | readonly number[])[]): Buffer {
  const body = Buffer.concat(
    parts.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : Buffer.from(part as Buffer))),
  );
  const head = Buffer.alloc(3);
  head.writeUInt16LE(body.length, 0);
  head.write(type, 2, 'latin1');
  return Buffer.concat([head, body]);
}

const u16 = (value: number) => Buffer.from([value & 0xff, value >>> 8]);
const u64 = (value: number) => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(Math.round(value)));
  return bytes;
};
const keyed = (key: string) => [[key.length], key] as const;

/** The header of the file. @param start µs by the clock of the log */
export const header = (start: number): Buffer => Buffer.concat([Buffer.from([...MAGIC, 1]), u64(start)]);
export const flags = (appended: readonly number[] = [], incompatible = appended.length > 0 ? 1 : 0): Buffer =>
  message('B', Buffer.alloc(8), [incompatible, 0, 0, 0, 0, 0, 0, 0], ...[0, 1, 2].map((i) => u64(appended[i] ?? 0)));
export const format = (text: string): Buffer => message('F', text);
export const info = (key: string, value: string): Buffer => message('I', ...keyed(`char[${value.length}] ${key}`), value);
export const number = (kind: 'I' | 'P' | 'Q', type: string, key: string, value: number): Buffer => {
  const [size, put] = PUTS[type]!;
  const bytes = Buffer.alloc(size);
  put(bytes, 0, value);
  return message(kind, ...(kind === 'Q' ? [[1]] : []), ...keyed(`${type} ${key}`), bytes);
};
export const parameter = (key: string, value: number): Buffer =>
  number('P', Number.isInteger(value) ? 'int32_t' : 'float', key, value);
export const added = (id: number, name: string, instance = 0): Buffer => message('A', [instance], u16(id), name);
export const removed = (id: number): Buffer => message('R', u16(id));
export const logged = (level: number, time: number, text: string): Buffer => message('L', [48 + level], u64(time), text);
export const tagged = (level: number, tag: number, time: number, text: string): Buffer =>
  message('C', [48 + level], u16(tag), u64(time), text);
export const dropout = (ms: number): Buffer => message('O', u16(ms));
export const SYNC = message('S', [0x2f, 0x73, 0x13, 0x20, 0x25, 0x0c, 0xbb, 0x12]);

/** A topic of tests: its fields with their types, `float[3] xyz`. */
export interface Kind {
  readonly id: number;
  readonly name: string;
  readonly fields: string;
  readonly instance?: number;
}

/** The bytes of one message of a topic. Fields are in order; an array takes a list; what is left out is 0. */
export function data({ id, fields }: Pick<Kind, 'id' | 'fields'>, ...values: readonly (number | readonly number[])[]): Buffer {
  const parts = fields.split(';').map((field, i) => {
    const [, type = '', count] = /^(\w+)(?:\[(\d+)\])? /.exec(field) ?? [];
    const [size, put] = PUTS[type]!;
    const given = values[i] ?? 0;
    const all = typeof given === 'number' ? [given] : given;
    const bytes = Buffer.alloc(size * Number(count ?? 1));
    for (const [j, value] of all.entries()) put(bytes, j * size, value);
    return bytes;
  });
  return message('D', u16(id), ...parts);
}

const T = 'uint64_t timestamp';
/** Topics of a flight, as PX4 1.14 has them, as far as something becomes of them. */
export const TOPICS = {
  status: {
    id: 0,
    name: 'vehicle_status',
    fields: `${T};uint8_t arming_state;uint8_t nav_state;uint8_t system_type;bool failsafe`,
  },
  land: { id: 1, name: 'vehicle_land_detected', fields: `${T};bool landed` },
  attitude: { id: 2, name: 'vehicle_attitude', fields: `${T};float[4] q` },
  rates: { id: 3, name: 'vehicle_angular_velocity', fields: `${T};float[3] xyz` },
  wanted: { id: 4, name: 'vehicle_attitude_setpoint', fields: `${T};float[4] q_d;float[3] thrust_body` },
  global: { id: 5, name: 'vehicle_global_position', fields: `${T};double lat;double lon;float alt` },
  local: { id: 6, name: 'vehicle_local_position', fields: `${T};float x;float y;float z;float vx;float vy;float vz` },
  home: { id: 7, name: 'home_position', fields: `${T};double lat;double lon;float alt;bool valid_alt;bool valid_hpos` },
  gps: {
    id: 8,
    name: 'vehicle_gps_position',
    fields: `${T};double latitude_deg;double longitude_deg;double altitude_msl_m;uint64_t time_utc_usec;float hdop;float eph;float s_variance_m_s;float vel_m_s;float cog_rad;uint8_t fix_type;uint8_t satellites_used`,
  },
  battery: {
    id: 9,
    name: 'battery_status',
    fields: `${T};float voltage_v;float current_a;float discharged_mah;float remaining;bool connected;float[4] voltage_cell_v`,
  },
  estimator: {
    id: 10,
    name: 'estimator_status',
    fields: `${T};float vel_test_ratio;float pos_test_ratio;float hgt_test_ratio;float mag_test_ratio;uint16_t solution_status_flags`,
  },
  second: {
    id: 11,
    name: 'estimator_status',
    instance: 1,
    fields: `${T};float vel_test_ratio;float pos_test_ratio;float hgt_test_ratio;float mag_test_ratio;uint16_t solution_status_flags`,
  },
  selector: { id: 12, name: 'estimator_selector_status', fields: `${T};uint8_t primary_instance` },
  combined: { id: 13, name: 'sensor_combined', fields: `${T};float[3] gyro_rad;float[3] accelerometer_m_s2` },
  imu: {
    id: 14,
    name: 'vehicle_imu',
    instance: 1,
    fields: `${T};float[3] delta_angle;float[3] delta_velocity;uint32_t delta_angle_dt;uint32_t delta_velocity_dt`,
  },
  shaken: {
    id: 15,
    name: 'vehicle_imu_status',
    fields: `${T};uint32_t[3] accel_clipping;float gyro_vibration_metric;float accel_vibration_metric;float delta_angle_coning_metric`,
  },
  magnet: { id: 16, name: 'vehicle_magnetometer', fields: `${T};float[3] magnetometer_ga` },
  air: { id: 17, name: 'vehicle_air_data', fields: `${T};float baro_pressure_pa;float baro_temp_celcius` },
  motors: { id: 18, name: 'actuator_motors', fields: `${T};float[12] control` },
  outputs: { id: 19, name: 'actuator_outputs', fields: `${T};uint32_t noutputs;float[16] output` },
  wind: { id: 20, name: 'wind', fields: `${T};float windspeed_north;float windspeed_east` },
  airspeed: { id: 21, name: 'airspeed_validated', fields: `${T};float indicated_airspeed_m_s;float calibrated_airspeed_m_s` },
  remote: { id: 22, name: 'input_rc', fields: `${T};uint8_t channel_count;bool rc_lost;uint16_t[18] values` },
  other: { id: 23, name: 'cpuload', fields: `${T};float load` },
} as const satisfies Record<string, Kind>;

const kinds = Object.values(TOPICS) as readonly Kind[];
/** The definitions of a log that begins `start` µs after the boot, with every topic added. */
export const definitions = (start: number, more: readonly Buffer[] = [], of: readonly Kind[] = kinds): Buffer =>
  Buffer.concat([
    header(start),
    flags(),
    ...new Map(of.map(({ name, fields }) => [name, format(`${name}:${fields};`)])).values(),
    ...more,
    ...of.map(({ id, name, instance }) => added(id, name, instance)),
  ]);

/** A flight of a quadrotor, system 7, ten messages of each kind a second from `first` s after the boot on. */
export function quadFlight(seconds: number, first = 60): Buffer {
  const us = (t: number) => Math.round((first + t) * 1e6);
  const parts: Buffer[] = [
    definitions(us(0), [
      info('sys_name', 'PX4'),
      info('ver_hw', 'PX4_FMU_V6X'),
      number('I', 'uint32_t', 'ver_sw_release', 0x010e03ff),
      parameter('MAV_SYS_ID', 7),
      parameter('SYS_AUTOSTART', 4_001),
      parameter('EKF2_EN', 1),
      parameter('BAT1_CAPACITY', 5_000),
      parameter('GF_ACTION', 2),
      parameter('GF_MAX_HOR_DIST', 150),
      parameter('GF_MAX_VER_DIST', 0),
    ]),
    logged(6, us(0), '[commander] Armed by RC'),
    data(TOPICS.home, us(0), 47.4, 8.5, 488, 1, 1),
    data(TOPICS.land, us(0), 1),
    data(TOPICS.status, us(0), 2, 4, 2, 0),
  ];
  for (let i = 0; i < seconds * 10; i++) {
    const t = i / 10;
    const roll = 0.1 * Math.sin(t);
    const turn = [Math.cos(roll / 2), Math.sin(roll / 2), 0, 0];
    parts.push(
      data(TOPICS.rates, us(t), [0.1 * Math.cos(t), 0, 0]),
      data(TOPICS.combined, us(t), [0.01, 0.02, 0.03], [0.1, 0.2, -9.80665]),
      data(TOPICS.imu, us(t), [2e-5, 0, 0], [1e-3, 2e-3, -0.049], 5_000, 5_000),
      data(TOPICS.magnet, us(t), [0.2, 0.05, 0.5 + (i % 5) / 1_000]),
      data(TOPICS.attitude, us(t), turn),
      data(TOPICS.wanted, us(t), turn, [0, 0, -0.4]),
      data(TOPICS.local, us(t), i / 10, 0, -12, 1, 0, -0.5),
      data(TOPICS.global, us(t), 47.4 + i * 1e-6, 8.5, 500),
      data(TOPICS.estimator, us(t), 0.1, 0.2, 0.3, 0.4, 0x33f),
      data(TOPICS.second, us(t), 0.9, 0.9, 0.9, 0.9, 0),
      data(TOPICS.shaken, us(t), [1, 2, 3], 0.1, 2 + (i % 3), 0.01),
      data(TOPICS.air, us(t), 95_000 - i, 21),
      data(TOPICS.motors, us(t), [0.5, 0.51, 0.52, 0.53, ...new Array(8).fill(Number.NaN)]),
      data(TOPICS.battery, us(t), 16 - t / 100, 16, 10 + i, 0.9, 1, [4, 4, 4, 3.99]),
      data(TOPICS.other, us(t), 0.4),
    );
    if (i === 20) parts.push(data(TOPICS.land, us(t), 0), SYNC);
    if (i % 2 === 0) {
      parts.push(data(TOPICS.gps, us(t), 47.4, 8.5, 500, 1_767_571_200e6 + t * 1e6, 0.8, 0.5, 0.2, 2.2, -0.5, 3, 12));
    }
  }
  parts.push(data(TOPICS.land, us(seconds), 1), data(TOPICS.status, us(seconds), 1, 4, 2, 0));
  return Buffer.concat(parts);
}
