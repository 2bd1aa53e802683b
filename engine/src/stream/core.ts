// One ordered stream judged, without any waiting: observations in, verdicts out.

import type { Episode, Missing, Observation, Rows, SinkBatch, Verdict, Words } from '../api/index.js';
import { isNamed, MOST_WORDS, NOT_OBSERVED, QuantStreamError, sayAny, sayDuration } from '../api/index.js';
import { type Likes, likesFor } from '../judge/alarms/likes.js';
import type { Entity } from '../judge/entity.js';
import { closeEpisode } from '../judge/episodes.js';
import { extract, wakeUp } from '../judge/extract.js';
import { RowJudge } from '../judge/judge.js';
import { LEARNING } from '../judge/score.js';
import { advanceSeries, isRepeat, REPEAT, seriesOf } from '../judge/sequences.js';
import type { CoreSettings } from '../judge/settings.js';
import type { Entities } from '../state/entities.js';
import type { Counts, Tally } from '../vitals/tally.js';
import type { Refuse } from './front/admission.js';
import type { Behind, Time } from './front/front.js';

/** Where it is counted what is not judged. */
export interface Refusals {
  /** What breaks the source's declaration. */
  readonly refuse: Refuse;
  /** What is kept, but not judged: it came too late, or its clock is in doubt. */
  passedOver(reason: 'late' | 'ahead', detail: () => string, count?: number): void;
  /** What is judged on its own time, which is far behind that of all others. */
  behind(detail: () => string, count?: number): void;
}

/** Where the verdicts, episodes and missing stretches of a thread stand among those of all: a step of the stream and a time each. */
export interface Places {
  step: number;
  time: number;
  verdicts: number[];
  episodes: number[];
  missing: number[];
}

/**
 * The judging of one pipeline, without any waiting: observations in, verdicts out. Everything that its results depend on is in the
 * entities' states and in `time`, so saving those after a batch and going on later gives what an uninterrupted run gives.
 */
export class Core implements Rows, Behind {
  private readonly tally: Tally;
  private readonly counts: Counts;
  private readonly time: Time;
  private readonly settings: CoreSettings;
  private readonly entities: Entities;
  private readonly judge: RowJudge;
  private readonly refuse: Refuse;
  private readonly contiguous: Readonly<Record<string, boolean>>;
  private readonly consumed: Readonly<Record<string, boolean>>;
  private readonly passedOver: Refusals['passedOver'];
  private readonly behind: Refusals['behind'];
  private readonly grouped: boolean;
  private readonly latenessMs: number;
  private readonly silenceMs: number | undefined;
  /** What keys borrow from, where they do. */
  readonly likes: Likes | undefined;
  private readonly buffer: Float64Array;
  private out = {
    observations: [] as Observation[],
    verdicts: [] as Verdict[],
    episodes: [] as Episode[],
    missing: [] as Missing[],
  };
  private readonly places: Places | undefined;
  // The row that an extractor is filling: whose it is and its time.
  private filling: Entity | undefined;
  private fillingTime: number | undefined;
  // What the entity says of itself with it.
  private readonly words: Words[] = [];
  private last: Entity | undefined;

  /** @param places is told where everything stands, where others judge beside this */
  constructor(
    settings: CoreSettings,
    entities: Entities,
    time: Time,
    { refuse, passedOver, behind }: Refusals,
    tally: Tally,
    places?: Places,
  ) {
    this.settings = settings;
    this.tally = tally;
    this.counts = tally.counts;
    this.entities = entities;
    this.refuse = refuse;
    this.passedOver = passedOver;
    this.behind = behind;
    this.grouped = settings.groups.size > 0;
    this.latenessMs = settings.time.latenessMs;
    this.silenceMs = settings.alarms.silenceMs;
    const { rule } = settings.alarms;
    this.likes = likesFor(rule);
    this.time = time;
    this.places = places;
    this.judge = new RowJudge(settings, tally.notFinite, (episode) => this.announce(episode));
    const { observations, row } = settings.schema;
    this.contiguous = Object.fromEntries(
      Object.entries(observations).map(([type, { sequence }]) => [type, sequence === 'contiguous']),
    );
    const consumes = settings.features.plugin.consumes(settings.features.config);
    this.consumed = Object.fromEntries(Object.keys(observations).map((type) => [type, type in consumes]));
    this.buffer = new Float64Array(row.columns.length);
  }

