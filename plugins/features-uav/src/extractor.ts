// Messages of many rates become rows of one rate.

import {
  copying,
  type FeatureExtractor,
  type Missing,
  NOT_OBSERVED,
  type Observation,
  type Rows,
  type Words,
} from '@quantstream/engine';
import { CONTEXT, partsOf } from './catalogue.js';
import { columnsOf, type Settings } from './config.js';
import { aboutOf } from './flight/about.js';
import { FLIGHT_CONSUMES, type Flight, initialFlight, isAirborne, isJudged, lastHeard, updateFlight } from './flight/flight.js';
import type { Values } from './inputs.js';
import { hearParameter, initialParameters, PARAMETERS_CONSUMES, type ParametersState, valueIn } from './parameters/parameters.js';
import type { Gate, Part } from './part.js';
import {
  type Before,
  hearHealth,
  hearState,
  hearText,
  initialWords,
  settleText,
  WORDS_CONSUMES,
  type WordsState,
} from './words/words.js';

/** What does not come from the autopilot: a silent vehicle's radio and companions go on speaking. */
const NOT_ITS_OWN: ReadonlySet<string> = new Set(['link', 'radio_status']);

/** A message that is older than the last one of its type by less was overtaken on its way; by more, a clock was set, ms. */
const OVERTAKEN = 2_000;

/** Of a text so much is kept. */
const LONGEST_TEXT = 255;

/** By observation type: copies what is read of one. */
type Copies = ReadonlyMap<string, (values: Values) => Values>;

/** What waits for the next row, in order of time. */
interface Waiting {
  readonly type: string;
  readonly time: number;
  /** When it was measured by a clock of the vehicle, ms; NaN where it does not say. */
  readonly stamp: number;
  readonly values: Values;
  /** What it says in words; empty where it says nothing. */
  readonly text: string;
}

/** All that survives a restart. */
export interface State {
  /** Observations behind the last row: they are taken in when the next one is due, so that even late ones come in order. */
  waiting: Waiting[];
  /** By observation type: when the last one was measured, ms by a clock of the vehicle. */
  stamps: Record<string, number>;
  flight: Flight;
  words: WordsState;
  parameters: ParametersState;
  /** What the board of the vehicle is known by; empty until it said so. */
  identity: string;
  /** By name of the part. */
  parts: Record<string, object>;
  /** Time of the last row; NaN before the first. */
  row: number;
}

/** The parts that any chosen column comes from. */
function chosenParts(settings: Settings): Part[] {
  const chosen = new Set<string>(columnsOf(settings));
  return partsOf(settings).filter(({ columns }) => columns.some(({ name }) => chosen.has(name)));
}

const known = new WeakMap<Settings, Copies>();

/** What the phases of flight and the chosen parts read, by observation type. */
function copiesFor(settings: Settings): Copies {
  let copies = known.get(settings);
  if (!copies) {
    const fields = new Map<string, Set<string>>();
    for (const consumes of [
      FLIGHT_CONSUMES,
      WORDS_CONSUMES,
      PARAMETERS_CONSUMES,
      ...chosenParts(settings).map((part) => part.consumes),
    ]) {
      for (const [type, inputs] of Object.entries(consumes))
        fields.set(type, new Set([...(fields.get(type) ?? []), ...Object.keys(inputs)]));
    }
    copies = new Map([...fields].map(([type, names]) => [type, copying([...names])]));
    known.set(settings, copies);
  }
  return copies;
}

export function initialState(settings: Settings): State {
  const parts = Object.fromEntries(chosenParts(settings).map((part) => [part.name, part.initial()]));
  return {
    waiting: [],
    stamps: {},
    flight: initialFlight(),
    words: initialWords(),
    parameters: initialParameters(),
    identity: '',
    parts,
    row: Number.NaN,
  };
}

/** The state of an earlier version, with what is new as at the beginning. */
export function grown(state: State, settings: Settings): State {
  const fresh = initialState(settings);
  const parts = Object.entries(fresh.parts).map(([name, part]) => [name, { ...part, ...state.parts[name] }] as const);
  const waiting = state.waiting.map((one) => ({ ...one, text: one.text ?? '' }));
  const flight = { ...fresh.flight, ...state.flight };
  const words = { ...fresh.words, ...state.words };
  return { ...fresh, ...state, waiting, stamps: state.stamps ?? {}, flight, words, parts: Object.fromEntries(parts) };
}

