import type { Against, RuledKey } from './against.js';
import type { Drops } from './drops.js';
import type { Guarantee } from './guarantee.js';
import type { Pauses } from './pauses.js';
import type { Counts } from './tally.js';
import type { Ending, Role, Vitals } from './vitals.js';

/** What a run did, for people and machines: `--summary`. */
export interface Summary {
  readonly pipeline: string;
  /** Which half ran; what only the other half counts is 0. */
  readonly role: Role;
  readonly ending: Ending | 'failed';
  /** By sink. */
  readonly guarantee: Readonly<Record<string, Guarantee>>;
  /** Accepted from the source: without repeats, with late ones. */
  readonly observations: number;
  /** Rows that the features emitted, scored or not. */
  readonly rows: number;
  /** Rows that got a score. */
  readonly verdicts: number;
  /** Rows that the budget of alarms could not rule on yet. */
  readonly uncalibrated: number;
  /** Rows without a score, by reason: `learning`, `missing: rsi_14`. */
  readonly unscored: Readonly<Record<string, number>>;
  readonly anomalies: number;
  /**
   * With a budget: rows that it could rule on and called anomalous, and how many it allows while nothing is wrong; of these keys too, which
   * are furthest beyond it; and where keys borrow, how many rows it ruled on by what other keys have shown.
   */
  readonly budget?: {
    readonly raised: number;
    readonly allowed: number;
    readonly keys: readonly RuledKey[];
    readonly borrowed?: number;
  };
  /** Episodes that were opened: what people would have been called for. */
  readonly episodes: number;
  /** Episodes of several keys that began together, as one: people are called once for each. */
  readonly incidents: number;
  /** Stored, but too late to be judged. */
  readonly late: number;
  /** Stored, but stamped too far ahead of all others to be judged. */
  readonly ahead: number;
  /** By reason. */
  readonly dropped: Readonly<Record<string, number>>;
  /** Observations known to be lost: jumped ids, and what the source says. */
  readonly missing: number;
  /** How often a process that reads a live source stood still, and for how long: nobody looked then. */
  readonly pauses: { readonly count: number; readonly seconds: number; readonly longestSeconds: number };
  /** Columns that had no value in any row: what is judged of them said nothing. */
  readonly silent: readonly string[];
  /** What people should look at, a sentence each; with any, the exit code is 3. */
  readonly doubts: readonly string[];
  /** Lost on the way, and fetched again by the source. */
  readonly repaired: number;
  readonly deadLettered: number;
  readonly duplicates: number;
  readonly observationsPerSecond: number;
  /** From the door to every sink's acceptance. */
  readonly latencyMs: { readonly p50: number | null; readonly p99: number | null };
  readonly rssMb: number;
  readonly seconds: number;
  readonly keys: number;
  readonly checkpoints: number;
}

export interface SummaryParts {
  readonly pipeline: string;
  readonly role: Role;
  readonly guarantee: Readonly<Record<string, Guarantee>>;
  readonly vitals: Vitals;
  readonly drops: Drops;
  readonly pauses: Pauses;
  readonly doubts: readonly string[];
  readonly deadLettered: number;
  readonly repaired: number;
  readonly seconds: number;
  readonly ending: Summary['ending'];
}

const rounded = (value: number | null, digits = 3) => (value === null ? null : Number(value.toPrecision(digits)));

/** Keys that are named. */
const NAMED = 20;

const budgetOf = ({ raised, allowed, borrowed }: Counts, against: Against): NonNullable<Summary['budget']> => ({
  raised,
  allowed: rounded(allowed)!,
  keys: against.furthest(NAMED).map((one) => ({ ...one, allowed: rounded(one.allowed)! })),
  ...(borrowed > 0 ? { borrowed } : {}),
});

export function summarise({
  pipeline,
  role,
  guarantee,
  vitals,
  drops,
  pauses,
  doubts,
  deadLettered,
  repaired,
  seconds,
  ending,
}: SummaryParts): Summary {
  const { counts, unscored, silent, against } = vitals.tally;
  return {
    pipeline,
    role,
    ending,
    guarantee,
    observations: counts.observations,
    rows: counts.rows,
    verdicts: counts.scored,
    uncalibrated: counts.uncalibrated,
    unscored: Object.fromEntries(unscored),
    anomalies: counts.anomalies,
    ...(counts.allowed > 0 ? { budget: budgetOf(counts, against) } : {}),
    episodes: counts.episodes,
    incidents: counts.incidents,
    late: counts.late,
    ahead: counts.ahead,
    dropped: Object.fromEntries(drops.counts),
    missing: counts.missing,
    pauses: { count: pauses.count, seconds: pauses.totalMs / 1_000, longestSeconds: pauses.longestMs / 1_000 },
    silent: counts.rows > 0 ? [...silent] : [],
    doubts,
    repaired,
    deadLettered,
    duplicates: counts.duplicates,
    observationsPerSecond: Math.round(counts.observations / Math.max(seconds, 1e-3)),
    latencyMs: { p50: rounded(vitals.latency.quantile(0.5)), p99: rounded(vitals.latency.quantile(0.99)) },
    rssMb: Math.round(process.memoryUsage.rss() / 1024 / 1024),
    seconds: Number(seconds.toFixed(3)),
    keys: vitals.keys,
    checkpoints: vitals.checkpoints,
  };
}
