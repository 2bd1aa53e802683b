// Which part of the aircraft a text of the autopilot speaks of.

/**
 * By the first pattern that fits. Texts: https://ardupilot.org/copter/docs/common-autopilot-messages.html, `gcs().send_text` of ArduPilot and the
 * events of PX4; the ERR records of on-board logs are said in the same words.
 */
const SUBSYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/\b(?:radio|rc|remote control)\b/i, 'rc'],
  [/\b(?:gcs|ground station|data ?link)\b/i, 'link'],
  [/\bbatter(?:y|ies)\b|\blow voltage\b/i, 'battery'],
  [/\b(?:geo)?fence\b/i, 'fence'],
  [/\bairspeed\b|\bpitot\b/i, 'airspeed'],
  [/\bvibration\b/i, 'vibration'],
  [/\b(?:thrust loss|motors?|esc|yaw imbalance)\b/i, 'motor'],
  // `GPS Glitch or Compass error` is what the autopilot itself cannot tell apart: it stands for the first.
  [/\bgps\b|\bgnss\b/i, 'gps'],
  [/\b(?:compass|magnetometer|mag)\b/i, 'compass'],
  [/\bbaro(?:meter)?\b/i, 'baro'],
  [/\b(?:imu|accel(?:erometer)?s?|gyro(?:scope)?s?|inertial)\b/i, 'imu'],
  [/\b(?:ekf\d?|ahrs|estimator|dcm)\b/i, 'estimator'],
];

/** @returns nothing where no part is named */
export function subsystemOf(text: string): string | undefined {
  return SUBSYSTEMS.find(([pattern]) => pattern.test(text))?.[1];
}