/** A part at work, and where its columns go. */
interface Placed {
  readonly part: Part;
  state: object;
  readonly out: Float64Array;
  /** By column of the part: its place in the row, or −1. */
  readonly places: readonly number[];
  readonly gates: readonly Gate[];
}

/**
 * Telemetry of one vehicle, sent in messages of many rates, becomes rows of one rate. The row at time t holds what was said before t; an
 * observation of that very moment belongs to the next one. In flight rows go on through a silence, for `lostAfter`; on the ground for
 * `staleAfter`. The end of a recording closes the last row and makes up no silence. A reboot begins anew.
 */
export class TelemetryExtractor implements FeatureExtractor {
  private readonly settings: Settings;
  private readonly state: State;
  private readonly placed: Placed[];
  /** By observation type: the parts that read it. */
  private readonly readers = new Map<string, Placed[]>();
  /** By observation type: copies what is read of one. */
  private readonly copies: Copies;
  /** What was said until the row that is due. */
  private readonly said: Words[] = [];
  private readonly before: Before = { known: false, armed: false, mode: Number.NaN, status: Number.NaN };

  constructor(settings: Settings, state: State) {
    this.settings = settings;
    this.state = state;
    const places = new Map<string, number>(columnsOf(settings).map((name, i) => [name, CONTEXT.length + i]));
    this.placed = chosenParts(settings).map((part) => ({
      part,
      state: state.parts[part.name]!,
      out: new Float64Array(part.columns.length),
      places: part.columns.map(({ name }) => places.get(name) ?? -1),
      gates: part.columns.map(({ gate }) => gate),
    }));
    for (const placed of this.placed) {
      for (const type of Object.keys(placed.part.consumes)) {
        const readers = this.readers.get(type);
        if (readers) readers.push(placed);
        else this.readers.set(type, [placed]);
      }
    }
    this.copies = copiesFor(settings);
  }

  update({ type, time, values, text }: Observation): void {
    // What flies does not change with time: it counts at once.
    if (type === 'vehicle') {
      this.introduce(text);
      return;
    }
    const { waiting } = this.state;
    let place = waiting.length;
    while (place > 0 && waiting[place - 1]!.time > time) place--;
    // An observation belongs to whoever made it: what is read of it is kept as a copy.
    const stamp = values.time_boot_ms ?? values.time_usec! / 1_000;
    const kept = {
      type,
      time,
      stamp,
      values: this.copies.get(type)?.(values) ?? {},
      text: (type === 'parameter' ? text?.name : text?.text)?.slice(0, LONGEST_TEXT) ?? '',
    };
    if (place === waiting.length) waiting.push(kept);
    else waiting.splice(place, 0, kept);
  }

