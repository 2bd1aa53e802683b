// What the autopilot says in words, and what it tells of itself by its state.

import type { Consumes, Severity, Words } from '@quantstream/engine';
import { type Flight, isAirborne, isJudged, isWinged } from '../flight/flight.js';
import { fields, type Values } from '../inputs.js';
import { addPiece, isOverdue, noPieces, type Pieces, takeKnown } from './joined.js';
import { modeName } from './modes.js';
import { hearSensors, SENSORS_CONSUMES, type SensorsState } from './sensors.js';
import { subsystemOf } from './subsystems.js';

/** MAV_SEVERITY: 0 emergency, 1 alert, 2 critical, 3 error, 4 warning, 5 notice, 6 info, 7 debug. */
const CRITICAL = 2;
const WARNING = 4;
/** MAV_STATE. */
const STATE_CRITICAL = 5;
const STATE_EMERGENCY = 6;

/** What says that something is over is said as loudly as its beginning, and is nothing wrong. */
const OVER = /(?:\b(?:cleared|recovered|resolved|re-enabled|restored|off|now ok|is ok)|\bno longer \w+)\W*$/i;
/** What refuses arming concerns whoever wants to fly; the vehicle stands. */
const BEFORE_ARMING = /^(?:PreArm|Arm)\b/i;
const NUMBERS = /[-+]?\d+(?:\.\d+)?/g;

/** What words need of messages. */
export const WORDS_CONSUMES: Consumes = { statustext: fields('1', 'severity', 'id', 'chunk_seq'), ...SENSORS_CONSUMES };

/** What is remembered of them. Plain data. */
export interface WordsState {
  pieces: Pieces;
  sensors: SensorsState;
}

export const initialWords = (): WordsState => ({ pieces: noPieces(), sensors: {} });

/** What the whole vehicle was like before a message, to be compared with what it is like behind it. */
export type Before = Pick<Flight, 'known' | 'armed' | 'mode' | 'status'>;

/** Whether a flight is under way as far as anything says, so that its warnings count: not while it takes off, touches down or stands. */
function isUnderWay(flight: Flight, time: number): boolean {
  return !flight.known || isJudged(flight, time) || (isAirborne(flight) && Number.isNaN(flight.height));
}

/**
 * How bad a text is, by the severity that the autopilot gives it; a log that gives none makes it worth knowing. On the ground only what is critical
 * counts, and what refuses arming does not.
 */
function severityOf(said: number, text: string, time: number, flight: Flight): Severity {
  if (!(said <= WARNING) || OVER.test(text)) return 'info';
  if (said <= CRITICAL) return flight.known && !isAirborne(flight) && BEFORE_ARMING.test(text) ? 'info' : 'critical';
  return isUnderWay(flight, time) ? 'warning' : 'info';
}

function speak(out: Words[], severity: number, text: string, time: number, flight: Flight): void {
  const said = text.trim();
  if (said === '') return;
  const subsystem = subsystemOf(said);
  out.push({
    name: said.replace(NUMBERS, '#'),
    severity: severityOf(severity, said, time, flight),
    reason: `the autopilot says "${said}"`,
    ...(subsystem === undefined ? {} : { subsystem }),
  });
}

/** Takes in one STATUSTEXT; what is whole goes to `out`. */
export function hearText(state: WordsState, values: Values, text: string, time: number, flight: Flight, out: Words[]): void {
  const { pieces } = state;
  const { severity = Number.NaN, id = 0, chunk_seq: sequence = 0 } = values;
  if (pieces.id !== 0 && pieces.id !== id) flush(state, time, flight, out);
  if (id === 0) {
    speak(out, severity, text, time, flight);
    return;
  }
  if (pieces.id === 0) Object.assign(pieces, { id, severity, since: time });
  if (addPiece(pieces, sequence, text)) flush(state, time, flight, out);
}

/** Gives up on pieces that do not come. */
export function settleText(state: WordsState, time: number, flight: Flight, out: Words[]): void {
  if (isOverdue(state.pieces, time)) flush(state, time, flight, out);
}

function flush(state: WordsState, time: number, flight: Flight, out: Words[]): void {
  const { severity } = state.pieces;
  speak(out, severity, takeKnown(state.pieces), time, flight);
}

/** What a SYS_STATUS says that is news: which sensors and subsystems the autopilot calls unhealthy. */
export function hearHealth({ sensors }: WordsState, values: Values, time: number, flight: Flight, out: Words[]): void {
  hearSensors(sensors, values, time, (name, subsystem) => {
    out.push({
      name: `unhealthy ${name}`,
      severity: isUnderWay(flight, time) ? 'warning' : 'info',
      reason: `the autopilot calls its ${name} unhealthy`,
      ...(subsystem === undefined ? {} : { subsystem }),
    });
  });
}

/** What a HEARTBEAT says that is news: its mode, arming, and that it calls its state critical. */
export function hearState(before: Before, flight: Flight, time: number, out: Words[]): void {
  if (!before.known) return;
  const { armed, mode, status, autopilot, type } = flight;
  if (armed !== before.armed) {
    const state = armed ? 'armed' : 'disarmed';
    out.push({ name: state, severity: 'info', reason: `the autopilot is ${state}` });
  }
  if (mode !== before.mode && !Number.isNaN(mode) && !Number.isNaN(before.mode)) {
    const [from, to] = [before.mode, mode].map((one) => modeName(one, autopilot, isWinged(flight), type));
    out.push({ name: `mode ${to}`, severity: 'info', reason: `the autopilot goes from mode ${from} to ${to}` });
  }
  if (status !== before.status && (status === STATE_CRITICAL || status === STATE_EMERGENCY)) {
    const called = status === STATE_EMERGENCY ? 'an emergency' : 'critical';
    out.push({
      name: `state ${called}`,
      severity: isUnderWay(flight, time) ? 'warning' : 'info',
      reason: `the autopilot calls its state ${called}`,
    });
  }
}
