// What all lanes of a pipeline count.

import type { Verdict } from '../api/index.js';
import { Against } from './against.js';

/** What happened to the stream so far, in this run. */
export interface Counts {
  observations: number;
  rows: number;
  scored: number;
  /** Rows that a budget could not rule on yet. */
  uncalibrated: number;
  /** Rows that a budget could rule on and called anomalous, and how many of them it allows while nothing is wrong. */
  raised: number;
  allowed: number;
  /** Rows that it ruled on by what other keys have shown. */
  borrowed: number;
  anomalies: number;
  episodes: number;
  /** Episodes of several keys that began together, as one. */
  incidents: number;
  late: number;
  ahead: number;
  duplicates: number;
  /** Ids that were jumped over, plus what the source says is lost. */
  missing: number;
}

/** How many reasons for not being scored are told apart. */
const REASONS_KEPT = 20;

/** What all lanes of a pipeline count together. */
export class Tally {
  readonly counts: Counts = {
    observations: 0,
    rows: 0,
    scored: 0,
    uncalibrated: 0,
    raised: 0,
    allowed: 0,
    borrowed: 0,
    anomalies: 0,
    episodes: 0,
    incidents: 0,
    late: 0,
    ahead: 0,
    duplicates: 0,
    missing: 0,
  };
  /** What a budget has raised of each key, and what it allows. */
  readonly against = new Against();
  /** Rows without a score, by reason. */
  readonly unscored = new Map<string, number>();
  /** Models that have scored nothing yet, with what keeps them from it. */
  readonly unheard: Map<string, string>;
  /** Columns that never had a value. */
  readonly silent: Set<string>;
  /** Values that were infinite and count as missing, by column. */
  readonly notFinite = new Map<string, number>();

  constructor(models: readonly string[] = [], columns: readonly string[] = []) {
    this.unheard = new Map(models.map((name) => [name, 'learning']));
    this.silent = new Set(columns);
  }

  /** Counts what a budget says of a row, if it could rule on it. */
  rule({ key, calibrated, borrowed, pValue, threshold }: Verdict): void {
    if (!calibrated || Number.isNaN(pValue)) return;
    const { counts } = this;
    const allowed = 10 ** -threshold;
    const raised = pValue < allowed;
    counts.allowed += allowed;
    if (raised) counts.raised++;
    if (borrowed) counts.borrowed++;
    this.against.add(key, raised, allowed);
  }

  /** Notes which columns of a row had a value. */
  heard(values: Readonly<Record<string, number>>): void {
    for (const column of this.silent) if (!Number.isNaN(values[column]!)) this.silent.delete(column);
  }

  unscoredBecause(reason: string, rows = 1): void {
    // Columns can be missing in many combinations: beyond some, they are counted together.
    const known = this.unscored.has(reason) || this.unscored.size < REASONS_KEPT ? reason : 'other';
    this.unscored.set(known, (this.unscored.get(known) ?? 0) + rows);
  }
}
