// What is decided in front, dealt out to threads.

import type { Missing, Observation, SinkBatch } from '../../api/index.js';
import { advanceSeries, isRepeat, REPEAT, type SequenceState, seriesOf } from '../../judge/sequences.js';
import type { CoreSettings } from '../../judge/settings.js';
import { KeyLimits } from '../../state/limits.js';
import type { Saved } from '../../state/saved.js';
import type { Tally } from '../../vitals/tally.js';
import type { Refuse } from '../front/admission.js';
import type { Behind, Time } from '../front/front.js';
import type { Ids, Rest, Work } from './messages.js';
import { ObservationPacker, typesOf } from './observations.js';

/** A key as far as the split must know it. */
interface Known {
  readonly thread: number;
  readonly sequences: Record<string, SequenceState>;
  /** The batch that it was last heard in. */
  heard: number;
}

/** What goes to one thread. */
class Route {
  readonly packer: ObservationPacker;
  steps: number[] = [];
  rest: Rest[] = [];

  constructor(packer: ObservationPacker) {
    this.packer = packer;
  }
}

/** What has come of a batch before any thread has looked at it, and what each of them is to do. */
export interface Dealt {
  readonly observations: SinkBatch['observations'];
  readonly missing: Missing[];
  /** By thread. */
  readonly works: readonly (Pick<Work, 'observations' | 'steps' | 'rest'> & { readonly empty: boolean })[];
  readonly watermarks: number[];
  readonly leaps: number[];
  readonly crowds: number[];
  /** How many keys share what is of all of them, behind all of it. */
  readonly crowd: number;
  readonly told: number | undefined;
  /** The hour of event time that all of it is of, where that matters. */
  readonly hour: number;
}

/**
 * Stands behind the front where threads judge: it knows which keys there are and which ids each has seen, as repeats must not move time,
 * and deals the rest out by key. A key, or a group of keys, is always the same thread's.
 */
export class Split implements Behind {
  /** Every key that has a state. */
  readonly keys = new Set<string>();
  private readonly time: Time;
  private readonly tally: Tally;
  private readonly refuse: Refuse;
  private readonly groups: ReadonlyMap<string, string>;
  private readonly contiguous: Readonly<Record<string, boolean>>;
  private readonly limits: KeyLimits;
  private readonly kept: number;
  private readonly routes: readonly Route[];
  /** Keys that were heard, the longest known first. What is not here is asked of the thread that has it. */
  private readonly known = new Map<string, Known>();
  private batch = 0;
  private observations: Observation[] = [];
  private missing: Missing[] = [];
  private watermarks: number[] = [];
  private leaps: number[] = [];
  private crowds: number[] = [];
  private told: number | undefined;
  /** Where keys borrow, what is dealt at once ends with the hour: what was lent in one is put together before the next. */
  private readonly byHour: boolean;
  private hour = Number.NEGATIVE_INFINITY;
  private done: Dealt[] = [];

  constructor(settings: CoreSettings, threads: number, time: Time, refuse: Refuse, tally: Tally) {
    const { observations } = settings.schema;
    this.time = time;
    this.tally = tally;
    this.refuse = refuse;
    this.groups = settings.groups;
    this.limits = new KeyLimits(settings);
    this.kept = settings.keysInMemory;
    this.byHour = 'borrows' in settings.alarms.rule && settings.alarms.rule.borrows === true;
    this.contiguous = Object.fromEntries(
      Object.entries(observations).map(([type, { sequence }]) => [type, sequence === 'contiguous']),
    );
    const types = typesOf(observations);
    this.routes = Array.from({ length: threads }, () => new Route(new ObservationPacker(types)));
  }

  /** @inheritdoc */
  get size(): number {
    return this.keys.size;
  }

  /** Goes on from a checkpoint. */
  restore(keys: Iterable<string>, senders: Saved['senders']): void {
    for (const key of keys) this.keys.add(key);
    this.limits.restore(senders);
  }

  get senders(): Saved['senders'] {
    return this.limits.senders;
  }

  /** Which thread a key is judged by (FNV-1a, https://www.rfc-editor.org/rfc/rfc9923). */
  threadOf(name: string): number {
    let hash = 0x811c9dc5;
    for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
    return (hash >>> 0) % this.routes.length;
  }

  /** A new batch begins. Lets go of keys that are idle, if there are too many: their threads know their ids as well. */
  turn(): void {
    for (const [name, { heard }] of this.known) {
      if (this.known.size <= this.kept) break;
      if (heard < this.batch) this.known.delete(name);
    }
    this.batch++;
  }

