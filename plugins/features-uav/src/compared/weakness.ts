// The motors of a multicopter against the first minute of its flight: one that grows weak is given more, and its own place and sense of rotation show it.

import { isJudged } from '../flight/flight.js';
import { COMMON, fields } from '../inputs.js';
import { type ParameterOf, type Part, part } from '../part.js';
import { countOf, type MotorSettings, outputOf } from '../parts/motors.js';
import { fresh, smooth } from '../smoothing.js';

const SENT = 16;
/** The first minute is what a flight is held against, ms: nothing that comes later changes it. */
const FIRST = 60_000;
/** Mean of what is held against it, ms: gusts and manoeuvres are shorter. */
const PRESENT = 30_000;
/** Outputs below this share of the range are noise. */
const IDLE = 0.05;
/** Motors that do much more or less work than in the first minute (a climb, a fast leg, a descent) do it in another way. */
const ALIKE = 0.2;
/** The lean must point to the arm of the motor rather than to another one, within 45°: what lies across it, at most as much as what lies along it. */
const ACROSS = 1;

interface State {
  count: number;
  time: number;
  /** Shares of the mean output: in the first minute, and now. */
  first: Float64Array;
  present: Float64Array;
  /** Mean of all outputs in the first minute. */
  firstMean: number;
  /** How much flight was taken in, ms. */
  learned: number;
}

/** Where the motors sit, degrees clockwise from some direction, and which way each turns, 1 or −1; of both only what motors have in common counts. */
interface Frame {
  readonly angles: readonly number[];
  readonly turns: readonly number[];
}

/** Numbers as ArduPilot and PX4 count motors; + and X differ by a turn of the whole. */
const FRAMES = {
  quad: { angles: [45, -135, -45, 135], turns: [1, 1, -1, -1] },
  betaflight: { angles: [135, 45, -135, -45], turns: [-1, 1, 1, -1] },
  dji: { angles: [45, -45, -135, 135], turns: [1, -1, 1, -1] },
  clockwise: { angles: [45, 135, -135, -45], turns: [1, -1, 1, -1] },
  hexa: { angles: [90, -90, -30, 150, 30, -150], turns: [1, -1, 1, -1, -1, 1] },
  octo: { angles: [0, 180, 45, 135, -45, -135, -90, 90], turns: [1, 1, -1, -1, -1, -1, 1, 1] },
  octoquad: { angles: [45, -45, -135, 135, -45, 45, 135, -135], turns: [1, -1, 1, -1, 1, -1, 1, -1] },
} satisfies Record<string, Frame>;

/** FRAME_TYPE of quadcopters: +, X, V and H; then those that count otherwise. */
const QUADS: Readonly<Record<number, Frame>> = {
  0: FRAMES.quad,
  1: FRAMES.quad,
  2: FRAMES.quad,
  3: FRAMES.quad,
  12: FRAMES.betaflight,
  13: FRAMES.dji,
  14: FRAMES.clockwise,
  18: FRAMES.betaflight,
};
/** FRAME_CLASS of those with more motors. */
const CLASSES: Readonly<Record<number, Frame>> = { 2: FRAMES.hexa, 3: FRAMES.octo, 4: FRAMES.octoquad };

