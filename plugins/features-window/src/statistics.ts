// The columns of one entity, computed row after row.

import type { Chosen, Family, Span } from './columns.js';
import { COUNT, initialWindow, LEAST, MEAN, MOST, PRODUCTS, SQUARES, TIME_SQUARES, Window, type WindowState } from './window.js';

/** What is remembered of a field besides its windows. */
const LAST = 0;
const LAST_TIME = 1;
/** Time of the row that first had this value. */
const SINCE = 2;
const PER_FIELD = 3;

export interface StatisticsState {
  /** Time of the first row, ms since the epoch: the origin of all times in windows. */
  origin: number;
  readonly fields: Float64Array;
  readonly windows: WindowState[];
}

/** A value this many deviations out is as far out as can be. */
const MOST_Z = 1e4;
const DAY = 86_400;
/** The first of January 1970 was a Thursday. */
const MONDAY = 4 * DAY;

const NONE: readonly Window[] = [];

interface Frame {
  readonly field: number;
  readonly span: Span;
}

/** Families of which all that share a field and a span share one window. A change needs the row that left it. */
function framesOf(chosen: readonly Chosen[], fields: readonly string[]): { frames: Frame[]; frameOf: number[] } {
  const frames: Frame[] = [];
  const names: string[] = [];
  const frameOf = chosen.map(({ value, span }) => {
    if (span === undefined) return -1;
    const name = `${value} ${JSON.stringify(span)}`;
    if (!names.includes(name)) {
      names.push(name);
      frames.push({ field: fields.indexOf(value), span });
    }
    return names.indexOf(name);
  });
  return { frames, frameOf };
}

/** What is asked for, worked out once for all entities. */
export interface Layout {
  readonly fields: readonly string[];
  readonly frames: readonly Frame[];
  /** `late`: a column that is computed when the row is already in its window. */
  readonly columns: readonly { family: Family; field: number; frame: number; late: boolean }[];
}

export function layOut(chosen: readonly Chosen[], fields: readonly string[]): Layout {
  const { frames, frameOf } = framesOf(chosen, fields);
  const columns = chosen.map(({ family, value }, i) => ({
    family,
    field: fields.indexOf(value),
    frame: frameOf[i]!,
    late: family !== 'z',
  }));
  return { fields, frames, columns };
}

export function initialStatistics({ fields, frames }: Layout): StatisticsState {
  return {
    origin: Number.NaN,
    fields: new Float64Array(fields.length * PER_FIELD).fill(Number.NaN),
    windows: frames.map(({ span }) => initialWindow('rows' in span ? span.rows : Number.POSITIVE_INFINITY)),
  };
}

/** Computes the columns of one entity, a row after the other, in order of time. */
export class Statistics {
  private readonly state: StatisticsState;
  private readonly layout: Layout;
  private readonly windows: readonly Window[];

  constructor(layout: Layout, state: StatisticsState) {
    this.state = state;
    this.layout = layout;
    this.windows = state.windows.length === 0 ? NONE : state.windows.map((window) => new Window(window));
  }

  /** Takes a row in and fills `out`. `values` by field, NaN where missing; `time` in ms since the epoch. */
  next(time: number, values: Float64Array, out: Float64Array): void {
    const { state, windows } = this;
    const { frames, columns } = this.layout;
    if (Number.isNaN(state.origin)) state.origin = time;
    const seconds = (time - state.origin) / 1_000;
    for (let i = 0; i < frames.length; i++) this.makeRoom(frames[i]!, windows[i]!, seconds);
    for (let i = 0; i < columns.length; i++) {
      // What is measured against the rows before it is so before it is one of them.
      if (!columns[i]!.late) out[i] = this.z(columns[i]!.frame, values[columns[i]!.field]!, seconds);
    }
    for (let i = 0; i < frames.length; i++) this.push(frames[i]!, windows[i]!, seconds, values[frames[i]!.field]!);
    for (let i = 0; i < columns.length; i++) {
      const { family, field, frame, late } = columns[i]!;
      if (!late) continue;
      const value =
        frame >= 0 ? this.windowed(family, frame, values[field]!, seconds) : this.plain(family, field, values, seconds);
      out[i] = value - value === 0 ? value : Number.NaN;
    }
    this.remember(values, seconds);
  }

