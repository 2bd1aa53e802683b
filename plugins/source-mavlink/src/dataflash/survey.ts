// Looks a log over before it is read: what must be known before its first record makes sense.

import { kindOf } from '../identity/kinds.js';
import { airframeOf, BOARD, FRAME, OTHER_ESTIMATORS, VEHICLES } from '../identity/words.js';
import { ONBOARD_TEXT } from '../links/connections.js';
import { lookOver } from '../recorded/open-log.js';
import type { Column, Format, Layout } from './format.js';
import { NO_DATE, unixOfGps } from './log-clock.js';
import { RecordParser } from './record-parser.js';
import { TextParser } from './text-parser.js';

/** What a GPS may say: from the first flights of ArduPilot on. */
const EARLIEST = Date.UTC(2009, 0, 1);
const LATEST = Date.UTC(2100, 0, 1);
const FIX_3D = 3;
/** No vehicle was on for longer, ms: three years. */
const LONGEST = 1e11;
/** Two fixes say the same time of the boot to so much, and two records the same boot, ms. */
const SAME_BOOT = 5_000;
const SAME_FLIGHT = 60_000;

/** What the estimate is logged as: the third, second or first generation of the filter. */
export type Estimator = 'XKF' | 'NKF' | 'EKF';

/** What must be known of a log before its first record makes sense. */
export interface Survey {
  /** Unix time at boot, ms; or of no date. */
  readonly offset: number;
  readonly dated: boolean;
  /** Boot time of the first record that says one, ms. */
  readonly first: number;
  /** System id of the vehicle. */
  readonly system: number;
  /** MAV_TYPE. */
  readonly vehicle: number;
  readonly plane: boolean;
  readonly estimator: Estimator;
  /** In words, empty where nothing says: what flies, on which board, as which frame, by which filter. Absent in what was saved before. */
  readonly about?: {
    readonly firmware: string;
    readonly hardware: string;
    readonly airframe: string;
    readonly estimator: string;
    /** The number of its processor. */
    readonly identity?: string;
  };
  /** Whether POS records come. */
  readonly positions: boolean;
  /** Whether something says when it is armed; else its throttle has to, or how it moves. */
  readonly arming: boolean;
  readonly throttle: boolean;
  /** Weeks that the receiver's calendar lacks: ten bits count 1,024 of them. */
  readonly weeks: number;
}

/** MAV_TYPE by FRAME_CLASS of ArduCopter. Source: https://ardupilot.org/copter/docs/parameters.html#frame-class */
const FRAMES: Readonly<Record<number, number>> = {
  1: 2,
  2: 13,
  3: 14,
  4: 14,
  5: 13,
  6: 4,
  7: 15,
  8: 3,
  9: 3,
  11: 4,
  12: 29,
  13: 4,
  14: 35,
};
/** The same by the beginning of the message `Frame: …` and by the firmware. */
const FRAME_NAMES: readonly (readonly [RegExp, number])[] = [
  [/^Frame: QUAD/i, 2],
  [/^Frame: (?:HEXA|Y6)/i, 13],
  [/^Frame: OCTA/i, 14],
  [/^Frame: TRI/i, 15],
  [/^Frame: DODECA/i, 29],
  [/^Frame: DECA/i, 35],
  [/^Frame: HELI/i, 4],
];
const FIRMWARE: readonly (readonly [RegExp, number])[] = [
  [/copter/i, 2],
  [/plane/i, 1],
  [/rover/i, 10],
  [/sub/i, 12],
  [/blimp/i, 7],
  [/tracker/i, 5],
];
const GENERATIONS: Readonly<Record<Estimator, string>> = { XKF: 'EKF3', NKF: 'EKF2', EKF: 'EKF1' };

/** The boot time that a type of record carries, ms; `undefined` where it carries none. */
export function bootColumn(format: Format): Column | undefined {
  const [first = ''] = format.names;
  if (first === 'TimeUS') return bounded(format.number(first), 1_000);
  // Raw samples of old logs are stamped by the sensor.
  if (first === 'TimeMS') return /^(?:ACC|GYR)/.test(format.name) ? undefined : bounded(format.number(first), 1);
  // GPS of 2013: TimeMS is the time of the week, T that since boot.
  return /^GPS/.test(format.name) && format.has('T') ? bounded(format.number('T'), 1) : undefined;
}

/** Boot time in ms; NaN where it is damage. */
function bounded(column: Column, perMillisecond: number): Column {
  return (view, record) => {
    const boot = column(view, record) / perMillisecond;
    return boot <= LONGEST ? boot : Number.NaN;
  };
}

/** The first of two numbers in a row that are near each other: a damaged one stands alone. */
class Confirmed {
  private readonly near: number;
  private candidate = Number.NaN;
  private found = Number.NaN;

  constructor(near: number) {
    this.near = near;
  }

  get value(): number {
    return Number.isNaN(this.found) ? this.candidate : this.found;
  }

  see(value: number): void {
    if (!Number.isNaN(this.found) || Number.isNaN(value)) return;
    if (Math.abs(value - this.candidate) <= this.near) this.found = this.candidate;
    else this.candidate = value;
  }
}

/** Week and milliseconds of a GPS record. */
export function gpsColumns(format: Format): { week: Column; milliseconds: Column } {
  const old = format.names[0] !== 'TimeMS' ? ['TimeMS'] : [];
  return { week: format.number('GWk', 'Week'), milliseconds: format.number('GMS', ...old) };
}

/** A receiver counts weeks with ten bits, and some begin anew after 1,024: 19 years and a half. */
const WEEKS = 1_024;

