/** What a simulated vehicle says of itself, as messages with the fields of real ones. */
import { GRAVITY } from '../body/body.js';
import { latitudeAt, longitudeAt } from '../body/geo.js';
import type { Parts } from '../parts.js';
import { LANDED } from '../pilot/autopilot.js';
import type { Fields } from './codec.js';

const DEGREES = 180 / Math.PI;
/** MAV_SYS_STATUS_SENSOR bits: what the recorded vehicles had, and the ones that faults clear. */
const SENSORS = { present: 1_395_784_751, flying: 1_394_736_175, resting: 1_377_934_383, health: 1_462_893_615 } as const;
const BIT = { gps: 1 << 5, radio: 1 << 16, fence: 1 << 20, battery: 1 << 25 } as const;
const UNKNOWN = 65_535;

const mg = (acceleration: number) => (acceleration / GRAVITY) * 1_000;
const round7 = (degrees: number) => Math.round(degrees * 1e7);
const heading = (yaw: number) => (yaw * DEGREES + 360) % 360;
const field = new Float64Array(3);

/** Pressure at a height above the sea in the standard atmosphere, hPa. */
export const pressureAt = (metres: number): number => 1_013.25 * (1 - 2.25577e-5 * metres) ** 5.25588;

/** Pulse of a motor, µs: the root of the thrust, so that 0.38 of it is the recorded 1643. */
const pulse = (command: number, armed: boolean) => (armed ? Math.max(1_100, 1_000 + 1_043 * Math.min(0.95, command)) : 1_000);

