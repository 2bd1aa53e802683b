/** Records of how the vehicle moves: attitude, position, estimate, control. */
import type { Craft, HandlerMaker } from './craft.js';
import type { Format } from './format.js';
import type { Estimator } from './survey.js';

const RADIANS = Math.PI / 180;
/** An angle in degrees as radians from −π to π. */
const turned = (degrees: number): number => ((((degrees + 180) % 360) + 360) % 360) * RADIANS - Math.PI;

/** EKF_STATUS_FLAGS that the status of the filter has at the same place, and those that it has elsewhere. */
const SHARED_FLAGS = 0x3ff;
const FILTER_GLITCH = 1 << 14;
const GPS_GLITCH = 32_768;

const attitude: HandlerMaker = (format) => {
  const [roll, pitch, yaw] = [format.number('Roll'), format.number('Pitch'), format.number('Yaw')];
  const [wantedRoll, wantedPitch, wantedYaw] = [format.number('DesRoll'), format.number('DesPitch'), format.number('DesYaw')];
  return (view, record, craft) => {
    const heading = yaw(view, record);
    const [rollRate, pitchRate, yawRate] = craft.recall('rates');
    craft.remember('heading', heading);
    craft.remember('lean', roll(view, record), pitch(view, record));
    craft.tell('attitude', {
      time_boot_ms: craft.boot,
      roll: roll(view, record) * RADIANS,
      pitch: pitch(view, record) * RADIANS,
      yaw: turned(heading),
      rollspeed: rollRate! * RADIANS,
      pitchspeed: pitchRate! * RADIANS,
      yawspeed: yawRate! * RADIANS,
    });
    const [desiredRoll, desiredPitch] = [wantedRoll(view, record), wantedPitch(view, record)];
    craft.remember('desired', desiredRoll, desiredPitch);
    target(craft, desiredRoll * RADIANS, desiredPitch * RADIANS, wantedYaw(view, record) * RADIANS || 0);
  };
};

/** ATTITUDE_TARGET has a quaternion: w, x, y, z of the turns about z, y and x. */
function target(craft: Craft, roll: number, pitch: number, yaw: number): void {
  const [cr, sr] = [Math.cos(roll / 2), Math.sin(roll / 2)];
  const [cp, sp] = [Math.cos(pitch / 2), Math.sin(pitch / 2)];
  const [cy, sy] = [Math.cos(yaw / 2), Math.sin(yaw / 2)];
  if (Number.isNaN(cr * cp)) return;
  craft.tell('attitude_target', {
    time_boot_ms: craft.boot,
    q_0: cr * cp * cy + sr * sp * sy,
    q_1: sr * cp * cy - cr * sp * sy,
    q_2: cr * sp * cy + sr * cp * sy,
    q_3: cr * cp * sy - sr * sp * cy,
    thrust: craft.recall('throttle')[0]! / 100,
  });
}

const rates: HandlerMaker = (format) => {
  const [roll, pitch, yaw] = [format.number('R'), format.number('P'), format.number('Y')];
  const wanted = ['RDes', 'PDes', 'YDes'].map((name) => format.number(name));
  return (view, record, craft) => {
    const measured = [roll, pitch, yaw].map((column) => column(view, record)) as [number, number, number];
    craft.remember('rates', ...measured);
    const perDegree = Math.PI / 180;
    craft.spectra.follow(
      craft.microseconds,
      wanted.map((column) => column(view, record) * perDegree),
      measured.map((rate) => rate * perDegree),
    );
  };
};

/** What tells flight from rest where neither arming nor a throttle is logged: heights (m) of two sources, speeds (m/s), and a lean (deg). */
const ALOFT = 2;
const FAST = 4;
const DOWN = 1;
const SLOW = 0.5;
const UPRIGHT = 60;

/**
 * Takes a vehicle for armed once it is upright and fast, or high by the estimate and by its barometer, until it is low and slow. So a barometer
 * that drifts and a copter that lies on a bench do not fly, and one that tumbles still does.
 */
function inferFlight(craft: Craft, height: number): void {
  const [north, east, down] = craft.recall('velocity');
  const [roll, pitch] = craft.recall('lean');
  const [pressure] = craft.recall('pressure height');
  const speed = Math.hypot(north!, east!, down!);
  const upright = !(Math.abs(roll!) > UPRIGHT || Math.abs(pitch!) > UPRIGHT);
  const high = height > ALOFT && !(pressure! <= ALOFT);
  if (!craft.armed && upright && (high || speed > FAST)) craft.arm(true);
  else if (craft.armed && height < DOWN && !(speed > SLOW)) craft.arm(false);
}

function tellPosition(craft: Craft, latitude: number, longitude: number, altitude: number, relative: number): void {
  if (!craft.survey.arming && !craft.survey.throttle) inferFlight(craft, relative);
  craft.tellPosition(latitude, longitude, altitude, relative);
}

const position: HandlerMaker = (format) => {
  const [latitude, longitude, altitude] = [format.number('Lat'), format.number('Lng'), format.number('Alt')];
  const relative = format.number('RelHomeAlt', 'RelAlt');
  return (view, record, craft) =>
    tellPosition(craft, latitude(view, record), longitude(view, record), altitude(view, record), relative(view, record));
};

/** Whether a record of the filter is of the one that flies. */
function flies(craft: Craft, family: Estimator, lane: number): boolean {
  return craft.survey.estimator === family && craft.lane === lane;
}