  /** The end of a recording: emits what is open and closes every episode. */
  async finish(): Promise<void> {
    for await (const entity of this.entities.all()) {
      this.wake(entity, this.time.watermark);
      this.guard(entity, () => wakeUp(entity.extractor, Number.POSITIVE_INFINITY, this.rowsOf(entity)));
      this.settle();
      const { state } = entity;
      state.wake = Number.POSITIVE_INFINITY;
      state.horizon = Math.max(state.horizon, state.latest);
      // A key that is silent is so beyond the end of what was recorded.
      if (state.episode && !state.silent) state.episode = closeEpisode(state.episode, (episode) => this.announce(episode));
    }
  }

  /** @inheritdoc */
  get size(): number {
    return this.entities.size;
  }

  /** @inheritdoc */
  next(time: number): Float64Array {
    this.settle();
    this.fillingTime = time;
    this.words.length = 0;
    return this.buffer.fill(Number.NaN);
  }

  /** @inheritdoc */
  say(words: Words): void {
    if (this.fillingTime === undefined) throw new Error('rows.say() before rows.next(): words belong to a row');
    if (this.words.length < MOST_WORDS) this.words.push(words);
    else
      this.refuse(
        'too_many_words',
        `${this.filling!.key}: it says more than ${MOST_WORDS} things of itself in one row (${sayAny(words.reason)})`,
      );
  }

  /** @inheritdoc */
  take(observation: Observation): void {
    const { counts } = this;
    const entity = this.entityOf(observation);
    if (!entity) return;
    const { state } = entity;
    if (!this.advance(entity, observation, observation.time)) return;
    this.time.reach(observation);
    if (this.likes && this.time.hour > this.likes.hour) this.likes.turn(this.time.hour);
    counts.observations++;
    this.out.observations.push(observation);
    const { watermark } = this.time;
    if (watermark >= this.entities.queue.next) this.wakeDue(watermark);
    // A key that is new has been told nothing yet; but it must not live through all that the others have.
    const farBehind = watermark - this.time.leap;
    const since = state.latest === Number.NEGATIVE_INFINITY ? farBehind : state.horizon;
    if (observation.time < since) {
      counts.late++;
      this.passedOver(
        'late',
        () => `${named(observation)} is ${sayDuration(Math.max(since, watermark) - observation.time)} too late`,
      );
      return;
    }
    if (observation.time < farBehind)
      this.behind(
        () => `${named(observation)} is ${sayDuration(watermark - observation.time)} behind all others: see to its clock`,
      );
    if (observation.time > state.latest) state.latest = observation.time;
    if (this.silenceMs !== undefined) this.heard(entity, this.silenceMs);
    const horizon = observation.time - this.latenessMs;
    if (horizon > state.horizon) state.horizon = horizon;
    if (!this.consumed[observation.type]) return;
    this.update(entity, observation);
  }

  private heard({ key, state }: Entity, silenceMs: number): void {
    state.silent = false;
    if (state.silentAt !== Number.POSITIVE_INFINITY) return;
    state.silentAt = state.latest + silenceMs;
    this.entities.queue.push(state.silentAt, key);
  }

  /** @inheritdoc */
  passAhead(observation: Observation, byMs: number): void {
    const { counts } = this;
    const entity = this.entityOf(observation);
    if (!entity || !this.advance(entity, observation, this.time.now)) return;
    counts.observations++;
    counts.ahead++;
    this.out.observations.push(observation);
    this.passedOver('ahead', () => `${named(observation)} is ${sayDuration(byMs)} ahead of all others: see to its clock`);
  }

