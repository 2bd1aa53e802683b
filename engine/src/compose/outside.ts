// The process around the pipelines.

import { type LogSettings, pinoLog } from '../adapters/pino-log.js';
import { systemClock } from '../ports/clock.js';
import { type MetricsPort, unheardMetrics } from '../ports/metrics.js';
import type { Outside } from './container.js';

/** The clock and the log of this process, and its metrics where somebody can ask for them. */
export async function processOutside(log: LogSettings, { heard = false } = {}): Promise<Outside> {
  return { clock: systemClock, log: pinoLog(log), metrics: heard ? await processMetrics() : unheardMetrics };
}

async function processMetrics(): Promise<MetricsPort> {
  const { PrometheusMetrics } = await import('../adapters/prometheus.js');
  return new PrometheusMetrics().withProcess();
}