  /** Lets go of what is too old by time. */
  private makeRoom({ span }: Frame, window: Window, seconds: number): void {
    if ('ms' in span) while (window.oldest <= seconds - span.ms / 1_000) window.shift();
  }

  private push({ span }: Frame, window: Window, seconds: number, value: number): void {
    if ('rows' in span && window.size === span.rows) window.shift();
    window.push(seconds, value);
  }

  private full(frame: number, seconds: number): boolean {
    const { span } = this.layout.frames[frame]!;
    return 'rows' in span ? this.windows[frame]!.size === span.rows : seconds >= span.ms / 1_000;
  }

  private z(frame: number, value: number, seconds: number): number {
    const window = this.windows[frame]!;
    if (!this.full(frame, seconds)) return Number.NaN;
    const known = window.known();
    const count = known[COUNT]!;
    const distance = value - known[MEAN]!;
    if (count < 2 || Number.isNaN(distance)) return Number.NaN;
    if (distance === 0) return 0;
    // What never moved has no scale: the slightest move is as far as can be told.
    const deviation = Math.sqrt(known[SQUARES]! / (count - 1)) + 1e-12 * Math.abs(known[MEAN]!);
    return Math.max(-MOST_Z, Math.min(MOST_Z, distance / Math.max(deviation, Number.MIN_VALUE)));
  }

  private windowed(family: Family, frame: number, value: number, seconds: number): number {
    const window = this.windows[frame]!;
    if (family === 'lag' || family === 'change') {
      const { span } = this.layout.frames[frame]!;
      const left = 'ms' in span && seconds - window.leftTime >= (2 * span.ms) / 1_000 ? Number.NaN : window.leftValue;
      return family === 'lag' ? left : value - left;
    }
    if (!this.full(frame, seconds)) return Number.NaN;
    const known = window.known();
    const count = known[COUNT]!;
    if (family === 'missing_share') return 1 - count / window.size;
    if (count === 0) return Number.NaN;
    switch (family) {
      case 'mean':
        return known[MEAN]!;
      case 'deviation':
        return count < 2 ? Number.NaN : Math.sqrt(known[SQUARES]! / (count - 1));
      case 'slope':
        return known[PRODUCTS]! / known[TIME_SQUARES]!;
      case 'min':
        return known[LEAST]!;
      case 'max':
        return known[MOST]!;
      default:
        return known[MOST]! - known[LEAST]!;
    }
  }

  private plain(family: Family, field: number, values: Float64Array, seconds: number): number {
    const at = field * PER_FIELD;
    const { fields, origin } = this.state;
    switch (family) {
      case 'value':
        return values[field]!;
      case 'rate': {
        const grown = values[field]! - fields[at + LAST]!;
        return (grown < 0 ? values[field]! : grown) / (seconds - fields[at + LAST_TIME]!);
      }
      case 'since_change': {
        if (Number.isNaN(values[field]!)) return Number.NaN;
        return values[field] === fields[at + LAST] ? seconds - fields[at + SINCE]! : 0;
      }
      default:
        return clock(family, seconds + origin / 1_000);
    }
  }

  private remember(values: Float64Array, seconds: number): void {
    const { fields } = this.state;
    for (let field = 0, at = 0; field < values.length; field++, at += PER_FIELD) {
      const value = values[field]!;
      if (Number.isNaN(value)) continue;
      if (value !== fields[at + LAST]) fields[at + SINCE] = seconds;
      fields[at + LAST] = value;
      fields[at + LAST_TIME] = seconds;
    }
  }
}

/** A place on the circle of the day or the week. */
function clock(family: Family, seconds: number): number {
  const day = 2 * Math.PI * (seconds / DAY);
  const week = (2 * Math.PI * ((seconds - MONDAY) / DAY)) / 7;
  switch (family) {
    case 'hour_sin':
      return Math.sin(day % (2 * Math.PI));
    case 'hour_cos':
      return Math.cos(day % (2 * Math.PI));
    case 'weekday_sin':
      return Math.sin(week % (2 * Math.PI));
    default:
      return Math.cos(week % (2 * Math.PI));
  }
}