  /** @returns nothing where there are too many keys already */
  private entityOf({ key, sender }: Observation): Entity | undefined {
    const name = this.grouped ? (this.settings.groups.get(key) ?? key) : key;
    if (this.last?.key !== name) {
      this.last = this.entities.find(name);
      if (!this.last && this.mayBe(name, sender)) this.last = this.entities.get(name);
    }
    return this.last;
  }

  /** @inheritdoc */
  repeated(observation: Observation): boolean {
    // A key that is not known has said nothing yet.
    if (!this.entities.knows(this.settings.groups.get(observation.key) ?? observation.key)) return false;
    const known = this.entityOf(observation)?.state.sequences[seriesOf(this.settings.groups, observation)];
    return known !== undefined && isRepeat(known, observation.sequence);
  }

  /** Takes in its id. @param until when ids that were jumped over are known to be out @returns whether it is no repeat */
  private advance({ state }: Entity, observation: Observation, until: number): boolean {
    const series = seriesOf(this.settings.groups, observation);
    const { key, type, sequence } = observation;
    const count = advanceSeries(state.sequences, series, sequence, this.contiguous[type] ?? false);
    if (count === REPEAT) {
      this.counts.duplicates++;
      return false;
    }
    if (count > 0) this.lose({ key, from: state.latest, to: until, reason: 'sequence gap', count });
    return true;
  }

  private update(entity: Entity, observation: Observation): void {
    const { state } = entity;
    const before = state.wake;
    try {
      state.wake = extract(entity.extractor, observation, state.horizon, before, this.rowsOf(entity));
    } catch (error) {
      throw this.failure(entity, error);
    }
    if (this.fillingTime !== undefined) this.settle();
    if (state.wake !== before && state.wake !== Number.POSITIVE_INFINITY) this.entities.queue.push(state.wake, entity.key);
  }

  /** @inheritdoc */
  wakeDue(watermark: number): void {
    const { places } = this;
    const { queue } = this.entities;
    while (queue.next <= watermark) {
      const time = queue.next;
      if (places) places.time = time;
      const entity = this.entities.get(queue.pop());
      const { state } = entity;
      // An entry that the entity has since replaced is stale, and its successor stands in the queue already.
      if (state.wake === time) {
        this.wake(entity, time);
        if (state.wake !== Number.POSITIVE_INFINITY) queue.push(state.wake, entity.key);
      }
      if (state.silentAt === time) this.lookForSilence(entity, time);
    }
    if (places) places.time = Number.POSITIVE_INFINITY;
  }

  /** Wakes an entity at exactly the times that it asks for, up to `watermark`: so rows do not depend on how time is told. */
  private wake(entity: Entity, watermark: number): void {
    const { state } = entity;
    while (state.wake <= watermark) {
      const at = state.wake;
      if (at > state.horizon) state.horizon = at;
      this.guard(entity, () => {
        state.wake = wakeUp(entity.extractor, at, this.rowsOf(entity));
      });
      this.settle();
      if (state.wake <= at)
        throw this.failure(entity, new Error(`advance(${at}) asked to be woken at ${state.wake}, which is not later`));
    }
  }

  /** Whether a key is silent is looked at when it would be, if nothing came since; being heard costs nothing. */
  private lookForSilence(entity: Entity, time: number): void {
    const { state } = entity;
    const { silenceMs } = this;
    if (silenceMs === undefined) {
      state.silentAt = Number.POSITIVE_INFINITY;
      return;
    }
    const due = state.latest + silenceMs;
    this.gather();
    if (due <= time) this.count(entity, this.judge.silence(entity, time));
    state.silentAt = due > time ? due : time + silenceMs;
    this.entities.queue.push(state.silentAt, entity.key);
  }

  /** @inheritdoc */
  lose(missing: Missing): void {
    this.counts.missing += missing.count ?? 1;
    this.out.missing.push(missing);
    this.places?.missing.push(this.places.step, this.places.time);
    this.lack(missing);
  }

