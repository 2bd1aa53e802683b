// How samples become observations: those of one key and one time are one.

import type { Observation } from '@quantstream/engine';
import type { ColumnPlan } from '@quantstream/engine/metrics';
import type { Entity, Held, Open } from './entity.js';
import type { Push } from './push.js';
import { newCounted, rateOf } from './rate.js';
import type { Series } from './series.js';

export interface AssemblySettings {
  readonly type: string;
  /** ms to which times are rounded down; 0: to whole ones. */
  readonly round: number;
  /** How long an observation is waited for since its last sample, ms of our clock. */
  readonly join: number;
}

/** So many observations of a key are known again when they are sent once more: who had no answer in time comes with what it gathered since. */
const RECENT = 32;

/** Why something was not taken in; `count` of them. */
export type Tell = (reason: string, detail: string, count?: number) => void;

/**
 * Makes observations of samples. One is whole when as many samples have come as the last one of its key had, or nothing has come for `join`;
 * then it is handed over, those of a key in order of time. What comes for one that was handed over is told, and the next one waits for it.
 */
export class Assembly {
  /** Observations that are not whole. */
  open = 0;
  /** How many were handed over, ever: their numbers. */
  handed: number;
  private held: Held[] = [];
  private ready: Observation[] = [];
  /** Latest time that has come, ms since the epoch. */
  newest = Number.NEGATIVE_INFINITY;
  /** Latest time that was handed over. */
  latest = Number.NEGATIVE_INFINITY;
  /** Nothing before this may be handed over any more. */
  floor = Number.NEGATIVE_INFINITY;
  private readonly columns: readonly ColumnPlan[];
  private readonly settings: AssemblySettings;
  private readonly means: boolean;
  private readonly rates: boolean;
  private readonly tell: Tell;
  /** Keys with observations that are not whole, in no order. */
  private readonly waiting = new Set<Entity>();
  /** Keys of which something has come with the body that is being taken in. */
  private readonly touched = new Set<Entity>();
  /** Pushes whose observations are whole, to be looked at when what was handed over is safe. */
  readonly whole: Push[] = [];

  /** @param handed how many were handed over by earlier runs */
  constructor(columns: readonly ColumnPlan[], settings: AssemblySettings, tell: Tell, handed = 0) {
    this.columns = columns;
    this.settings = settings;
    this.means = columns.some(({ combine }) => combine === 'mean');
    this.rates = columns.some(({ rate }) => rate);
    this.tell = tell;
    this.handed = handed;
  }

  /** @param now our clock, ms @returns whether it is new */
  add(series: Series, at: number, value: number, push: Push, now: number): boolean {
    const time = this.rounded(at);
    const { entity } = series;
    if (!(time > series.last)) return this.known(entity, time, series.last, push);
    series.last = time;
    const open = this.openAt(entity, time, push, now);
    if (open === undefined) return false;
    open.samples++;
    open.heard = now;
    // Stale, or not a number: the series has no value then.
    if (!Number.isFinite(value)) open.gone++;
    if (Number.isNaN(value)) return true;
    if (!Number.isFinite(value)) this.tell('bad_value', `${entity.key} at ${time}: ${value}`);
    else {
      const rate = series.counted === undefined ? Number.NaN : rateOf(series.counted, at, value);
      for (const column of series.columns) this.fold(open, column, this.columns[column]!.rate ? rate : value);
    }
    return true;
  }

  /** An object that is an observation by itself. @returns whether it is new */
  record(entity: Entity, at: number, values: Float64Array, push: Push, now: number): boolean {
    const time = this.rounded(at);
    if (entity.open.some((one) => one.time === time) || time === entity.done || entity.recent.includes(time))
      return this.known(entity, time, time, push);
    const open = this.openAt(entity, time, push, now);
    if (open === undefined) return false;
    open.values.set(values);
    if (this.rates) this.rate(entity, at, open.values);
    open.counts?.fill(1);
    open.whole = true;
    return true;
  }

  /** Finds what is whole, once a body was taken in. */
  settle(push: Push, now: number): void {
    for (const entity of this.touched) this.close(entity, now, false);
    this.touched.clear();
    this.noteIfWhole(push);
  }

  /** Finds what has been waited for long enough. */
  tick(now: number): void {
    for (const entity of this.waiting) this.close(entity, now, true);
  }

  /** How many are whole and not taken yet. */
  get untaken(): number {
    return this.held.length + this.ready.length;
  }

  /** Hands over what is whole, in order of time, as far as nothing that is open is further back than `lateness`, ms. */
  release(lateness: number): void {
    const { held } = this;
    if (held.length === 0) return;
    const limit = this.earliest() + lateness;
    held.sort((a, b) => a.time - b.time);
    let count = 0;
    while (count < held.length && held[count]!.time <= limit) count++;
    if (count === 0) return;
    for (let i = 0; i < count; i++) {
      const { entity, observation, pushes } = held[i]!;
      this.handed++;
      this.ready.push(observation);
      entity.held.shift();
      this.letGo(pushes);
    }
    this.latest = Math.max(this.latest, held[count - 1]!.time);
    this.held = held.slice(count);
  }

  /** What was handed over since the last time. */
  take(): Observation[] {
    const { ready } = this;
    this.ready = [];
    return ready;
  }