/** Each message from the state of the vehicle, in raw units: https://mavlink.io/en/messages/ardupilotmega.html */
export const MESSAGES: Readonly<Record<string, (vehicle: Parts) => Fields>> = {
  HEARTBEAT: ({ autopilot: { mode, armed, phase } }) => ({
    type: 2,
    autopilot: 3,
    // Custom mode and inputs, stabilised; guided; armed.
    base_mode: 81 + (mode === 0 ? 0 : 8) + (armed ? 128 : 0),
    custom_mode: mode,
    system_status: armed && phase !== 'standby' ? 4 : 3,
    mavlink_version: 3,
  }),
  SYS_STATUS: ({ autopilot, battery, fence, sensors, settings, fenced }) => {
    let health: number = SENSORS.health;
    if (sensors.fixType < 3) health -= BIT.gps;
    if (autopilot.radioSilence > 0.9) health -= BIT.radio;
    if (fence.breached !== 0) health -= BIT.fence;
    if (battery.voltage < autopilot.lowVoltage) health -= BIT.battery;
    const enabled: number = autopilot.armed ? SENSORS.flying : SENSORS.resting;
    return {
      onboard_control_sensors_present: SENSORS.present,
      onboard_control_sensors_enabled: fenced ? enabled + (enabled & BIT.fence ? 0 : BIT.fence) : enabled,
      onboard_control_sensors_health: health,
      load: 310 + (settings.system % 7) * 4 + (autopilot.flying ? 25 : 0),
      voltage_battery: battery.voltage * 1_000,
      current_battery: battery.current * 100,
      battery_remaining: battery.remaining,
    };
  },
  BATTERY_STATUS: ({ battery }) => ({
    battery_function: 0,
    type: 0,
    temperature: 32_767,
    voltages: [battery.voltage * 1_000, ...Array<number>(9).fill(UNKNOWN)],
    current_battery: battery.current * 100,
    current_consumed: battery.consumedAh * 1_000,
    energy_consumed: battery.consumedWh * 36,
    battery_remaining: battery.remaining,
    charge_state: 1,
  }),
  POWER_STATUS: ({ random }) => ({ Vcc: 5_000 + 8 * random.noise(), Vservo: 0, flags: 0 }),
  HWSTATUS: ({ random }) => ({ Vcc: 5_000 + 8 * random.noise(), I2Cerr: 0 }),
  MEMINFO: () => ({ freemem: UNKNOWN, freemem32: 524_288 }),
  SYSTEM_TIME: ({ bootMs, unixMs, sensors }) => ({
    // Unknown until satellites have told it.
    time_unix_usec: sensors.fixType >= 3 ? Math.round(unixMs * 1_000) : 0,
    time_boot_ms: bootMs,
  }),
  ATTITUDE: ({ bootMs, body, estimate, sensors }) => ({
    time_boot_ms: bootMs,
    roll: body.roll,
    pitch: body.pitch,
    yaw: estimate.yaw,
    rollspeed: body.rollRate + sensors.gyroNoise() / 2,
    pitchspeed: body.pitchRate + sensors.gyroNoise() / 2,
    yawspeed: body.yawRate + sensors.gyroNoise() / 2,
  }),
  ATTITUDE_TARGET: ({ bootMs, body, autopilot }) => ({
    time_boot_ms: bootMs,
    q: quaternion(body.wantedRoll, body.wantedPitch, autopilot.target.yaw),
    body_roll_rate: 4.5 * (body.wantedRoll - body.roll),
    body_pitch_rate: 4.5 * (body.wantedPitch - body.pitch),
    body_yaw_rate: body.yawRate,
    thrust: body.thrust,
  }),
  AHRS: ({ random }) => ({
    error_rp: 0.006 + 0.002 * Math.abs(random.noise()),
    error_yaw: 0.006 + 0.002 * Math.abs(random.noise()),
  }),
  AHRS2: ({ body, estimate, home }) => ({
    roll: body.roll + 0.003,
    pitch: body.pitch - 0.002,
    yaw: estimate.yaw,
    altitude: home.altitude + estimate.up,
    lat: round7(latitudeAt(home, estimate.north)),
    lng: round7(longitudeAt(home, estimate.east)),
  }),
  GLOBAL_POSITION_INT: ({ bootMs, estimate, home }) => {
    const known = estimate.positioned || estimate.north !== 0;
    return {
      time_boot_ms: bootMs,
      lat: known ? round7(latitudeAt(home, estimate.north)) : 0,
      lon: known ? round7(longitudeAt(home, estimate.east)) : 0,
      alt: (home.altitude + estimate.up) * 1_000,
      relative_alt: estimate.up * 1_000,
      vx: estimate.velocityNorth * 100,
      vy: estimate.velocityEast * 100,
      vz: -estimate.velocityUp * 100,
      hdg: Math.min(35_999, heading(estimate.yaw) * 100),
    };
  },
  LOCAL_POSITION_NED: ({ bootMs, estimate }) => ({
    time_boot_ms: bootMs,
    x: estimate.north,
    y: estimate.east,
    z: -estimate.up,
    vx: estimate.velocityNorth,
    vy: estimate.velocityEast,
    vz: -estimate.velocityUp,
  }),
  GPS_RAW_INT: (vehicle) => gps(vehicle),
  VFR_HUD: ({ body, estimate, wind, home }) => ({
    airspeed: Math.hypot(estimate.velocityNorth - wind.north, estimate.velocityEast - wind.east),
    groundspeed: Math.hypot(estimate.velocityNorth, estimate.velocityEast),
    heading: Math.floor(heading(estimate.yaw)),
    throttle: body.thrust * 100,
    alt: home.altitude + estimate.up,
    climb: estimate.velocityUp,
  }),
  WIND: ({ autopilot, settings, windNow }) => ({
    direction: autopilot.flying ? windNow.direction : settings.wind.direction,
    speed: autopilot.flying ? windNow.speed : 0,
    speed_z: 0,
  }),
  SERVO_OUTPUT_RAW: ({ bootMs, body: { commands, spinning } }) => ({
    time_usec: bootMs * 1_000,
    servo1_raw: pulse(commands[0], spinning),
    servo2_raw: pulse(commands[1], spinning),
    servo3_raw: pulse(commands[2], spinning),
    servo4_raw: pulse(commands[3], spinning),
  }),
  ESC_TELEMETRY_1_TO_4: ({ body: { commands, currents }, battery, seconds }) => ({
    temperature: Array<number>(4).fill(32 + Math.min(18, battery.consumedAh * 6)),
    voltage: Array<number>(4).fill(battery.voltage * 100),
    current: [...currents].map((amperes) => amperes * 100),
    totalcurrent: Array<number>(4).fill((battery.consumedAh * 1_000) / 4),
    rpm: [...commands].map((command) => command * 12_000),
    count: Array<number>(4).fill(Math.floor(seconds * 10) % 65_536),
  }),
  RAW_IMU: ({ bootMs, body, sensors }) => {
    sensors.field(field);
    const [turnCos, turnSin] = [Math.cos(sensors.compassTurned), Math.sin(sensors.compassTurned)];
    return {
      time_usec: bootMs * 1_000,
      xacc: mg(body.forceForward + sensors.accelerometerNoise()),
      yacc: mg(body.forceRight + sensors.accelerometerNoise()),
      zacc: mg(body.forceDown + sensors.accelerometerBias + 2 * sensors.accelerometerNoise()),
      xgyro: 1_000 * (body.rollRate + sensors.gyroBias + sensors.gyroNoise()),
      ygyro: 1_000 * (body.pitchRate + sensors.gyroNoise()),
      zgyro: 1_000 * (body.yawRate + sensors.gyroNoise()),
      xmag: turnCos * field[0] + turnSin * field[1],
      ymag: turnCos * field[1] - turnSin * field[0],
      zmag: field[2],
      temperature: 3_700,
    };
  },
  SCALED_IMU2: ({ bootMs, body, sensors }) => {
    sensors.field(field);
    return {
      time_boot_ms: bootMs,
      xacc: mg(body.forceForward + sensors.accelerometerNoise()),
      yacc: mg(body.forceRight + sensors.accelerometerNoise()),
      zacc: mg(body.forceDown + 2 * sensors.accelerometerNoise()),
      xgyro: 1_000 * (body.rollRate + sensors.gyroNoise()),
      ygyro: 1_000 * (body.pitchRate + sensors.gyroNoise()),
      zgyro: 1_000 * (body.yawRate + sensors.gyroNoise()),
      xmag: field[0],
      ymag: field[1],
      zmag: field[2],
      temperature: 3_700,
    };
  },
  SCALED_PRESSURE: ({ bootMs, sensors, home }) => ({
    time_boot_ms: bootMs,
    press_abs: pressureAt(home.altitude + sensors.barometer),
    temperature: 3_150,
  }),
  VIBRATION: ({ bootMs, sensors }) => ({
    time_usec: bootMs * 1_000,
    vibration_x: sensors.vibrationX,
    vibration_y: sensors.vibrationY,
    vibration_z: sensors.vibrationZ,
    clipping_0: sensors.clipping0,
    clipping_1: sensors.clipping1,
  }),
  EKF_STATUS_REPORT: ({ estimate }) => ({
    flags: estimate.flags,
    velocity_variance: estimate.velocityVariance,
    pos_horiz_variance: estimate.horizontalVariance,
    pos_vert_variance: estimate.verticalVariance,
    compass_variance: estimate.compassVariance,
  }),
  NAV_CONTROLLER_OUTPUT: ({ body, autopilot: { leg, target }, estimate }) => ({
    nav_roll: body.wantedRoll * DEGREES,
    nav_pitch: body.wantedPitch * DEGREES,
    nav_bearing: estimate.yaw * DEGREES,
    target_bearing: heading(leg?.bearing ?? 0),
    wp_dist: leg?.left ?? 0,
    alt_error: leg ? target.up - estimate.up : 0,
    xtrack_error: leg ? 0.2 * Math.hypot(target.north - estimate.north, target.east - estimate.east) : 0,
  }),
  POSITION_TARGET_GLOBAL_INT: ({ bootMs, autopilot: { target }, home }) => ({
    time_boot_ms: bootMs,
    lat_int: round7(latitudeAt(home, target.north)),
    lon_int: round7(longitudeAt(home, target.east)),
    alt: home.altitude + target.up,
    type_mask: 65_016,
  }),
  FENCE_STATUS: ({ fence }) => ({
    breach_status: fence.breached === 0 ? 0 : 1,
    breach_count: fence.count,
    breach_type: fence.breached === 0 ? 0 : fence.type,
    breach_time: fence.breachTime * 1_000,
    breach_mitigation: 1,
  }),
  EXTENDED_SYS_STATE: ({ autopilot }) => ({ vtol_state: 3, landed_state: autopilot.armed ? autopilot.landed : LANDED.ground }),
  RC_CHANNELS: ({ bootMs, autopilot }) => ({
    time_boot_ms: bootMs,
    chancount: 8,
    chan1_raw: 1_500,
    chan2_raw: 1_500,
    chan3_raw: 1_000,
    chan4_raw: 1_500,
    chan5_raw: 1_800,
    chan6_raw: 1_000,
    chan7_raw: 1_000,
    chan8_raw: 1_800,
    rssi: autopilot.radioSilence > 0 ? 0 : 230,
  }),
  MISSION_CURRENT: ({ autopilot: { current, waypoints, phase } }) => ({
    seq: Math.min(current + 1, waypoints.length),
    total: waypoints.length,
    mission_state: phase === 'mission' ? 3 : phase === 'standby' || phase === 'takeoff' ? 2 : 5,
    mission_mode: phase === 'mission' ? 1 : 0,
  }),
  HOME_POSITION: ({ home, bootMs }) => ({
    latitude: round7(home.latitude),
    longitude: round7(home.longitude),
    altitude: home.altitude * 1_000,
    q: [1, 0, 0, 0],
    time_usec: bootMs * 1_000,
  }),
  AUTOPILOT_VERSION: () => ({ capabilities: 0b1_1110_1111, flight_sw_version: 0x04_07_00_00 }),
};

