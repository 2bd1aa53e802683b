// Generations of a model: candidates are raised beside the one in office, and promoted or refused.

import { type Model, NO_NUMBERS, withRoom } from '../../api/index.js';
import { Calibrator, type CalibratorState, initialCalibrator } from '../alarms/calibrator.js';
import { type DriftState, DriftWatch, initialDrift } from './drift.js';

/** When a model is replaced by a younger one. */
export interface LifeSettings {
  /** Rows that a candidate learns from and is judged by. */
  readonly window: number;
  /** Rows between two candidates; `undefined`: only after a drift, or when asked for. */
  readonly refitEvery?: number | undefined;
  /** Whether a drift calls for a candidate. */
  readonly onDrift: boolean;
  /** Whether a candidate that holds is put into office by itself. */
  readonly promote: 'auto' | 'manual';
}

/** A model that is not in office: its plugin's state, and what its scores are measured against. */
export interface Shelved {
  readonly generation: number;
  readonly version: number;
  state: unknown;
  calibrator: CalibratorState;
}

/** What a candidate has shown so far. */
export interface Candidate extends Shelved {
  /** Rows of the stream that it has been led through. */
  position: number;
  /** Its p-values in the second half of the window, by twentieths, and how many were beyond the budget. */
  readonly histogram: Float64Array;
  judged: number;
  beyond: number;
  expected: number;
  /** How it was found once it had caught up; `undefined` before that. */
  found?: Finding;
}

export interface Finding {
  readonly fit: boolean;
  /** Largest distance of its p-values from uniform, and alarms against what the budget allows. */
  readonly distance: number;
  readonly alarms: number;
  readonly expected: number;
  readonly why: string;
}

/** The life of one model of one key: plain data, so that a checkpoint holds it. */
export interface LifeState {
  /** Of the model in office, from 1. */
  generation: number;
  /** The number that the last candidate got. */
  last: number;
  /** The last rows as the model saw them, a ring, whether they were odd, and how many there ever were. */
  rows: Float64Array;
  times: Float64Array;
  odd: Uint8Array;
  count: number;
  /** Count of rows when the last candidate was begun. */
  begun: number;
  candidate: Candidate | null;
  previous: Shelved | null;
  drift: DriftState;
  history: LifeEvent[];
}

export interface LifeEvent {
  /** Event time. */
  readonly time: number;
  readonly event: 'drift' | 'candidate' | 'refused' | 'ready' | 'promoted' | 'rolled-back';
  readonly generation: number;
  readonly detail: string;
}

/** The model in office, as the life may change it. */
export interface Office {
  /** Names of its columns. */
  readonly columns: readonly string[];
  readonly stateVersion: number;
  /** The state of a model that has seen nothing. */
  fresh(): unknown;
  make(state: unknown): Model;
  /** Takes the model in office out. */
  current(): { state: unknown; calibrator: CalibratorState };
  /** Puts another one in. */
  instal(state: unknown, calibrator: CalibratorState): void;
  /** Told of everything that happens. */
  tell(event: LifeEvent): void;
  readonly halfLifeMs: number;
}

/** Rows of the window that a candidate is led through for each row of the stream: it catches up without ever holding the stream. */
const PACE = 8;
const BINS = 20;
/** How far p-values may be from uniform: far beyond what chance does to thousands of rows that resemble their neighbours. */
const LARGEST_DISTANCE = 0.12;
const HISTORY = 20;

export const initialLife = (columns: number): LifeState => ({
  generation: 1,
  last: 1,
  rows: NO_NUMBERS,
  times: NO_NUMBERS,
  odd: new Uint8Array(0),
  count: 0,
  begun: 0,
  candidate: null,
  previous: null,
  drift: initialDrift(columns),
  history: [],
});

/**
 * Raises a candidate beside the model in office, from the rows of a window and at stated rows of the stream, so that replays and restarts
 * see the same model at the same row. It is promoted only if its p-values are uniform and its alarms within the budget.
 */
export class Life {
  readonly state: LifeState;
  private readonly settings: LifeSettings;
  private readonly office: Office;
  private readonly drift: DriftWatch;
  private running: { model: Model; calibrator: Calibrator } | undefined;

  constructor(state: LifeState, settings: LifeSettings, office: Office) {
    this.state = state;
    this.settings = settings;
    this.office = office;
    this.drift = new DriftWatch(state.drift, office.columns, Math.max(2_000, Math.floor(settings.window / 4)));
  }

  /**
   * A row that the model in office has judged and learned.
   * @param p its p-value, NaN while uncalibrated
   * @param odd whether the row was beyond the budget
   * @param allowed the budget as a share of rows
   */
  pass(row: Float64Array, time: number, p: number, odd: boolean, allowed: number): void {
    const { state, settings } = this;
    const at = state.count % settings.window;
    state.rows = withRoom(state.rows, (at + 1) * row.length, settings.window * row.length);
    state.times = withRoom(state.times, at + 1, settings.window);
    state.odd = withRoom(state.odd, at + 1, settings.window);
    state.rows.set(row, at * row.length);
    state.times[at] = time;
    state.odd[at] = odd ? 1 : 0;
    state.count++;
    const drift = Number.isNaN(p) ? undefined : this.drift.pass(row, p);
    if (drift !== undefined) this.note('drift', state.generation, time, drift);
    if (state.candidate === null) this.perhapsBegin(time, drift !== undefined && settings.onDrift);
    else if (state.candidate.found === undefined) this.lead(state.candidate, time, allowed);
  }

