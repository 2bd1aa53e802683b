import type { Episode, Missing, Observation, Rows, SinkBatch, SourceBatch, Verdict } from '../api/index.js';
import { isNamed, QuantStreamError } from '../api/index.js';
import type { Entity } from '../judge/entity.js';
import { closeEpisode } from '../judge/episodes.js';
import { extract, wakeUp } from '../judge/extract.js';
import { RowJudge } from '../judge/judge.js';
import { advanceSequence, REPEAT } from '../judge/sequences.js';
import type { CoreSettings } from '../judge/settings.js';
import type { Entities } from '../state/entities.js';
import type { EventTimeState } from '../state/saved.js';
import type { Counts, Tally } from '../vitals/tally.js';
import { Admission, type Refuse } from './admission.js';
import { EventTime } from './event-time.js';

/**
 * The judging of one pipeline, without any waiting: observations in, verdicts out. Everything that its results depend on is in the
 * entities' states and in `time`, so saving those after a batch and going on later gives what an uninterrupted run gives.
 */
export class Core implements Rows {
  private readonly tally: Tally;
  private readonly counts: Counts;
  readonly time: EventTime;
  private readonly settings: CoreSettings;
  private readonly entities: Entities;
  private readonly admission: Admission;
  private readonly judge: RowJudge;
  private readonly contiguous: Readonly<Record<string, boolean>>;
  private readonly consumed: Readonly<Record<string, boolean>>;
  private readonly buffer: Float64Array;
  private out = {
    observations: [] as Observation[],
    verdicts: [] as Verdict[],
    episodes: [] as Episode[],
    missing: [] as Missing[],
  };
  // The row that an extractor is filling: whose it is and its time.
  private filling: Entity | undefined;
  private fillingTime: number | undefined;
  private last: Entity | undefined;

  constructor(settings: CoreSettings, entities: Entities, time: EventTimeState, refuse: Refuse, tally: Tally) {
    this.settings = settings;
    this.tally = tally;
    this.counts = tally.counts;
    this.entities = entities;
    this.time = new EventTime(time, settings.time, (observation) => this.take(observation));
    this.admission = new Admission(settings.schema.observations, refuse);
    this.judge = new RowJudge(settings, tally.notFinite, (episode) => this.announce(episode));
    const { observations, row } = settings.schema;
    this.contiguous = Object.fromEntries(
      Object.entries(observations).map(([type, { sequence }]) => [type, sequence === 'contiguous']),
    );
    const consumes = settings.features.plugin.consumes(settings.features.config);
    this.consumed = Object.fromEntries(Object.keys(observations).map((type) => [type, type in consumes]));
    this.buffer = new Float64Array(row.columns.length);
  }

  /** Judges one batch. The entities that it touches must have been prepared. */
  process(batch: SourceBatch): SinkBatch {
    for (const missing of batch.missing ?? []) this.lose(missing);
    this.time.begin(batch.watermark);
    for (const observation of batch.observations) if (this.admission.admits(observation)) this.time.offer(observation);
    if (batch.watermark !== undefined) {
      this.time.tell(batch.watermark);
      this.wakeDue(this.time.watermark);
    }
    return this.drain();
  }

  /** The end of a recording: emits what is open and closes every episode. */
  async flush(): Promise<SinkBatch> {
    const { held } = this.time.state;
    if (held) await this.entities.prepare([this.settings.groups.get(held.key) ?? held.key], Number.POSITIVE_INFINITY);
    this.time.end();
    for await (const entity of this.entities.all()) {
      this.wake(entity, this.time.watermark);
      this.guard(entity, () => wakeUp(entity.extractor, Number.POSITIVE_INFINITY, this.rowsOf(entity)));
      this.settle();
      const { state } = entity;
      state.wake = Number.POSITIVE_INFINITY;
      state.horizon = Math.max(state.horizon, state.latest);
      if (state.episode) state.episode = closeEpisode(state.episode, (episode) => this.announce(episode));
    }
    return this.drain();
  }

