// The parameters of a vehicle: what it has said of them, what was changed in flight, and what of it is dangerous.

import type { Consumes, Remark, Words } from '@quantstream/engine';
import { type Flight, isAirborne } from '../flight/flight.js';
import { optional } from '../inputs.js';
import { type Danger, dangersOf } from './dangers.js';
import { isCalibrated, isVolatile } from './names.js';

/** Parameters of one vehicle that are remembered; ArduPilot has some 1,400. */
const MOST = 4_096;
/** Changes in flight that a report tells one by one. */
const MOST_CHANGES = 8;
/** A pack gave more than it is said to hold by so much: no rounding, and no pack that was a little better. */
const MORE_THAN_ALL = 1.05;

/** What this reads of messages. */
export const PARAMETERS_CONSUMES: Consumes = { parameter: { value: optional('1') } };

/** One that was changed in flight. */
interface Change {
  readonly name: string;
  readonly before: number;
  readonly after: number;
  /** The vehicle's own clock, s. */
  readonly clock: number;
}

/** Plain data; names and values side by side, in the order in which they were said first. */
export interface ParametersState {
  names: string[];
  values: number[];
  changes: Change[];
  /** Changes in flight, all of them. */
  changed: number;
}

export const initialParameters = (): ParametersState => ({ names: [], values: [], changes: [], changed: 0 });

/** How a value is written: MAVLink carries floats of 32 bits, so 0.1 came as 0.10000000149. */
const shown = (value: number): string => String(Number(value.toPrecision(7)));

const indexes = new WeakMap<readonly string[], Map<string, number>>();

/** Where a parameter stands, or −1. */
function placeOf(names: readonly string[], name: string): number {
  let index = indexes.get(names);
  if (index === undefined || index.size !== names.length) {
    index = new Map(names.map((one, i) => [one, i]));
    indexes.set(names, index);
  }
  return index.get(name) ?? -1;
}

export const valueIn =
  ({ names, values }: ParametersState) =>
  (name: string): number =>
    values[placeOf(names, name)] ?? Number.NaN;

/** Takes in one parameter; a change in flight goes to `out`. */
export function hearParameter(
  state: ParametersState,
  name: string,
  value: number,
  time: number,
  flight: Flight,
  out: Words[],
): void {
  const { names, values } = state;
  if (name === '' || Number.isNaN(value) || isVolatile(name)) return;
  const place = placeOf(names, name);
  if (place < 0) {
    if (names.length >= MOST) return;
    indexes.get(names)?.set(name, names.length);
    names.push(name);
    values.push(value);
    return;
  }
  const before = values[place]!;
  if (Math.fround(before) === Math.fround(value)) return;
  const flies = isAirborne(flight) && !isCalibrated(name);
  const dangers = flies ? dangersOf(valueIn(state), flight) : [];
  values[place] = value;
  if (!flies) return;
  state.changed++;
  const clock = (flight.boot + time - flight.bootTime) / 1_000;
  if (state.changes.length < MOST_CHANGES) state.changes.push({ name, before, after: value, clock });
  const known = new Set(dangers.map(({ text }) => text));
  const news = dangersOf(valueIn(state), flight).find((one) => one.names.includes(name) && !known.has(one.text));
  out.push({
    name: `parameter ${name}`,
    severity: news ? 'warning' : 'info',
    reason: `${name} was changed in flight, ${shown(before)} → ${shown(value)}${news ? `: ${news.text}` : ''}`,
  });
}

/**
 * What a report says of the parameters of a recording.
 * @param used what was drawn from the main battery, mAh; NaN where nobody said it
 */
export function parameterRemarks(state: ParametersState, flight: Flight, used: number): Remark[] {
  const value = valueIn(state);
  const dangers: Pick<Danger, 'text' | 'source'>[] = dangersOf(value, flight);
  const packs = ['BATT_CAPACITY', 'BAT1_CAPACITY'].filter((name) => value(name) > 0 && used > value(name) * MORE_THAN_ALL);
  for (const name of packs) {
    dangers.push({
      text: `${name} is ${shown(value(name))} mAh and ${Math.round(used)} mAh were drawn: the charge that is left is counted from a wrong capacity`,
      source: 'https://ardupilot.org/copter/docs/common-power-module-configuration-in-mission-planner.html',
    });
  }
  const remarks = dangers.map(
    ({ text, source }): Remark => ({ severity: 'warning', text: `${text} (${source})`, describes: true }),
  );
  if (state.changed === 0) return remarks;
  const told = state.changes.map(
    ({ name, before, after, clock }) =>
      `${name} ${shown(before)} → ${shown(after)}${Number.isNaN(clock) ? '' : ` at ${clock.toFixed(1)} s`}`,
  );
  const rest = state.changed - told.length;
  const many = state.changed === 1 ? 'a parameter was' : `${state.changed} parameters were`;
  const text = `${many} changed in flight: ${told.join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
  return [...remarks, { severity: 'info', text, describes: true }];
}