/** The slow loss of a motor, which moves its own usual share with it. Planes, helicopters and frames that are not known: missing. */
export function weakness(settings: MotorSettings, staleAfter: number): Part {
  const needs = ['heartbeat.type', 'servo_output_raw.servo1_raw'];
  const columns = { source: `${COMMON}#SERVO_OUTPUT_RAW`, needs, gate: 'airborne' } as const;
  return part<State>({
    name: 'weakness',
    consumes: {
      servo_output_raw: {
        ...fields('µs', ...Array.from({ length: SENT }, (_, i) => `servo${i + 1}_raw`)),
        ...fields('1', 'port'),
      },
    },
    columns: [
      {
        name: 'motor_weakness',
        unit: '%',
        about:
          'How much more of the work one motor does than in the first minute of this flight, as far as all that the others do about it agrees: wind, speed and load lean a vehicle without a turn about its mast, a trim of yaw turns it without a lean.',
        formula:
          '100 · (share / share of the first 60 s of flight − 1), share = output / mean of outputs, a mean over 30 s of what is within 20 % of the mean output of that minute; of these their part along the arm of the motor and that in yaw, the smaller one; 0 where the lean points elsewhere by more than 45°. Quadcopters in the order of ArduPilot and PX4 (FRAME_TYPE where known); hexa- and octocopters where FRAME_CLASS is known',
        ...columns,
      },
      {
        name: 'weak_motor',
        unit: '1',
        about: 'Which motor that is, counted from 1 in the order of its outputs: for messages, not for models.',
        formula: 'the place of the motor whose motor_weakness is largest; 0 where none is',
        ...columns,
      },
    ],
    initial: () => ({
      count: 0,
      time: Number.NaN,
      first: new Float64Array(SENT),
      present: new Float64Array(SENT),
      firstMean: Number.NaN,
      learned: 0,
    }),
    update(state, _type, values, time, flight) {
      // Port 1 carries auxiliary outputs.
      if ((values.port ?? 0) !== 0) return;
      const count = countOf(settings, flight);
      // Another load may hang from it on the next flight.
      if (!flight.armed || count !== state.count) state.learned = 0;
      const dt = Math.min(time - state.time, PRESENT) || 0;
      state.count = count;
      state.time = time;
      if (!isJudged(flight, time)) return;
      let sum = 0;
      for (let i = 0; i < count; i++) sum += outputOf(values, i, settings);
      const mean = sum / count;
      if (!(mean > IDLE)) return;
      const [begun, early] = [state.learned > 0, state.learned < FIRST];
      if (!early && Math.abs(mean / state.firstMean - 1) > ALIKE) return;
      state.learned += Math.max(dt, 1);
      if (early) state.firstMean = begun ? state.firstMean + ((mean - state.firstMean) * dt) / state.learned : mean;
      for (let i = 0; i < count; i++) {
        const share = outputOf(values, i, settings) / mean;
        // Plain means at first.
        if (early) state.first[i] = begun ? state.first[i]! + ((share - state.first[i]!) * dt) / state.learned : share;
        state.present[i] = begun ? smooth(state.present[i]!, share, dt, Math.min(PRESENT, state.learned)) : share;
      }
    },
    write(state, out, time, _flight, parameter) {
      const frame = frameOf(state.count, parameter);
      const known = frame !== undefined && state.learned >= FIRST + PRESENT ? 1 : Number.NaN;
      const [weakest, most] = known === 1 ? weakestOf(state, frame!) : [0, 0];
      out[0] = fresh(100 * most * known, state.time, time, staleAfter);
      out[1] = fresh(weakest * known, state.time, time, staleAfter);
    },
  });
}

function frameOf(count: number, parameter: ParameterOf): Frame | undefined {
  const type = parameter('FRAME_TYPE');
  if (count === 4) return Number.isNaN(type) ? FRAMES.quad : QUADS[type];
  const frame = CLASSES[parameter('FRAME_CLASS')];
  return frame?.angles.length === count ? frame : undefined;
}

/**
 * A weak motor i of n is made up for by more lift, by a lean along its arm and by a turn against its own: of its shortfall e the mixer sends
 * 2e/n to what leans and e/n to what turns. Both are found by least squares.
 */
function weakestOf({ count, first, present }: State, { angles, turns }: Frame): [motor: number, by: number] {
  let [ahead, right, turn] = [0, 0, 0];
  for (let i = 0; i < count; i++) {
    const by = present[i]! / first[i]! - 1;
    const angle = (angles[i]! * Math.PI) / 180;
    ahead += by * Math.cos(angle);
    right += by * Math.sin(angle);
    turn += by * turns[i]!;
  }
  let [weakest, most] = [0, 0];
  for (let i = 0; i < count; i++) {
    const angle = (angles[i]! * Math.PI) / 180;
    const along = ahead * Math.cos(angle) + right * Math.sin(angle);
    const across = Math.abs(ahead * Math.sin(angle) - right * Math.cos(angle));
    const by = Math.min(along, turn * turns[i]!);
    if (by > most && across <= ACROSS * by) [weakest, most] = [i + 1, by];
  }
  return [weakest, most];
}