function gps({ bootMs, body, sensors, home }: Parts): Fields {
  const fixed = sensors.fixType >= 3;
  const north = body.velocityNorth + sensors.errorVelocityNorth;
  const east = body.velocityEast + sensors.errorVelocityEast;
  const speed = Math.hypot(north, east);
  const altitude = (home.altitude + body.up + sensors.errorUp) * 1_000;
  return {
    time_usec: bootMs * 1_000,
    fix_type: sensors.fixType,
    lat: fixed ? round7(latitudeAt(home, body.north + sensors.errorNorth)) : 0,
    lon: fixed ? round7(longitudeAt(home, body.east + sensors.errorEast)) : 0,
    alt: fixed ? altitude : 0,
    eph: fixed ? sensors.horizontalDilution * 100 : UNKNOWN,
    epv: fixed ? sensors.verticalDilution * 100 : UNKNOWN,
    vel: fixed ? speed * 100 : 0,
    cog: fixed && speed > 0.3 ? heading(Math.atan2(east, north)) * 100 : 0,
    satellites_visible: sensors.satelliteCount,
    alt_ellipsoid: fixed ? altitude : 0,
    h_acc: sensors.horizontalAccuracy * 1_000,
    v_acc: sensors.horizontalAccuracy * 1_500,
    vel_acc: 40,
  };
}

function quaternion(roll: number, pitch: number, yaw: number): number[] {
  const [cr, sr] = [Math.cos(roll / 2), Math.sin(roll / 2)];
  const [cp, sp] = [Math.cos(pitch / 2), Math.sin(pitch / 2)];
  const [cy, sy] = [Math.cos(yaw / 2), Math.sin(yaw / 2)];
  return [cr * cp * cy + sr * sp * sy, sr * cp * cy - cr * sp * sy, cr * sp * cy + sr * cp * sy, cr * cp * sy - sr * sp * cy];
}