/** Velocity and position. @param fixed which filter of several it is, where the record's name says it */
const estimate =
  (family: Estimator, fixed = 0): HandlerMaker =>
  (format) => {
    const core = format.number('C');
    const speeds = ['VN', 'VE', 'VD'].map((name) => format.number(name));
    const places = ['PN', 'PE', 'PD'].map((name) => format.number(name));
    return (view, record, craft) => {
      if (!flies(craft, family, core(view, record) || fixed)) return;
      const [vx, vy, vz] = speeds.map((column) => column(view, record)) as [number, number, number];
      const [x, y, z] = places.map((column) => column(view, record)) as [number, number, number];
      craft.remember('velocity', vx, vy, vz);
      const { positions, throttle } = craft.survey;
      if (!positions && !throttle) tellPosition(craft, Number.NaN, Number.NaN, Number.NaN, -z);
      craft.tell('local_position_ned', { time_boot_ms: craft.boot, x, y, z, vx, vy, vz });
    };
  };

/** Wind that the filter estimates: where it blows to, north and east. */
const wind =
  (family: Estimator, fixed = 0): HandlerMaker =>
  (format) => {
    const core = format.number('C');
    const [north, east] = [format.number('VWN'), format.number('VWE')];
    return (view, record, craft) => {
      if (!flies(craft, family, core(view, record) || fixed)) return;
      const [vn, ve] = [north(view, record), east(view, record)];
      craft.tell('wind', { direction: Math.atan2(-ve, -vn) / RADIANS, speed: Math.hypot(vn, ve) });
    };
  };

/** How well the filter agrees with its sensors: square roots of test ratios, as in EKF_STATUS_REPORT. */
const health =
  (family: Estimator, fixed = 0): HandlerMaker =>
  (format) => {
    const core = format.number('C');
    const primary = format.number('PI');
    const [velocity, place, height] = [format.number('SV'), format.number('SP'), format.number('SH')];
    const compass = format.number('SM');
    const axes = ['SMX', 'SMY', 'SMZ'].map((name) => format.number(name));
    const status = format.number('SS');
    return (view, record, craft) => {
      const said = primary(view, record);
      if (said >= 0 && craft.survey.estimator === family) craft.lane = said;
      if (!flies(craft, family, core(view, record) || fixed)) return;
      const bits = status(view, record);
      craft.tell('ekf_status_report', {
        velocity_variance: velocity(view, record),
        pos_horiz_variance: place(view, record),
        pos_vert_variance: height(view, record),
        compass_variance: format.has('SM') ? compass(view, record) : Math.hypot(...axes.map((axis) => axis(view, record))),
        // The first generation numbered the bits of its status otherwise.
        flags: family === 'EKF' ? Number.NaN : (bits & SHARED_FLAGS) + (bits & FILTER_GLITCH ? GPS_GLITCH : 0),
      });
    };
  };

/** Throttle out of a CTUN record, %: a share of 1 in copters since 2015, thousandths before, percent in planes. */
function throttleOf(format: Format, plane: boolean): (view: DataView, record: number) => number {
  const column = format.number('ThO', 'ThrOut', 'ThrO');
  const isInteger = ['h', 'H'].includes(format.character(format.has('ThO') ? 'ThO' : 'ThrOut'));
  const scale = plane ? 1 : isInteger ? 0.1 : 100;
  return (view, record) => column(view, record) * scale;
}

/** Throttle above which a vehicle whose log says nothing of arming is taken for armed, %. */
const TURNING = 5;

const control: HandlerMaker = (format) => {
  const [throttles, percents] = [throttleOf(format, false), throttleOf(format, true)];
  const [desired, altitude] = [format.number('DAlt'), format.number('Alt')];
  const [navRoll, navPitch] = [format.number('NavRoll'), format.number('NavPitch')];
  const airspeeds = format.number('As');
  return (view, record, craft) => {
    const { plane, positions, arming } = craft.survey;
    const throttle = (plane ? percents : throttles)(view, record);
    craft.remember('throttle', throttle);
    if (!arming) craft.arm(throttle > TURNING);
    const height = altitude(view, record);
    if (!positions) tellPosition(craft, Number.NaN, Number.NaN, Number.NaN, height);
    const [roll, pitch] = craft.recall('desired');
    const wanted = desired(view, record);
    craft.tell('nav_controller_output', {
      nav_roll: plane && format.has('NavRoll') ? navRoll(view, record) : roll!,
      nav_pitch: plane && format.has('NavPitch') ? navPitch(view, record) : pitch!,
      // 0 is what modes without a wanted height log.
      alt_error: wanted === 0 ? Number.NaN : wanted - height,
    });
    const [north, east, down] = craft.recall('velocity');
    const measured = craft.recall('airspeed')[0]!;
    craft.tell('vfr_hud', {
      airspeed: Number.isNaN(measured) ? airspeeds(view, record) : measured,
      groundspeed: Math.hypot(north!, east!),
      alt: craft.recall('altitude')[0]!,
      climb: -down!,
      heading: craft.recall('heading')[0]!,
      throttle,
    });
  };
};

/** Where the vehicle is, where it is going and how sure it is. */
export const MOTION: Readonly<Record<string, HandlerMaker>> = {
  ATT: attitude,
  RATE: rates,
  POS: position,
  XKF1: estimate('XKF'),
  XKF2: wind('XKF'),
  XKF4: health('XKF'),
  NKF1: estimate('NKF'),
  NKF2: wind('NKF'),
  NKF4: health('NKF'),
  // The second filter of its generation, before 2020.
  NKF6: estimate('NKF', 1),
  NKF7: wind('NKF', 1),
  NKF9: health('NKF', 1),
  EKF1: estimate('EKF'),
  EKF2: wind('EKF'),
  EKF4: health('EKF'),
  CTUN: control,
};