  /** Of these keys, those whose ids have to be asked for, by thread. */
  strangers(names: Iterable<string>): readonly string[][] {
    const asked: string[][] = this.routes.map(() => []);
    for (const name of names) if (this.keys.has(name) && !this.known.has(name)) asked[this.threadOf(name)]!.push(name);
    return asked;
  }

  /** What a thread says of the ids of a key. */
  learn(name: string, ids: Ids): void {
    this.know(name, ids);
  }

  /** @inheritdoc */
  take(observation: Observation): void {
    const known = this.knownOf(observation);
    if (!known || !this.advance(known, observation)) return;
    this.time.reach(observation);
    if (this.byHour && this.time.hour > this.hour) {
      if (this.watermarks.length > 0) this.done.push(this.cut());
      this.hour = this.time.hour;
    }
    this.observations.push(observation);
    const route = this.routes[known.thread]!;
    route.packer.add(observation);
    route.steps.push(this.watermarks.length);
    this.step(this.time.watermark);
  }

  /** @inheritdoc */
  passAhead(observation: Observation, byMs: number): void {
    const known = this.knownOf(observation);
    if (!known || !this.advance(known, observation)) return;
    this.observations.push(observation);
    const { rest } = this.routes[known.thread]!;
    rest.push({ step: this.watermarks.length, ahead: observation, byMs, now: this.time.now });
    this.step(Number.NEGATIVE_INFINITY);
  }

  /** @inheritdoc */
  repeated(observation: Observation): boolean {
    const name = this.nameOf(observation);
    if (!this.keys.has(name)) return false;
    const known = this.knownOf(observation)?.sequences[seriesOf(this.groups, observation)];
    return known !== undefined && isRepeat(known, observation.sequence);
  }

  /** @inheritdoc */
  lose(missing: Missing): void {
    this.tally.counts.missing += missing.count ?? 1;
    this.missing.push(missing);
    const step = this.watermarks.length;
    if (missing.key === '*') for (const { rest } of this.routes) rest.push({ step, missing });
    else {
      const known = this.knownOf(missing);
      if (known) this.routes[known.thread]!.rest.push({ step, missing });
    }
    this.step(Number.NEGATIVE_INFINITY);
  }

  /** @inheritdoc */
  wakeDue(watermark: number): void {
    this.told = watermark;
  }

  /** What has come since it was last asked: at once, or hour by hour. */
  deal(): Dealt[] {
    const all = [...this.done, this.cut()];
    this.done = [];
    return all;
  }

  private cut(): Dealt {
    const { observations, missing, watermarks, leaps, crowds, told, hour } = this;
    const works = this.routes.map((route) => {
      const { packer, steps, rest } = route;
      route.steps = [];
      route.rest = [];
      const empty = steps.length + rest.length === 0;
      return { observations: packer.take(), steps: Uint32Array.from(steps), rest, empty };
    });
    this.observations = [];
    this.missing = [];
    this.watermarks = [];
    this.leaps = [];
    this.crowds = [];
    this.told = undefined;
    return { observations, missing, works, watermarks, leaps, crowds, crowd: this.time.crowd, told, hour };
  }

  private step(watermark: number): void {
    this.watermarks.push(watermark);
    this.leaps.push(this.time.leap);
    this.crowds.push(this.time.crowd);
  }

  private nameOf({ key }: Pick<Observation, 'key'>): string {
    return this.groups.get(key) ?? key;
  }

  /** @returns nothing where there are too many keys already */
  private knownOf(of: Pick<Observation, 'key' | 'sender'>): Known | undefined {
    const name = this.nameOf(of);
    let known = this.known.get(name);
    if (!known) {
      if (this.keys.has(name)) throw new Error(`the ids of ${name} were not asked for`);
      const why = this.limits.refuses(this.keys.size, of.sender);
      if (why !== undefined) {
        this.refuse('too_many_keys', `${name}: ${why}`);
        return undefined;
      }
      this.keys.add(name);
      known = this.know(name, {});
    }
    known.heard = this.batch;
    return known;
  }

  private know(name: string, sequences: Ids): Known {
    const known = { thread: this.threadOf(name), sequences: sequences as Record<string, SequenceState>, heard: this.batch };
    this.known.set(name, known);
    return known;
  }

  private advance({ sequences }: Known, observation: Observation): boolean {
    const { type, sequence } = observation;
    const series = seriesOf(this.groups, observation);
    if (advanceSeries(sequences, series, sequence, this.contiguous[type] ?? false) !== REPEAT) return true;
    this.tally.counts.duplicates++;
    return false;
  }
}
