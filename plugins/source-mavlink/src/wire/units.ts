/** How a raw number becomes one in the unit that is declared: multiplied, then divided (which keeps 11980 mV at 11.98 V exactly). */
export interface Scale {
  readonly unit: string;
  readonly multiply: number;
  readonly divide: number;
}

const over = (unit: string, divide: number): Scale => ({ unit, multiply: 1, divide });
const times = (unit: string, multiply: number): Scale => ({ unit, multiply, divide: 1 });

/**
 * By the unit in the message definitions. Times keep theirs, because their names say it (`time_boot_ms`); so do units that people read
 * as they are (hPa, mAh, %).
 * Source: https://mavlink.io/en/guide/xml_schema.html#units and the `units` of all dialects here.
 */
const SCALES: Readonly<Record<string, Scale>> = {
  '': over('1', 1),
  'd%': over('%', 10),
  'c%': over('%', 100),
  mV: over('V', 1_000),
  cV: over('V', 100),
  mA: over('A', 1_000),
  cA: over('A', 100),
  cm: over('m', 100),
  mm: over('m', 1_000),
  dm: over('m', 10),
  dam: times('m', 10),
  'cm^2': over('m²', 10_000),
  'cm^3': over('cm³', 1),
  'cm^3/min': over('cm³/min', 1),
  'cm/s': over('m/s', 100),
  'mm/s': over('m/s', 1_000),
  'dm/s': over('m/s', 10),
  'm/s*5': over('m/s', 5),
  'm/s/s': over('m/s²', 1),
  // Standard gravity, m/s².
  mG: { unit: 'm/s²', multiply: 9.80665, divide: 1_000 },
  degE7: over('deg', 1e7),
  degE5: over('deg', 1e5),
  cdeg: over('deg', 100),
  'deg/2': times('deg', 2),
  'ddeg/s': over('deg/s', 10),
  'mrad/s': over('rad/s', 1_000),
  mgauss: over('gauss', 1_000),
  cdegC: over('degC', 100),
  mbar: over('hPa', 1),
  hJ: times('J', 100),
  cs: over('s', 100),
  ds: over('s', 10),
  us: over('µs', 1),
  dpix: over('pix', 10),
};

/** What the definitions leave unsaid, by `MESSAGE.field`. */
const UNSAID: Readonly<Record<string, Scale>> = {
  // https://ardupilot.org/copter/docs/common-measuring-vibration.html gives the levels in m/s².
  'VIBRATION.vibration_x': over('m/s²', 1),
  'VIBRATION.vibration_y': over('m/s²', 1),
  'VIBRATION.vibration_z': over('m/s²', 1),
  // Dilutions of precision are sent as unitless numbers times 100.
  'GPS_RAW_INT.eph': over('1', 100),
  'GPS_RAW_INT.epv': over('1', 100),
  'GPS2_RAW.eph': over('1', 100),
  'GPS2_RAW.epv': over('1', 100),
};

/** The scale of a field by the unit in its definition; a unit that is not in the table stays as it is. */
export function scaleOf(message: string, field: string, unit: string): Scale {
  return UNSAID[`${message}.${field}`] ?? SCALES[unit] ?? over(unit, 1);
}

const UINT16 = [65_535];
const UINT8 = [255];
const UNKNOWN = [-1];

/**
 * Raw values that mean "not known", by `MESSAGE.field`, for messages of telemetry. The generated definitions do not carry them.
 * Source: the descriptions in https://mavlink.io/en/messages/common.html
 */
const INVALID: Readonly<Record<string, readonly number[]>> = {
  'SYS_STATUS.voltage_battery': UINT16,
  'SYS_STATUS.current_battery': UNKNOWN,
  'SYS_STATUS.battery_remaining': UNKNOWN,
  'GPS_RAW_INT.eph': UINT16,
  'GPS_RAW_INT.epv': UINT16,
  'GPS_RAW_INT.vel': UINT16,
  'GPS_RAW_INT.cog': UINT16,
  'GPS_RAW_INT.satellites_visible': UINT8,
  // 0: this receiver gives no yaw; 65535: it cannot at the moment.
  'GPS_RAW_INT.yaw': [0, 65_535],
  'GPS2_RAW.eph': UINT16,
  'GPS2_RAW.epv': UINT16,
  'GPS2_RAW.vel': UINT16,
  'GPS2_RAW.cog': UINT16,
  'GPS2_RAW.satellites_visible': UINT8,
  'GPS2_RAW.yaw': [0, 65_535],
  'GLOBAL_POSITION_INT.hdg': UINT16,
  // An entry without a cell; ext: a pack of at most ten.
  'BATTERY_STATUS.voltages': UINT16,
  'BATTERY_STATUS.voltages_ext': [0],
  'BATTERY_STATUS.temperature': [32_767],
  'BATTERY_STATUS.current_battery': UNKNOWN,
  'BATTERY_STATUS.current_consumed': UNKNOWN,
  'BATTERY_STATUS.energy_consumed': UNKNOWN,
  'BATTERY_STATUS.battery_remaining': UNKNOWN,
  'BATTERY_STATUS.time_remaining': [0],
  'BATTERY2.current_battery': UNKNOWN,
  'RADIO_STATUS.rssi': UINT8,
  'RADIO_STATUS.remrssi': UINT8,
  'RADIO_STATUS.noise': UINT8,
  'RADIO_STATUS.remnoise': UINT8,
  'RC_CHANNELS.rssi': UINT8,
  'RC_CHANNELS_RAW.rssi': UINT8,
  'AIRSPEED.temperature': [32_767],
  'RAW_IMU.temperature': [0],
  'SCALED_IMU.temperature': [0],
  'SCALED_IMU2.temperature': [0],
  'SCALED_IMU3.temperature': [0],
  'SCALED_PRESSURE.temperature_press_diff': [0],
  'SCALED_PRESSURE2.temperature_press_diff': [0],
  'SCALED_PRESSURE3.temperature_press_diff': [0],
};

const CHANNEL = /^RC_CHANNELS(?:_RAW)?\.chan\d+_raw$/;

/** Raw values of a field that mean "not known"; empty where every value is one. */
export function invalidOf(message: string, field: string): readonly number[] {
  const name = `${message}.${field}`;
  return INVALID[name] ?? (CHANNEL.test(name) ? UINT16 : []);
}
