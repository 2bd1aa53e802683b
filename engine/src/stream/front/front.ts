// In front of the judging: what is decided of all keys together, in the order of the stream.

import type { Missing, Observation, SourceBatch } from '../../api/index.js';
import type { CoreSettings } from '../../judge/settings.js';
import type { EventTimeState } from '../../state/saved.js';
import type { Counts } from '../../vitals/tally.js';
import { Admission, type Refuse } from './admission.js';
import { EventTime } from './event-time.js';

/** How much of what was told as missing is known again, when it is told again. */
export const LOST_KEPT = 1_024;

/** How far time has come, for whoever judges. */
export interface Time {
  /** Event time, ms since the epoch, by the observations or by what the source says. */
  readonly now: number;
  /** No observation before this is waited for. */
  readonly watermark: number;
  /** How much further than `now` an observation may be without being doubted, ms. */
  readonly leap: number;
  /** How many keys share what is of all of them. */
  readonly crowd: number;
  /** The full hour of event time, since the epoch. */
  readonly hour: number;
  /** An observation that is no repeat was taken. */
  reach(observation: Observation): void;
}

/** What stands behind the front: it is told what was decided, in the order of the stream. */
export interface Behind {
  /** It is judged, unless it is a repeat, or too late for its key. */
  take(observation: Observation): void;
  /** Its clock cannot be believed: it is kept and counted, and nothing else. @param byMs how far it is ahead of all others */
  passAhead(observation: Observation, byMs: number): void;
  /** Whether it came before. */
  repeated(observation: Observation): boolean;
  lose(missing: Missing): void;
  /** Wakes every key that is due, the earliest first. */
  wakeDue(watermark: number): void;
  /** How many keys there are. */
  readonly size: number;
}

/**
 * What is decided once for all keys: what breaks the source's declaration, whose clock can be believed and how far time has come, what is
 * told twice. It knows nothing of rows, and does not know how many judge behind it.
 */
export class Front<B extends Behind = Behind> {
  readonly time: EventTime;
  readonly behind: B;
  private readonly admission: Admission;
  private readonly counts: Counts;

  constructor(
    { schema, time: settings }: Pick<CoreSettings, 'schema' | 'time'>,
    state: EventTimeState,
    refuse: Refuse,
    counts: Counts,
    behind: (time: Time) => B,
  ) {
    this.counts = counts;
    this.admission = new Admission(schema.observations, refuse);
    this.time = new EventTime(state, settings, {
      take: (observation) => this.behind.take(observation),
      refuse: (observation, byMs) => this.behind.passAhead(observation, byMs),
      repeated: (observation) => this.behind.repeated(observation),
      repeat: () => {
        this.counts.duplicates++;
      },
      keys: () => this.behind.size,
    });
    this.behind = behind(this.time);
  }

  process(batch: SourceBatch): void {
    this.begin(batch);
    this.offer(batch.observations);
    this.settle(batch);
  }

  /** What stands before the observations of a batch. */
  begin({ missing, watermark }: SourceBatch): void {
    for (const lost of missing ?? []) if (this.isNews(lost)) this.behind.lose(lost);
    this.time.begin(watermark);
  }

  /** Observations of a batch, all or some. */
  offer(observations: readonly Observation[]): void {
    const { time, admission } = this;
    for (const observation of observations) if (admission.admits(observation)) time.offer(observation);
  }

  /** What the source says of time, behind all observations of a batch. */
  settle({ watermark }: SourceBatch): void {
    if (watermark === undefined) return;
    this.time.tell(watermark);
    this.behind.wakeDue(this.time.watermark);
  }

  /** What was missing is told again as well where a stretch of the stream is: it happened once. */
  private isNews({ key, from, to, reason }: Missing): boolean {
    const { lost } = this.time.state;
    const name = JSON.stringify([key, from, to, reason]);
    if (lost.includes(name)) {
      this.counts.duplicates++;
      return false;
    }
    if (lost.push(name) > LOST_KEPT) lost.shift();
    return true;
  }
}
