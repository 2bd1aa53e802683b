import type { LatencyHistogram } from './latency.js';
import type { Tally } from './tally.js';

/** Which half of a pipeline a process runs. */
export type Role = 'all' | 'ingest' | 'detect';

/** How a run ended: by itself, because it was told to, or told to while a sink did not accept. */
export type Ending = 'finished' | 'stopped' | 'stopped-waiting';

/** What a running half of a pipeline tells the metrics, the summary and the display. */
export interface Vitals {
  /** What is counted; a half that does not judge counts observations only. */
  readonly tally: Tally;
  /** How far event time has come, ms since the epoch, in the slowest partition; −∞ before the first observation. */
  readonly eventTime: number;
  /** Whether it went on where an earlier run stood. */
  readonly resumed: boolean;
  readonly keys: number;
  readonly keysInMemory: number;
  /** Observations that wait in this process. */
  readonly waiting: number;
  /** Records that wait in the broker. */
  readonly behind: number | undefined;
  /** From the door to every sink. */
  readonly latency: LatencyHistogram;
  readonly checkpoints: number;
  readonly lastCheckpoint: { readonly at: number; readonly ms: number; readonly bytes: number } | undefined;
  readonly opened: boolean;
  /** Why it cannot do its work just now, a sentence each. */
  readonly troubles: readonly string[];
}