  /** @inheritdoc */
  next(time: number): Float64Array {
    this.settle();
    this.fillingTime = time;
    return this.buffer.fill(Number.NaN);
  }

  private take(observation: Observation): void {
    const { counts } = this;
    const group = this.settings.groups.get(observation.key);
    const name = group ?? observation.key;
    const entity = this.last?.key === name ? this.last : this.entities.get(name);
    this.last = entity;
    const { state } = entity;
    // The ids of each key of a group grow by themselves.
    const series = group === undefined ? observation.type : `${observation.key}/${observation.type}`;
    const known = state.sequences[series];
    if (known === undefined) {
      state.sequences[series] = { last: observation.sequence, gaps: [] };
    } else if (observation.sequence === known.last + 1) {
      known.last++;
    } else {
      const gap = advanceSequence(known, observation.sequence, this.contiguous[observation.type] ?? false);
      if (gap === REPEAT) {
        counts.duplicates++;
        return;
      }
      if (gap > 0) {
        this.lose({ key: observation.key, from: state.latest, to: observation.time, reason: 'sequence gap', count: gap });
      }
    }
    counts.observations++;
    this.out.observations.push(observation);
    const { watermark } = this.time;
    if (watermark >= this.entities.queue.next) this.wakeDue(watermark);
    if (observation.time < state.horizon) {
      counts.late++;
      return;
    }
    if (observation.time > state.latest) state.latest = observation.time;
    const horizon = observation.time - this.settings.time.latenessMs;
    if (horizon > state.horizon) state.horizon = horizon;
    if (!this.consumed[observation.type]) return;
    this.update(entity, observation);
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

  /** Wakes every key that is due, the earliest first. */
  private wakeDue(watermark: number): void {
    const { queue } = this.entities;
    while (queue.next <= watermark) {
      const time = queue.next;
      const entity = this.entities.get(queue.pop());
      // An entry that the entity has since replaced is stale, and its successor stands in the queue already.
      if (entity.state.wake !== time) continue;
      this.wake(entity, time);
      if (entity.state.wake !== Number.POSITIVE_INFINITY) queue.push(entity.state.wake, entity.key);
    }
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

  private lose(missing: Missing): void {
    this.counts.missing += missing.count ?? 1;
    this.out.missing.push(missing);
    const keys = missing.key === '*' ? this.entities.keys() : [this.settings.groups.get(missing.key) ?? missing.key];
    for (const key of keys) this.guard(this.entities.get(key), (entity) => entity.extractor.missing?.(missing));
  }

  private rowsOf(entity: Entity): Rows {
    this.filling = entity;
    return this;
  }

  /** Judges the row that was being filled. */
  private settle(): void {
    const time = this.fillingTime;
    if (time === undefined) return;
    this.fillingTime = undefined;
    const { counts } = this;
    let verdict: Verdict;
    try {
      verdict = this.judge.judge(this.filling!, this.buffer, time);
    } catch (error) {
      throw this.failure(this.filling!, error);
    }
    counts.rows++;
    if (!Number.isNaN(verdict.score)) counts.scored++;
    else this.tally.unscoredBecause(verdict.reason?.replace(/ \(\d+ %\)$/, '') ?? 'no model');
    if (!verdict.calibrated) counts.uncalibrated++;
    if (verdict.anomalous) counts.anomalies++;
    if (verdict.raised) counts.episodes++;
    this.out.verdicts.push(verdict);
  }

  private announce(episode: Episode): void {
    this.out.episodes.push(episode);
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

  private drain(): SinkBatch {
    this.counts.ahead += this.time.ahead;
    this.time.ahead = 0;
    const { out } = this;
    this.out = { observations: [], verdicts: [], episodes: [], missing: [] };
    this.last = undefined;
    return out;
  }
}
