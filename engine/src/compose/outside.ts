// The process around the pipelines.

import { type LogSettings, pinoLog } from '../adapters/pino-log.js';
import { PrometheusMetrics } from '../adapters/prometheus.js';
import { systemClock } from '../ports/clock.js';
import type { Outside } from './container.js';

/** The clock, the log and the metrics of this process. */
export function processOutside(log: LogSettings): Outside {
  return { clock: systemClock, log: pinoLog(log), metrics: new PrometheusMetrics().withProcess() };
}
