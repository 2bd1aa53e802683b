// How a running pipeline is, for people.

/** How a running pipeline is. Plain data. */
export interface Status {
  readonly ready: boolean;
  /** Why not, a sentence each. */
  readonly reasons: readonly string[];
  /** What the source says of why it gets nothing; absent: it gets something. */
  readonly sourceTrouble?: string;
  /** How far event time has come, ms since the epoch; `null` before the first observation. */
  readonly eventTime: number | null;
  readonly keys: number;
  /** Observations that wait in this process. */
  readonly waiting: number;
  /** Records that wait in the broker. */
  readonly behind?: number;
  /** By name: `observations`, `verdicts`, `anomalies`, `late`, `missing` and so on. */
  readonly counts: Readonly<Record<string, number>>;
  /** Rows that got no score or could not be ruled on, by reason. */
  readonly unscored: Readonly<Record<string, number>>;
  /** Input that was dropped, by reason. */
  readonly dropped: Readonly<Record<string, number>>;
  /** Sinks that do not accept, and why. */
  readonly sinks: readonly { readonly name: string; readonly trouble?: string; readonly retries: number }[];
  readonly checkpoint?: { readonly at: number; readonly ms: number; readonly bytes: number };
  /** From the door to every sink, ms; `null` while nothing was measured. */
  readonly latency: { readonly p50: number | null; readonly p99: number | null };
  /** What is doubtful about this run so far, a sentence each. */
  readonly doubts: readonly string[];
}
