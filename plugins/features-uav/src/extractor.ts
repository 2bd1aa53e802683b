import type { FeatureExtractor, Observation, Rows } from '@quantstream/engine';
import type { Signal } from './columns.js';
import { type Settings, signalsOf } from './config.js';

// A window is the time between two rows: [end − every, end). Laid out flat: its end, when the vehicle was last heard in it, then
// four numbers for each signal.
const END = 0;
const HEARD = 1;
const FIRST = 2;
const SUM = 0;
const COUNT = 1;
const LATEST = 2;
const LATEST_TIME = 3;
const PER_SIGNAL = 4;

/** Context columns that come first: latitude, longitude, age. */
const PLACE_COLUMNS = 2;
const AGE_COLUMN = 2;
const CONTEXT_COLUMNS = 3;

/** All that survives a restart. */
export interface State {
  /** Windows with observations whose row is not due yet, by end; several under a lateness. */
  open: Float64Array[];
  /** By signal: its latest value in windows that are over, and the time of that. NaN before the first. */
  latest: Float64Array;
  latestTime: Float64Array;
  /** When the vehicle was last heard in a window that is over, and the time of the last row. NaN before the first. */
  heard: number;
  row: number;
}

export function initialState(settings: Settings): State {
  const signals = signalsOf(settings).length;
  return {
    open: [],
    latest: new Float64Array(signals).fill(Number.NaN),
    latestTime: new Float64Array(signals).fill(Number.NaN),
    heard: Number.NaN,
    row: Number.NaN,
  };
}

interface Input {
  /** Index of the signal. */
  readonly index: number;
  readonly read: Signal['read'];
}

/**
 * Samples of one vehicle, each at its own rate, become rows at one rate. The row at time t holds what was heard before t; an
 * observation of that very moment belongs to the next one. Rows go on through a silence for `staleAfter` and then stop, so a lost link
 * is a gap and not an endless repetition. The end of a recording closes the last window and makes up no silence.
 */
export class TelemetryExtractor implements FeatureExtractor {
  private readonly every: number;
  private readonly staleAfter: number;
  private readonly state: State;
  private readonly signals: readonly Signal[];
  /** By observation type: what is read from it. */
  private readonly inputs: ReadonlyMap<string, readonly Input[]>;
  /** The window that the next row closes, for its means; none while the vehicle is silent. */
  private over: Float64Array | undefined;

  constructor(settings: Settings, state: State) {
    this.every = settings.every;
    this.staleAfter = settings.staleAfter;
    this.state = state;
    this.signals = signalsOf(settings);
    const inputs = new Map<string, Input[]>();
    this.signals.forEach(({ inputs: [first], read }, index) => {
      const type = first.slice(0, first.indexOf('.'));
      inputs.set(type, [...(inputs.get(type) ?? []), { index, read }]);
    });
    this.inputs = inputs;
  }

  update({ type, time, values }: Observation): void {
    const window = this.windowOf(time);
    if (!(time < window[HEARD])) window[HEARD] = time;
    const inputs = this.inputs.get(type);
    if (inputs === undefined) return;
    for (const { index, read } of inputs) {
      const value = read(values);
      if (value === undefined) continue;
      const at = FIRST + index * PER_SIGNAL;
      window[at + SUM] += value;
      window[at + COUNT]++;
      // Under a lateness samples come out of order.
      if (!(time < window[at + LATEST_TIME])) {
        window[at + LATEST] = value;
        window[at + LATEST_TIME] = time;
      }
    }
  }

  advance(watermark: number, rows: Rows): number {
    const { open } = this.state;
    for (;;) {
      const end = open.length > 0 ? open[0][END] : Number.POSITIVE_INFINITY;
      const silent = this.nextSilent();
      if (silent < end) {
        const due = watermark === Number.POSITIVE_INFINITY ? open.length > 0 : silent <= watermark;
        if (!due) break;
        this.emit(silent, rows);
      } else {
        if (open.length === 0 || end > watermark) break;
        this.merge(open.shift()!);
        this.emit(end, rows);
      }
    }
    if (watermark === Number.POSITIVE_INFINITY) return watermark;
    if (open.length === 0 && this.nextSilent() === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY;
    // The next row's time and not the first open window's: a late sample may still open an earlier one.
    return endOf(watermark, this.every);
  }

  /** The open window that holds `time`. */
  private windowOf(time: number): Float64Array {
    const { open } = this.state;
    const end = endOf(time, this.every);
    let place = open.length;
    while (place > 0 && open[place - 1][END] > end) place--;
    if (place > 0 && open[place - 1][END] === end) return open[place - 1];
    const window = new Float64Array(FIRST + this.signals.length * PER_SIGNAL);
    window[END] = end;
    window[HEARD] = Number.NaN;
    for (let i = 0; i < this.signals.length; i++) window[FIRST + i * PER_SIGNAL + LATEST_TIME] = Number.NaN;
    open.splice(place, 0, window);
    return window;
  }

  /** When the next row without news is due; ∞ where the vehicle has been silent for too long. */
  private nextSilent(): number {
    const { row, heard } = this.state;
    const next = row + this.every;
    return next - heard <= this.staleAfter ? next : Number.POSITIVE_INFINITY;
  }

  /** Takes in a window that is over. A mean stands for its samples at the time of the last of them. */
  private merge(window: Float64Array): void {
    const { state, signals } = this;
    state.heard = window[HEARD];
    for (let i = 0; i < signals.length; i++) {
      const at = FIRST + i * PER_SIGNAL;
      if (window[at + COUNT] === 0) continue;
      state.latest[i] = window[at + LATEST];
      state.latestTime[i] = window[at + LATEST_TIME];
    }
    this.over = window;
  }

  private emit(time: number, rows: Rows): void {
    const { state, signals, over, staleAfter } = this;
    const row = rows.next(time);
    for (let i = 0; i < signals.length; i++) {
      const at = FIRST + i * PER_SIGNAL;
      const column = i < PLACE_COLUMNS ? i : i - PLACE_COLUMNS + CONTEXT_COLUMNS;
      if (!(time - state.latestTime[i] <= staleAfter)) row[column] = Number.NaN;
      else if (over !== undefined && signals[i].averaged && over[at + COUNT] > 0) row[column] = over[at + SUM] / over[at + COUNT];
      else row[column] = state.latest[i];
    }
    row[AGE_COLUMN] = (time - state.heard) / 1_000;
    state.row = time;
    this.over = undefined;
  }
}

/** End of the window that holds `time`: a multiple of `every`, after it. */
function endOf(time: number, every: number): number {
  return (Math.floor(time / every) + 1) * every;
}