/** The weeks to add to what a receiver says, so that it was after the first flights of ArduPilot; 0 where it says none at all. */
export function rolledOver(week: number): number {
  let weeks = 0;
  if (week > 0) while (unixOfGps(week + weeks, 0) < EARLIEST) weeks += WEEKS;
  return weeks;
}

/** What the first pass has come upon. */
interface Found {
  readonly offset: Confirmed;
  readonly first: Confirmed;
  frame: number;
  firmware: number;
  /** What the autopilot says of itself, as it says it. */
  readonly said: { firmware: string; hardware: string; frame: string; identity: string };
  readonly parameters: Map<string, number>;
  readonly names: Set<string>;
  arming: boolean;
  weeks: number;
}

/** What finds the records of a log, by how its name ends. */
export const parserOf = (path: string, offset?: number, layouts?: readonly Layout[]): RecordParser =>
  new (ONBOARD_TEXT.test(path) ? TextParser : RecordParser)(offset, layouts);

/** Looks at the head of a log. @throws QS_SOURCE_FAILED when it cannot be opened */
export async function surveyLog(path: string): Promise<Survey> {
  const found: Found = {
    offset: new Confirmed(SAME_BOOT),
    first: new Confirmed(SAME_FLIGHT),
    frame: Number.NaN,
    firmware: Number.NaN,
    said: { firmware: '', hardware: '', frame: '', identity: '' },
    parameters: new Map(),
    names: new Set(),
    arming: false,
    weeks: 0,
  };
  const parser = parserOf(path);
  await lookOver(path, parser, () => look(parser, found));
  return conclude(found);
}

function look({ format, view, fields }: RecordParser, found: Found): void {
  if (!format) return;
  const { name } = format;
  found.names.add(name);
  found.first.see(bootColumn(format)?.(view, fields) ?? Number.NaN);
  if (name === 'GPS') {
    const offset = offsetOf(format, view, fields);
    found.offset.see(offset);
    if (!Number.isNaN(offset)) found.weeks = rolledOver(gpsColumns(format).week(view, fields));
  } else if (name === 'PARM') found.parameters.set(format.text('Name')(view, fields), format.number('Value')(view, fields));
  else if (name === 'MSG') hear(format.text('Message')(view, fields), found);
  else if (name === 'ARM') found.arming = true;
  else if (name === 'EV') found.arming ||= [10, 11, 15, 28].includes(format.number('Id')(view, fields));
}

function offsetOf(format: Format, view: DataView, fields: number): number {
  const { week, milliseconds } = gpsColumns(format);
  const said = week(view, fields);
  const unix = unixOfGps(said + rolledOver(said), milliseconds(view, fields));
  const good = format.number('Status')(view, fields) >= FIX_3D && unix > EARLIEST && unix < LATEST;
  return good ? unix - (bootColumn(format)?.(view, fields) ?? Number.NaN) : Number.NaN;
}

function hear(text: string, found: Found): void {
  const [, frame] = FRAME_NAMES.find(([pattern]) => pattern.test(text)) ?? [];
  found.frame = frame ?? found.frame;
  const [said] = VEHICLES.exec(text) ?? [];
  const [, firmware] = (said && FIRMWARE.find(([pattern]) => pattern.test(said))) || [];
  if (Number.isNaN(found.firmware)) found.firmware = firmware ?? found.firmware;
  const { said: words } = found;
  if (said !== undefined) words.firmware ||= text;
  const [, board = '', number = ''] = BOARD.exec(text) ?? [];
  words.hardware ||= board;
  words.identity ||= number.replaceAll(' ', '').toLowerCase();
  words.frame ||= FRAME.exec(text)?.[1] ?? '';
}

function conclude({ frame, firmware, said, parameters, names, arming, weeks, ...found }: Found): Survey {
  const [offset, first] = [found.offset.value, found.first.value];
  const dated = !Number.isNaN(offset);
  const frameClass = FRAMES[parameters.get('FRAME_CLASS') ?? 0];
  const system = parameters.get('SYSID_THISMAV') ?? parameters.get('MAV_SYSID') ?? 1;
  const copter = firmware === 2 || Number.isNaN(firmware);
  const vehicle = copter ? (frameClass ?? (Number.isNaN(frame) ? 2 : frame)) : firmware;
  const type = parameters.get('AHRS_EKF_TYPE');
  const estimator = estimatorOf(type, names);
  return {
    offset: dated ? offset : NO_DATE,
    dated,
    first: Number.isNaN(first) ? 0 : first,
    system: system >= 1 && system <= 255 ? Math.round(system) : 1,
    vehicle,
    plane: firmware === 1,
    estimator,
    about: {
      firmware: said.firmware,
      hardware: said.hardware,
      airframe: airframeOf(kindOf(vehicle), said.frame),
      estimator: OTHER_ESTIMATORS[type ?? Number.NaN] ?? (logs(names, estimator) ? GENERATIONS[estimator] : ''),
      identity: said.identity,
    },
    positions: names.has('POS'),
    arming,
    throttle: names.has('CTUN'),
    weeks,
  };
}

/** Whether a generation of the filter is logged. */
const logs = (names: ReadonlySet<string>, family: Estimator): boolean => names.has(`${family}1`) || names.has(`${family}4`);

/** The filter that flies, where both are logged. */
function estimatorOf(said: number | undefined, names: ReadonlySet<string>): Estimator {
  const logged = (family: Estimator) => logs(names, family);
  if (said === 2 && logged('NKF')) return 'NKF';
  if (said === 1 && logged('EKF')) return 'EKF';
  if (logged('XKF')) return 'XKF';
  return logged('NKF') ? 'NKF' : 'EKF';
}
