// Looks a ULog over before it is read: what must be known before its first message makes sense.

import { NO_DATE } from '../dataflash/log-clock.js';
import { kindOf } from '../identity/kinds.js';
import { lookOver } from '../recorded/open-log.js';
import { fieldOf, numberOf, type Topic, textOf } from './layout.js';
import { UlogParser } from './parser.js';

/** What a GPS may say, ms since the epoch: PX4 has written ULogs since 2016. */
const EARLIEST = Date.UTC(2016, 0, 1);
const LATEST = Date.UTC(2100, 0, 1);
const FIX_3D = 3;
/** Two fixes say the same time of the boot to so much, ms. */
const SAME_BOOT = 5_000;

/** What must be known of a log before its first message makes sense. */
export interface Survey {
  /** Unix time at boot, ms; or of no date. */
  readonly offset: number;
  readonly dated: boolean;
  /** What the log's clock said when it began, ms, and from which time on it counts. */
  readonly first: number;
  readonly base: number;
  /** System id of the vehicle, and MAV_TYPE. */
  readonly system: number;
  readonly vehicle: number;
  /** Topics that come, so that the better of two is read. */
  readonly topics: readonly string[];
  /** In words, empty where nothing says: what flies, on which board, which airframe, by which estimator. */
  readonly firmware: string;
  readonly hardware: string;
  /** What its board is known by; absent in what was saved before. */
  readonly identity?: string;
  readonly airframe: string;
  readonly estimator: string;
}

/** MAV_TYPE by the number of the airframe, in ranges, where no status says it. Source: https://docs.px4.io/main/en/airframes/airframe_reference.html */
const AIRFRAMES: readonly (readonly [from: number, to: number, type: number])[] = [
  [2_000, 3_999, 1],
  [4_000, 5_999, 2],
  [6_000, 7_999, 13],
  [8_000, 8_999, 14],
  [9_000, 10_999, 2],
  [11_000, 11_999, 13],
  [12_000, 12_999, 14],
  [13_000, 13_999, 22],
  [14_000, 14_999, 15],
  [50_000, 50_999, 10],
  [60_000, 60_999, 12],
];
/** Numbers up to this belong to a range with gaps: what SITL flies. */
const SIMULATED = 2_000;

/** What the first pass has come upon. */
interface Found {
  candidate: number;
  offset: number;
  type: number;
  readonly parameters: Map<string, number>;
  readonly infos: Map<string, string>;
  readonly numbers: Map<string, number>;
  readonly topics: Set<string>;
}

/** Looks at the head of a log. @throws QS_SOURCE_FAILED when it cannot be opened */
export async function surveyLog(path: string): Promise<Survey> {
  const found: Found = {
    candidate: Number.NaN,
    offset: Number.NaN,
    type: Number.NaN,
    parameters: new Map(),
    infos: new Map(),
    numbers: new Map(),
    topics: new Set(),
  };
  const parser = new UlogParser();
  await lookOver(path, parser, () => look(parser, found));
  return conclude(parser.start / 1_000, found);
}

function look(parser: UlogParser, found: Found): void {
  const { type, view, at, length, topic } = parser;
  if (type === 0x44) {
    if (topic) lookAt(topic, view, at, found);
  } else if (type === 0x50 || type === 0x49) {
    const size = view.getUint8(at);
    if (size + 1 >= length) return;
    const field = fieldOf(textOf(view, at + 1, size));
    if (!field) return;
    const rest = length - 1 - size;
    if (type === 0x50) found.parameters.set(field.name, numberOf(field.type, view, at + 1 + size, rest));
    else if (field.type === 'char') found.infos.set(field.name, textOf(view, at + 1 + size, Math.min(rest, 120)).trim());
    else found.numbers.set(field.name, numberOf(field.type, view, at + 1 + size, rest));
  }
}

/** How a topic that tells the time or the kind of vehicle is read, looked up once. */
const readers = new WeakMap<Topic, (view: DataView, at: number, found: Found) => void>();
const NOTHING = () => undefined;

