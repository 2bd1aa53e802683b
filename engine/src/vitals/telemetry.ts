// Metrics and readiness of a pipeline, brought up to date when somebody asks.

import { totalmem } from 'node:os';
import type { Clock, Counter, Metrics } from '../api/index.js';
import type { Readiness } from '../ports/http.js';
import type { Drops } from './drops.js';
import type { Pauses } from './pauses.js';
import type { Counts } from './tally.js';
import type { Vitals } from './vitals.js';

export interface TelemetryParts {
  readonly metrics: Metrics;
  readonly vitals: Vitals;
  /** Whether this half judges; one that does not counts what it hands on under a name of its own, or all would count twice. */
  readonly judges: boolean;
  /** Why nothing can come from the source just now. */
  readonly sourceTrouble: () => string | undefined;
  /** Failed attempts, by sink. */
  readonly retries: () => ReadonlyMap<string, number>;
  readonly drops: Drops;
  readonly clock: Clock;
  readonly deadLettered: () => number;
  readonly repaired: () => number;
  readonly pauses: Pauses;
}

const COUNTERS: Readonly<Record<keyof Counts, readonly [string, string]>> = {
  observations: ['observations_total', 'Observations accepted from the source, without repeats'],
  rows: ['rows_total', 'Rows that the features emitted'],
  scored: ['verdicts_total', 'Rows that got a score'],
  uncalibrated: ['uncalibrated_total', 'Rows that the budget of alarms could not rule on yet'],
  raised: ['budget_raised_total', 'Rows that the budget of alarms could rule on and called anomalous'],
  allowed: ['budget_allowed_total', 'Rows that the budget of alarms allows to be anomalous while nothing is wrong'],
  borrowed: ['budget_borrowed_total', 'Rows that the budget of alarms ruled on by what other keys have shown'],
  anomalies: ['anomalies_total', 'Rows above the threshold'],
  episodes: ['episodes_total', 'Episodes opened'],
  incidents: ['incidents_total', 'Incidents: episodes of several keys that began together'],
  late: ['late_total', 'Observations stored but too late to be judged'],
  ahead: ['ahead_total', 'Observations stored but stamped too far ahead to be judged'],
  duplicates: ['duplicates_total', 'Repeated observations, dropped'],
  missing: ['missing_total', 'Observations known to be lost'],
};

/** Keys that have metrics of their own: each is a series more to whoever stores them. */
const KEYS = 100;

/** What this process may take of memory, bytes: what its container is given, else what the machine has. */
function memoryLimit(): number {
  const given = process.constrainedMemory();
  return given > 0 ? Math.min(given, totalmem()) : totalmem();
}

/** Brings the metrics up to date when they are asked for, so that the stream itself pays nothing. */
export class Telemetry {
  private readonly parts: TelemetryParts;
  private readonly counted = new Map<string, number>();

  constructor(parts: TelemetryParts) {
    this.parts = parts;
  }

