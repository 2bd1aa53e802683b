// What flies, in words, out of what a vehicle says of itself on a link.

import type { FrameParser } from '../wire/frames.js';
import { AUTOPILOT_ARDUPILOT, AUTOPILOT_PX4, HEARTBEAT_AUTOPILOT, HEARTBEAT_TYPE, ID } from '../wire/ids.js';
import type { PayloadReader } from '../wire/payload.js';
import { kindOf } from './kinds.js';
import { airframeOf, BOARD, FRAME, OTHER_ESTIMATORS, VEHICLES } from './words.js';

/** What it says of itself, as texts; empty: not said. */
export interface Introduced {
  readonly type: number;
  readonly text: Readonly<Record<string, string>>;
}

/** What must survive a restart. Plain data. */
export interface IntroductionState {
  /** MAV_TYPE and MAV_AUTOPILOT; −1: not said. */
  readonly type: number;
  readonly autopilot: number;
  /** As it wrote it, and by AUTOPILOT_VERSION: `4.7.0-dev (9070097)`. */
  readonly firmware: string;
  readonly version: string;
  readonly hardware: string;
  readonly frame: string;
  readonly estimator: string;
  readonly identity: string;
}

const NOTHING: IntroductionState = {
  type: -1,
  autopilot: -1,
  firmware: '',
  version: '',
  hardware: '',
  frame: '',
  estimator: '',
  identity: '',
};

/** ArduPilot's firmware by MAV_TYPE. */
const FIRMWARE: readonly (readonly [string, ReadonlySet<number>])[] = [
  ['ArduCopter', new Set([2, 3, 4, 13, 14, 15, 29, 35])],
  ['ArduPlane', new Set([1, 19, 20, 21, 22, 23, 24, 25, 28])],
  ['Rover', new Set([10, 11])],
  ['ArduSub', new Set([12])],
  ['Blimp', new Set([7])],
  ['AntennaTracker', new Set([5])],
];

/** FIRMWARE_VERSION_TYPE: https://mavlink.io/en/messages/common.html#FIRMWARE_VERSION_TYPE */
const STAGES: Readonly<Record<number, string>> = { 0: '-dev', 64: '-alpha', 128: '-beta', 192: '-rc', 255: '' };
/** The filter that flies; others may run beside it. */
const ACTIVE = /^(?:AHRS: )?(EKF[23]) active/;
const LONGEST_TEXT = 50;
const HASH = /^[0-9a-f]{6,8}$/i;

/** Puts together what a vehicle says of itself: its heartbeat, its version, its texts of the start, a parameter. */
export class Introduction {
  private known: IntroductionState;

  constructor(state: IntroductionState = NOTHING) {
    this.known = state;
  }

  state(): IntroductionState {
    return this.known;
  }

  /** Takes in a frame of the autopilot. @returns what flies, where that is news */
  hear(frame: FrameParser, reader: PayloadReader): Introduced | undefined {
    switch (frame.id) {
      case ID.HEARTBEAT: {
        const [type, autopilot] = [reader.uint8(frame, HEARTBEAT_TYPE), reader.uint8(frame, HEARTBEAT_AUTOPILOT)];
        return type === this.known.type && autopilot === this.known.autopilot ? undefined : this.learn({ type, autopilot });
      }
      case ID.AUTOPILOT_VERSION:
        return this.learn({ version: versionOf(frame, reader), ...identityOf(frame, reader) });
      case ID.STATUSTEXT:
        return this.read(reader.characters(frame, 1, LONGEST_TEXT).trim());
      default:
        return undefined;
    }
  }

  /** Takes in a parameter. */
  parameter(name: string, value: number): Introduced | undefined {
    if (name !== 'AHRS_EKF_TYPE') return undefined;
    const estimator = value === 2 || value === 3 ? `EKF${value}` : OTHER_ESTIMATORS[value];
    return estimator === undefined ? undefined : this.learn({ estimator });
  }

  private read(text: string): Introduced | undefined {
    if (this.known.autopilot !== AUTOPILOT_ARDUPILOT) return undefined;
    if (VEHICLES.test(text)) return this.learn({ firmware: text });
    const [, board] = BOARD.exec(text) ?? [];
    if (board !== undefined) return this.learn({ hardware: board });
    const [, frame] = FRAME.exec(text) ?? [];
    if (frame !== undefined) return this.learn({ frame });
    const [, estimator] = ACTIVE.exec(text) ?? [];
    return estimator === undefined ? undefined : this.learn({ estimator });
  }

  private learn(news: Partial<IntroductionState>): Introduced | undefined {
    const before = this.known;
    const now = { ...before, ...news };
    this.known = now;
    const names = Object.keys(news) as (keyof IntroductionState)[];
    if (now.type < 0 || names.every((name) => before[name] === now[name])) return undefined;
    const { type, hardware, frame, estimator, identity } = now;
    return {
      type,
      text: { firmware: firmwareOf(now), hardware, airframe: airframeOf(kindOf(type), frame), estimator, identity },
    };
  }
}

function firmwareOf({ type, autopilot, firmware, version }: IntroductionState): string {
  if (firmware !== '') return firmware;
  const [ardupilot] = FIRMWARE.find(([, types]) => types.has(type)) ?? ['ArduPilot'];
  const name = autopilot === AUTOPILOT_ARDUPILOT ? ardupilot : autopilot === AUTOPILOT_PX4 ? 'PX4' : '';
  return [name, version].filter((part) => part !== '').join(' ');
}

/** `4.7.0-dev (9070097)`: version, stage and, as ArduPilot gives it, the beginning of the hash of its source. */
function versionOf(frame: FrameParser, reader: PayloadReader): string {
  const number = reader.uint32(frame, 16);
  const parts = [number >>> 24, (number >>> 16) & 0xff, (number >>> 8) & 0xff];
  const hash = reader.characters(frame, 36, 8);
  return number === 0 ? '' : `${parts.join('.')}${STAGES[number & 0xff] ?? ''}${HASH.test(hash) ? ` (${hash})` : ''}`;
}

/** What the board is known by, in hexadecimal digits: its long number, or else its short one. */
function identityOf(frame: FrameParser, reader: PayloadReader): { identity?: string } {
  const hex = (at: number, length: number) =>
    Array.from({ length }, (_, i) =>
      reader
        .uint8(frame, at + i)
        .toString(16)
        .padStart(2, '0'),
    ).join('');
  const identity = [hex(60, 18), hex(8, 8)].find((one) => /[^0]/.test(one));
  return identity === undefined ? {} : { identity };
}
