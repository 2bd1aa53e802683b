// The process around the pipelines.

import type { LogSettings } from '../adapters/pino-log.js';
import { systemClock } from '../ports/clock.js';
import { type LogPort, silentLog } from '../ports/log.js';
import { type MetricsPort, unheardMetrics } from '../ports/metrics.js';
import type { Outside } from './container.js';
import { Addresses } from './http.js';

/** The clock of this process, its log where there is one, and its metrics where somebody can ask for them. */
export async function processOutside(log: LogSettings, { heard = false } = {}): Promise<Outside> {
  return {
    clock: systemClock,
    log: log.level === 'silent' ? silentLog : await processLog(log),
    addresses: new Addresses(),
    metrics: heard ? await processMetrics() : unheardMetrics,
  };
}

async function processLog(settings: LogSettings): Promise<LogPort> {
  const { pinoLog } = await import('../adapters/pino-log.js');
  return pinoLog(settings);
}

async function processMetrics(): Promise<MetricsPort> {
  const { PrometheusMetrics } = await import('../adapters/prometheus.js');
  return new PrometheusMetrics().withProcess();
}
