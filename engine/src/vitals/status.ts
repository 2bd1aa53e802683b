// How a running pipeline is, gathered when somebody asks.

import type { Status } from '../api/index.js';
import type { Doubts } from './doubts.js';
import type { Drops } from './drops.js';
import type { Telemetry } from './telemetry.js';
import type { Vitals } from './vitals.js';

/** What is asked of how a pipeline is. */
export interface StatusParts {
  readonly vitals: Vitals;
  readonly drops: Drops;
  readonly telemetry: Telemetry;
  readonly doubts: Doubts;
  readonly sourceTrouble: () => string | undefined;
  readonly sinks: readonly string[];
  /** By sink: why it does not accept, and how often it was tried again. */
  readonly troubles: () => ReadonlyMap<string, string>;
  readonly retries: () => ReadonlyMap<string, number>;
}

/** How a running pipeline is. */
export function statusOf(parts: StatusParts): Status {
  const { vitals, drops, telemetry, sinks } = parts;
  const { ready, reasons } = telemetry.readiness();
  const sourceTrouble = parts.sourceTrouble();
  const { eventTime, behind, lastCheckpoint, latency } = vitals;
  const [troubles, retries] = [parts.troubles(), parts.retries()];
  return {
    ready,
    reasons,
    ...(sourceTrouble === undefined ? {} : { sourceTrouble }),
    eventTime: Number.isFinite(eventTime) ? eventTime : null,
    keys: vitals.keys,
    waiting: vitals.waiting,
    ...(behind === undefined ? {} : { behind }),
    counts: { ...vitals.tally.counts },
    unscored: Object.fromEntries(vitals.tally.unscored),
    dropped: Object.fromEntries(drops.counts),
    sinks: sinks.map((name) => {
      const trouble = troubles.get(name);
      return { name, retries: retries.get(name) ?? 0, ...(trouble === undefined ? {} : { trouble }) };
    }),
    ...(lastCheckpoint ? { checkpoint: { ...lastCheckpoint } } : {}),
    latency: { p50: latency.quantile(0.5), p99: latency.quantile(0.99) },
    doubts: parts.doubts.soFar(),
  };
}

/** How a pipeline is that does not run: nothing of it is known. */
export const notRunning = (): Status => ({
  ready: false,
  reasons: ['the pipeline is not running'],
  eventTime: null,
  keys: 0,
  waiting: 0,
  counts: {},
  unscored: {},
  dropped: {},
  sinks: [],
  latency: { p50: null, p99: null },
  doubts: [],
});
