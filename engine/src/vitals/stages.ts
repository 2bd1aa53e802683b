// How long live observations take, stage by stage.

import type { Histogram, Metrics, Observation } from '../api/index.js';

/** From a millisecond to a minute; the lowest bucket also takes what seems to come before it was sent. */
const BUCKETS = [0, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60];

/** Where the time of live observations goes, stage by stage: of each batch its oldest one, in seconds. */
export class Stages {
  private readonly histogram: Histogram;

  constructor(metrics: Metrics) {
    this.histogram = metrics.histogram(
      'stage_latency_seconds',
      'Oldest observation of each live batch: source_to_door (below 0: clocks differ), door_to_verdict, verdict_to_sink, door_to_sink',
      BUCKETS,
      ['stage'],
    );
  }

  /** A batch has come through our door. Recordings are not timed: their age is not latency. */
  arrived({ time, received }: Observation, live: boolean): void {
    if (live) this.histogram.observe((received - time) / 1_000, { stage: 'source_to_door' });
  }

  /** The sinks have accepted a batch. Times in ms since the epoch. */
  judged({ received }: Observation, judged: number, accepted: number, live: boolean): void {
    if (!live) return;
    this.histogram.observe((judged - received) / 1_000, { stage: 'door_to_verdict' });
    this.histogram.observe((accepted - judged) / 1_000, { stage: 'verdict_to_sink' });
    this.histogram.observe((accepted - received) / 1_000, { stage: 'door_to_sink' });
  }
}