  refresh(): void {
    const { metrics, vitals, retries, drops, clock } = this.parts;
    const { counts, notFinite } = vitals.tally;
    if (!this.parts.judges)
      this.raise(metrics.counter('ingested_total', 'Observations handed to the broker'), 'ingested', counts.observations);
    for (const [name, [metric, help]] of Object.entries(this.parts.judges ? COUNTERS : {})) {
      this.raise(metrics.counter(metric, help), metric, counts[name as keyof Counts]);
    }
    const dropped = metrics.counter('dropped_total', 'Bad input that was dropped, by reason', ['reason']);
    for (const [reason, count] of drops.counts) this.raise(dropped, `dropped/${reason}`, count, { reason });
    const infinite = metrics.counter('not_finite_total', 'Infinite column values, taken for missing', ['column']);
    for (const [column, count] of notFinite) this.raise(infinite, `notFinite/${column}`, count, { column });
    this.raiseKeys();
    const retried = metrics.counter('sink_retries_total', 'Failed writes that were tried again', ['sink']);
    for (const [sink, count] of retries()) this.raise(retried, `retries/${sink}`, count, { sink });
    this.raise(
      metrics.counter('dead_letters_total', 'Records that could never be written'),
      'deadLetters',
      this.parts.deadLettered(),
    );
    this.raise(
      metrics.counter('repaired_total', 'Observations lost on the way and fetched again by the source'),
      'repaired',
      this.parts.repaired(),
    );
    this.raise(
      metrics.counter(
        'standstill_seconds_total',
        'For how long this process stood still while it should have read a live source',
      ),
      'standstill',
      this.parts.pauses.totalMs / 1_000,
    );
    this.raise(metrics.counter('checkpoints_total', 'Checkpoints written'), 'checkpoints', vitals.checkpoints);

    const { eventTime: now } = vitals;
    if (Number.isFinite(now)) {
      metrics.gauge('event_time_seconds', 'How far event time has come').set(now / 1_000);
      metrics.gauge('lag_seconds', 'How far event time is behind the clock').set((clock.now() - now) / 1_000);
    }
    metrics.gauge('keys', 'Keys with a state').set(vitals.keys);
    metrics.gauge('keys_in_memory', 'Keys whose state is in memory').set(vitals.keysInMemory);
    metrics.gauge('buffered_observations', 'Observations that wait in this process').set(vitals.waiting);
    if (vitals.behind !== undefined)
      metrics.gauge('channel_lag', 'Records in the broker that the detectors have not taken yet').set(vitals.behind);
    const latency = metrics.gauge('latency_seconds', 'From the door to every sink, since the start', ['quantile']);
    for (const quantile of [0.5, 0.99]) {
      const ms = vitals.latency.quantile(quantile);
      if (ms !== null) latency.set(ms / 1_000, { quantile: String(quantile) });
    }
    if (vitals.lastCheckpoint) {
      metrics.gauge('checkpoint_duration_seconds', 'How long the last checkpoint took').set(vitals.lastCheckpoint.ms / 1_000);
      metrics
        .gauge('checkpoint_age_seconds', 'Time since the last checkpoint')
        .set((clock.now() - vitals.lastCheckpoint.at) / 1_000);
    }
    metrics.gauge('memory_limit_bytes', 'What this process may take of memory').set(memoryLimit());
    metrics.gauge('ready', '1 while the pipeline can do its work').set(this.readiness().ready ? 1 : 0);
  }

  /** What was raised of each key, against what is allowed: of the first keys, and of all others together. */
  private raiseKeys(): void {
    const { metrics, vitals } = this.parts;
    const { keys, others } = vitals.tally.against;
    if (keys.size === 0) return;
    const raised = metrics.counter(
      'budget_key_raised_total',
      `Rows that the budget of alarms called anomalous, of the first ${KEYS} keys; without a key: of all others`,
      ['key'],
    );
    const allowed = metrics.counter('budget_key_allowed_total', 'Rows that the budget of alarms allows to be, of the same keys', [
      'key',
    ]);
    const rest = { raised: others.raised, allowed: others.allowed };
    let n = 0;
    for (const [key, ruled] of keys) {
      if (n++ < KEYS) {
        this.raise(raised, `raised/${key}`, ruled.raised, { key });
        this.raise(allowed, `allowed/${key}`, ruled.allowed, { key });
      } else {
        rest.raised += ruled.raised;
        rest.allowed += ruled.allowed;
      }
    }
    if (n <= KEYS) return;
    this.raise(raised, 'raised', rest.raised, { key: '' });
    this.raise(allowed, 'allowed', rest.allowed, { key: '' });
  }

  readiness(): Readiness {
    const { vitals } = this.parts;
    const reasons = [...vitals.troubles];
    const source = this.parts.sourceTrouble();
    if (source !== undefined) reasons.push(`the source gets nothing: ${source}`);
    if (!vitals.opened && reasons.length === 0) reasons.push('the pipeline is not running');
    return { ready: reasons.length === 0, reasons };
  }

  private raise(counter: Counter, id: string, value: number, labels?: Record<string, string>): void {
    const before = this.counted.get(id);
    if (before === undefined || value > before) counter.add(value - (before ?? 0), labels);
    this.counted.set(id, value);
  }
}