function lookAt(topic: Topic, view: DataView, at: number, found: Found): void {
  let read = readers.get(topic);
  if (!read) {
    found.topics.add(topic.name);
    read = readerOf(topic);
    readers.set(topic, read);
  }
  read(view, at, found);
}

function readerOf(topic: Topic): (view: DataView, at: number, found: Found) => void {
  const timestamp = topic.number('timestamp');
  if (topic.name === 'vehicle_gps_position' || topic.name === 'sensor_gps') {
    const [utc, fix] = [topic.number('time_utc_usec'), topic.number('fix_type')];
    return (view, place, found) => {
      const unix = utc(view, place) / 1_000;
      if (!(fix(view, place) >= FIX_3D && unix > EARLIEST && unix < LATEST) || !Number.isNaN(found.offset)) return;
      const offset = unix - timestamp(view, place) / 1_000;
      if (Math.abs(offset - found.candidate) <= SAME_BOOT) found.offset = found.candidate;
      else found.candidate = offset;
    };
  }
  if (topic.name !== 'vehicle_status') return NOTHING;
  const said = topic.number('system_type');
  return (view, place, found) => {
    const type = said(view, place);
    if (type > 0) found.type = type;
  };
}

function conclude(start: number, found: Found): Survey {
  const { parameters, infos, numbers, topics } = found;
  const gps = Number.isNaN(found.offset) ? found.candidate : found.offset;
  // A simulator's clock is that of its machine.
  const isUnix = start > EARLIEST && start < LATEST;
  const base = isUnix ? start : 0;
  const dated = isUnix || !Number.isNaN(gps);
  const airframe = parameters.get('SYS_AUTOSTART') ?? Number.NaN;
  const [, , ranged = 2] = AIRFRAMES.find(([from, to]) => airframe >= from && airframe <= to) ?? [];
  const vehicle = Number.isNaN(found.type) ? ranged : found.type;
  const system = parameters.get('MAV_SYS_ID') ?? 1;
  return {
    offset: dated ? (isUnix ? start : gps) : NO_DATE,
    dated,
    first: start - base,
    base,
    system: system >= 1 && system <= 255 ? Math.round(system) : 1,
    vehicle,
    topics: [...topics],
    firmware: firmwareOf(infos.get('sys_name') ?? 'PX4', numbers.get('ver_sw_release')),
    hardware: infos.get('ver_hw') ?? '',
    identity: (infos.get('sys_uuid') ?? '').toLowerCase(),
    airframe: airframeOf(vehicle, airframe),
    estimator: estimatorOf(parameters, topics),
  };
}

/** `PX4 1.14.0`: major, minor and patch in a byte each, above that of the kind of release. */
function firmwareOf(name: string, release = 0): string {
  const [major, minor, patch] = [(release >>> 24) & 0xff, (release >>> 16) & 0xff, (release >>> 8) & 0xff];
  return release > 0 ? `${name} ${major}.${minor}.${patch}` : name;
}

function airframeOf(vehicle: number, airframe: number): string {
  const type = kindOf(vehicle);
  if (!(airframe > 0)) return type;
  return `${type}, airframe ${airframe}${airframe < SIMULATED ? ' (a simulated one)' : ''}`;
}

/** Source: SYS_MC_EST_GROUP and EKF2_EN, https://docs.px4.io/main/en/advanced_config/parameter_reference.html */
function estimatorOf(parameters: ReadonlyMap<string, number>, topics: ReadonlySet<string>): string {
  const group = parameters.get('SYS_MC_EST_GROUP');
  if (group === 1) return 'LPE';
  if (group === 3) return 'Q (attitude alone)';
  if (parameters.get('LPE_EN') === 1) return 'LPE';
  const ekf2 = group === 2 || parameters.get('EKF2_EN') === 1 || topics.has('ekf2_timestamps') || topics.has('ekf2_innovations');
  if (!ekf2) return topics.has('estimator_status') ? 'not named' : '';
  const several = (parameters.get('EKF2_MULTI_IMU') ?? 0) > 1;
  return several ? `EKF2, ${parameters.get('EKF2_MULTI_IMU')} of them` : 'EKF2';
}