  /** Puts the candidate into office, whether or not it was found fit. @returns what is wrong with that */
  promote(time: number): string | undefined {
    const { candidate } = this.state;
    if (!candidate) return 'there is no candidate';
    if (!candidate.found) return 'the candidate has not caught up yet';
    this.instal(candidate, time, 'promoted');
    return undefined;
  }

  /** Puts the model before this one back into office. @returns what is wrong with that */
  rollBack(time: number): string | undefined {
    const { previous } = this.state;
    if (!previous) return 'there is no earlier model';
    this.instal(previous, time, 'rolled-back');
    return undefined;
  }

  private perhapsBegin(time: number, asked: boolean): void {
    const { state, settings } = this;
    if (state.count < settings.window) return;
    const since = state.count - state.begun;
    const due = settings.refitEvery !== undefined && since >= settings.refitEvery;
    if (!due && !(asked && since >= settings.window)) return;
    this.begin(time);
  }

  private begin(time: number): void {
    const { state, office, settings } = this;
    state.last++;
    state.begun = state.count;
    state.candidate = {
      generation: state.last,
      version: office.stateVersion,
      state: office.fresh(),
      calibrator: initialCalibrator(),
      position: state.count - settings.window,
      histogram: new Float64Array(BINS),
      judged: 0,
      beyond: 0,
      expected: 0,
    };
    this.running = undefined;
    this.note('candidate', state.last, time, `learns from the last ${settings.window} rows`);
  }

  /** Leads the candidate through the next rows of the window. */
  private lead(candidate: Candidate, time: number, allowed: number): void {
    const { state, settings, office } = this;
    this.running ??= {
      model: office.make(candidate.state),
      calibrator: new Calibrator(candidate.calibrator, office.halfLifeMs),
    };
    const { model, calibrator } = this.running;
    const width = office.columns.length;
    const half = state.begun - Math.floor(settings.window / 2);
    for (let i = 0; i < PACE && candidate.position < state.count; i++) {
      const at = candidate.position % settings.window;
      const row = state.rows.slice(at * width, (at + 1) * width);
      const when = state.times[at]!;
      const score = model.score(row, when);
      const p = Number.isNaN(score) ? Number.NaN : calibrator.p(score);
      // What was odd to the model in office is no measure of the candidate, and must not poison it.
      if (state.odd[at] === 0) {
        if (!Number.isNaN(p) && candidate.position >= half) this.measure(candidate, p, allowed);
        if (!Number.isNaN(score)) calibrator.add(score, when);
      }
      model.learn(row, when, Number.isNaN(p) ? 1 : p);
      candidate.position++;
    }
    if (candidate.position === state.count) this.examine(candidate, time);
  }

  private measure(candidate: Candidate, p: number, allowed: number): void {
    candidate.histogram[Math.min(BINS - 1, Math.floor(p * BINS))]!++;
    candidate.judged++;
    candidate.expected += allowed;
    if (p < allowed) candidate.beyond++;
  }

  private examine(candidate: Candidate, time: number): void {
    const { histogram, judged, beyond, expected } = candidate;
    const distance = distanceFromUniform(histogram, judged);
    const most = 2 * expected + 3 * Math.sqrt(expected) + 3;
    const why =
      judged < this.settings.window / 4
        ? `it gave only ${judged} p-values`
        : distance > LARGEST_DISTANCE
          ? `its p-values are ${distance.toFixed(2)} from uniform, at most ${LARGEST_DISTANCE} is fine`
          : beyond > most
            ? `it would have raised ${beyond} rows where the budget expects ${expected.toFixed(1)}`
            : '';
    candidate.found = { fit: why === '', distance, alarms: beyond, expected, why };
    this.running = undefined;
    if (why !== '') {
      this.state.candidate = null;
      this.note('refused', candidate.generation, time, why);
    } else if (this.settings.promote === 'auto') this.instal(candidate, time, 'promoted');
    else this.note('ready', candidate.generation, time, 'waits for engine model promote');
  }

  private instal(next: Shelved, time: number, event: 'promoted' | 'rolled-back'): void {
    const { state, office } = this;
    const { state: old, calibrator } = office.current();
    state.previous = { generation: state.generation, version: office.stateVersion, state: old, calibrator };
    state.generation = next.generation;
    if (event === 'promoted') state.candidate = null;
    this.running = undefined;
    state.drift = Object.assign(state.drift, initialDrift(office.columns.length));
    office.instal(next.state, next.calibrator);
    this.note(event, next.generation, time, `in place of generation ${state.previous.generation}`);
  }

  private note(event: LifeEvent['event'], generation: number, time: number, detail: string): void {
    const entry: LifeEvent = { time, event, generation, detail };
    this.state.history.push(entry);
    if (this.state.history.length > HISTORY) this.state.history.shift();
    this.office.tell(entry);
  }
}

/** The Kolmogorov–Smirnov distance of counts in equal bins from uniform. */
export function distanceFromUniform(counts: Float64Array, total: number): number {
  let sum = 0;
  let most = 0;
  for (let i = 0; i < counts.length; i++) {
    sum += counts[i]!;
    most = Math.max(most, Math.abs(sum / total - (i + 1) / counts.length));
  }
  return most;
}