  /** Time of the earliest observation that is not whole; infinity where there is none. */
  earliest(): number {
    let earliest = Number.POSITIVE_INFINITY;
    for (const { open } of this.waiting) if (open[0]!.time < earliest) earliest = open[0]!.time;
    return earliest;
  }

  private rounded(time: number): number {
    const round = this.settings.round || 1;
    return Math.floor(time / round) * round;
  }

  /** What was there before: who sends it again waits for the same. */
  private known(entity: Entity, time: number, last: number, push: Push): false {
    const there = entity.open.find((one) => one.time === time) ?? entity.held.find((one) => one.time === time);
    if (there) this.await(there, push);
    else push.upTo = Math.max(push.upTo, this.handed);
    if (time === last || entity.recent.includes(time)) this.tell('repeated', `${entity.key} at ${time}`);
    else this.tell('out_of_order', `${entity.key}: ${time} comes after ${last}`);
    return false;
  }

  private openAt(entity: Entity, time: number, push: Push, now: number): Open | undefined {
    const { open } = entity;
    let at = open.length;
    while (at > 0 && open[at - 1]!.time > time) at--;
    let one = open[at - 1];
    if (one?.time !== time) {
      if (time <= entity.done || time < this.floor) {
        push.upTo = Math.max(push.upTo, this.handed);
        // The next one waits for it.
        if (time === entity.done) entity.expected++;
        this.tell(
          'late',
          `${entity.key} at ${time}: ${time <= entity.done ? `${entity.done} was handed over` : `time is at ${this.floor}`}`,
        );
        return undefined;
      }
      const width = this.columns.length;
      const values = new Float64Array(width).fill(Number.NaN);
      one = {
        time,
        values,
        counts: this.means ? new Uint32Array(width) : undefined,
        samples: 0,
        gone: 0,
        heard: now,
        whole: false,
        pushes: [],
      };
      open.splice(at, 0, one);
      this.open++;
      this.waiting.add(entity);
    }
    if (time > this.newest) this.newest = time;
    this.touched.add(entity);
    this.await(one, push);
    return one;
  }

  private await({ pushes }: { readonly pushes: Push[] }, push: Push): void {
    if (pushes.includes(push)) return;
    pushes.push(push);
    push.open++;
  }

  /** Of the counters of an object their rates. */
  private rate(entity: Entity, at: number, values: Float64Array): void {
    entity.counted ??= this.columns.map(() => newCounted());
    for (let i = 0; i < values.length; i++)
      if (this.columns[i]!.rate && Number.isFinite(values[i]!)) values[i] = rateOf(entity.counted[i]!, at, values[i]!);
  }

  private fold({ values, counts }: Open, column: number, value: number): void {
    // The first value of a counter has no rate.
    if (Number.isNaN(value)) return;
    const before = values[column]!;
    if (counts) counts[column]!++;
    if (Number.isNaN(before)) {
      values[column] = value;
      return;
    }
    const { combine } = this.columns[column]!;
    if (combine === 'sum' || combine === 'mean') values[column] = before + value;
    else if (combine === 'min') values[column] = Math.min(before, value);
    else if (combine === 'max') values[column] = Math.max(before, value);
  }

  private close(entity: Entity, now: number, late: boolean): void {
    const { open } = entity;
    while (open.length > 0) {
      const [first] = open;
      const { samples, whole, heard } = first!;
      const complete = whole || (entity.expected > 0 && samples >= entity.expected);
      if (!complete && !(late && now - heard >= this.settings.join)) break;
      open.shift();
      this.open--;
      if (!whole) entity.expected = first!.samples - first!.gone;
      entity.done = first!.time;
      if (complete && entity.recent.push(first!.time) > RECENT) entity.recent.shift();
      this.makeWhole(entity, first!, now);
    }
    if (open.length === 0) this.waiting.delete(entity);
  }

  /** Whoever waits for an observation waits no longer for it, but for what was handed over. */
  private letGo(pushes: readonly Push[]): void {
    for (const push of pushes) {
      push.open--;
      push.upTo = Math.max(push.upTo, this.handed);
      this.noteIfWhole(push);
    }
  }

  private noteIfWhole(push: Push): void {
    if (push.open > 0 || push.listed) return;
    push.listed = true;
    this.whole.push(push);
  }

  private makeWhole(entity: Entity, { time, values: found, counts, pushes }: Open, now: number): void {
    const { key, sender } = entity;
    const values: Record<string, number> = {};
    let any = false;
    let absent: string | undefined;
    for (let i = 0; i < found.length; i++) {
      const { name, combine, optional } = this.columns[i]!;
      const value = combine === 'mean' ? found[i]! / counts![i]! : found[i]!;
      if (Number.isFinite(value)) {
        values[name] = value;
        any = true;
      } else if (!optional) absent ??= name;
    }
    if (any && absent === undefined) {
      const { type } = this.settings;
      const observation: Observation =
        sender === ''
          ? { key, type, sequence: time, time, received: now, values }
          : { key, type, sequence: time, time, received: now, values, sender };
      const held = { time, entity, observation, pushes };
      entity.held.push(held);
      this.held.push(held);
      return;
    }
    // What is gone says nothing: that is its silence.
    if (any) this.tell('missing_value', `${key} at ${time}: ${absent} is absent`);
    this.letGo(pushes);
  }
}