  advance(watermark: number, rows: Rows): number {
    const { every } = this.settings;
    for (;;) {
      const due = this.due();
      // At the end only what was heard has a row.
      if (watermark === Number.POSITIVE_INFINITY ? this.state.waiting.length === 0 : due > watermark) break;
      this.takeBefore(due);
      this.emit(due, rows);
    }
    if (watermark === Number.POSITIVE_INFINITY) return watermark;
    if (this.due() === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY;
    // The next row's time and not that of what waits first: a late one may still come before it.
    return endOf(watermark, every);
  }

  /** A vehicle that rebooted is another one, as is what two vehicles together say, and none was silent while nobody listened. Other losses are not made up. */
  missing({ reason, to }: Missing): void {
    const { flight } = this.state;
    if (/reboot/.test(reason)) this.restart(to);
    else if (/two vehicles/.test(reason)) {
      this.restart(Number.NaN);
      flight.mixed = true;
    } else if (reason === NOT_OBSERVED) flight.listening = to;
  }

  /** What flies; another board than before is another vehicle, of which nothing is known yet. */
  private introduce(text: Observation['text'] = {}): void {
    const { state } = this;
    const identity = text.identity?.slice(0, LONGEST_TEXT) ?? '';
    if (identity !== '' && state.identity !== '' && identity !== state.identity) {
      this.restart(Number.NaN);
      state.parameters = initialParameters();
    }
    if (identity !== '') state.identity = identity;
    state.flight.about = aboutOf(text);
  }

  private restart(time: number): void {
    const { state } = this;
    const inFlight = isAirborne(state.flight);
    const fresh = initialState(this.settings);
    // What holds of the whole recording is not forgotten.
    const { began, flown, mixed, about } = state.flight;
    Object.assign(state.flight, fresh.flight, { began, flown, mixed, about });
    if (inFlight) state.flight.rebooted = time;
    for (const placed of this.placed) {
      placed.state = fresh.parts[placed.part.name]!;
      state.parts[placed.part.name] = placed.state;
    }
    state.waiting.length = 0;
    state.words = fresh.words;
    state.stamps = {};
    state.row = Number.NaN;
  }

  /** Time of the next row; ∞ where nothing is to be said. */
  private due(): number {
    const { state, settings } = this;
    const { every } = settings;
    const [first] = state.waiting;
    const heard = first === undefined ? Number.POSITIVE_INFINITY : endOf(first.time, every);
    const patience = isAirborne(state.flight) ? settings.lostAfter : settings.staleAfter;
    // Between two runs nobody listened: no rows stand there.
    const { listening } = state.flight;
    const since = listening > state.row ? Math.floor(listening / every) * every : state.row;
    const next = since + every;
    return next - lastHeard(state.flight) <= patience ? Math.min(next, heard) : heard;
  }

  /** Takes in what was said before a row, in order. */
  private takeBefore(end: number): void {
    const { said, before } = this;
    const { waiting, stamps, flight, words, parameters } = this.state;
    said.length = 0;
    let count = 0;
    while (count < waiting.length && waiting[count]!.time < end) {
      const { type, time, stamp, values, text } = waiting[count++]!;
      if (!NOT_ITS_OWN.has(type)) flight.heard = time;
      const older = stamps[type]! - stamp;
      if (older > 0 && older < OVERTAKEN) continue;
      if (stamp > 0) stamps[type] = stamp;
      if (type === 'statustext') hearText(words, values, text, time, flight, said);
      else if (type === 'sys_status') hearHealth(words, values, time, flight, said);
      else if (type === 'parameter') hearParameter(parameters, text, values.value ?? Number.NaN, time, flight, said);
      if (type in FLIGHT_CONSUMES) {
        if (type === 'heartbeat') remember(before, flight);
        updateFlight(flight, type, values, time, this.settings.judgedAbove);
        if (type === 'heartbeat') hearState(before, flight, time, said);
      }
      const readers = this.readers.get(type);
      if (readers === undefined) continue;
      for (const { part, state } of readers) part.update(state, type, values, time, flight);
    }
    waiting.splice(0, count);
    settleText(words, end, flight, said);
  }

  private emit(time: number, rows: Rows): void {
    const { flight } = this.state;
    const row = rows.next(time);
    if (this.settings.words) for (const words of this.said) rows.say(words);
    this.context(row, time);
    const judged = isJudged(flight, time);
    const parameter = valueIn(this.state.parameters);
    for (const { part, state, out, places, gates } of this.placed) {
      part.write(state, out, time, flight, parameter);
      for (let i = 0; i < places.length; i++) {
        const place = places[i]!;
        if (place < 0) continue;
        const gate = gates[i]!;
        const open = gate === 'always' || (gate === 'armed' ? flight.armed : judged);
        const value = out[i]!;
        row[place] = open && Number.isFinite(value) ? value : Number.NaN;
      }
    }
    this.state.row = time;
  }

  private context(row: Float64Array, time: number): void {
    const { flight } = this.state;
    const known = time - flight.positionTime <= this.settings.staleAfter;
    row[0] = known ? flight.latitude : Number.NaN;
    row[1] = known ? flight.longitude : Number.NaN;
    row[2] = known ? flight.height : Number.NaN;
    row[3] = known ? Math.hypot(flight.north, flight.east) : Number.NaN;
    row[4] = flight.mode;
    row[5] = (flight.boot + time - flight.bootTime) / 1_000;
    row[6] = flight.phase;
  }
}

/** Keeps what a HEARTBEAT may change. */
function remember(before: { -readonly [Name in keyof Before]: Before[Name] }, { known, armed, mode, status }: Flight): void {
  before.known = known;
  before.armed = armed;
  before.mode = mode;
  before.status = status;
}

/** End of the stretch of `every` that holds `time`: a multiple of it, after it. */
function endOf(time: number, every: number): number {
  return (Math.floor(time / every) + 1) * every;
}