  /** Tells the keys that something is missing. */
  lack(missing: Missing): void {
    const keys = missing.key === '*' ? this.entities.keys() : [this.settings.groups.get(missing.key) ?? missing.key];
    for (const key of keys) {
      if (!this.mayBe(key)) continue;
      const entity = this.entities.get(key);
      if (missing.reason === NOT_OBSERVED) this.forgive(entity, missing.to);
      this.guard(entity, () => entity.extractor.missing?.(missing));
    }
  }

  /** Nobody looked until then: silence counts from there. */
  private forgive({ key, state }: Entity, until: number): void {
    const { silenceMs } = this;
    if (silenceMs === undefined || state.silent || state.latest === Number.NEGATIVE_INFINITY || until <= state.latest) return;
    state.silentAt = Math.max(state.silentAt, until + silenceMs);
    this.entities.queue.push(state.silentAt, key);
  }

  /** Whether a key is known or may become so; else it is counted. */
  private mayBe(key: string, sender?: string): boolean {
    const why = this.entities.refuses(key, sender);
    if (why !== undefined) this.refuse('too_many_keys', `${key}: ${why}`);
    return why === undefined;
  }

  private rowsOf(entity: Entity): Rows {
    this.filling = entity;
    return this;
  }

  /** Who shares a budget with the key that is judged next. */
  private gather(): void {
    const { crowd } = this.entities;
    crowd.keys = this.time.crowd;
    crowd.likes = this.likes;
  }

  /** Judges the row that was being filled. */
  private settle(): void {
    const time = this.fillingTime;
    if (time === undefined) return;
    this.fillingTime = undefined;
    this.gather();
    let verdict: Verdict;
    try {
      verdict = this.judge.judge(this.filling!, this.buffer, time, this.words);
    } catch (error) {
      throw this.failure(this.filling!, error);
    }
    if (this.tally.unheard.size > 0) this.hear(this.filling!, verdict);
    this.count(this.filling!, verdict);
  }

  private count(entity: Entity, verdict: Verdict): void {
    const { counts } = this;
    entity.dirty = true;
    counts.rows++;
    if (!Number.isNaN(verdict.score)) counts.scored++;
    else this.tally.unscoredBecause(verdict.reason?.replace(/ \(\d+ %\)$/, '') ?? 'no model');
    if (this.tally.silent.size > 0) this.tally.heard(verdict.values);
    if (!verdict.calibrated) counts.uncalibrated++;
    if (verdict.anomalous) counts.anomalies++;
    if (verdict.raised) counts.episodes++;
    this.out.verdicts.push(verdict);
    this.places?.verdicts.push(this.places.step, this.places.time);
  }

  /** Notes which models have begun to score, and what keeps the others. */
  private hear({ judges }: Entity, verdict: Verdict): void {
    const { unheard } = this.tally;
    for (const { settings, lacking, flaw } of judges) {
      if (!unheard.has(settings.name)) continue;
      if (Number.isNaN(verdict.models[settings.name]!.score)) unheard.set(settings.name, lacking ?? flaw ?? LEARNING);
      else unheard.delete(settings.name);
    }
  }

  private announce(episode: Episode): void {
    this.out.episodes.push(episode);
    this.places?.episodes.push(this.places.step, this.places.time);
  }

  private guard(entity: Entity, action: (entity: Entity) => void): void {
    try {
      action(entity);
    } catch (error) {
      throw this.failure(entity, error);
    }
  }

  private failure(entity: Entity, cause: unknown): Error {
    if (isNamed(cause)) return cause;
    const message = cause instanceof Error ? cause.message : String(cause);
    return new QuantStreamError('QS_PLUGIN_FAILED', `a features or model plugin threw at key ${entity.key}: ${message}`, {
      cause,
    });
  }

  /** What has come of it since it was last asked. */
  drain(): SinkBatch {
    const { out } = this;
    this.out = { observations: [], verdicts: [], episodes: [], missing: [] };
    this.last = undefined;
    return out;
  }
}

const named = ({ key, type, sequence }: Observation): string => `${type} ${sequence} of ${key}`;
