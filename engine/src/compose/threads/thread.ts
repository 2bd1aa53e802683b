// A thread that judges, from its first line on.

import { workerData } from 'node:worker_threads';
import { lineToStarter } from '../../adapters/threads.js';
import { EntityFactory } from '../../judge/entity.js';
import { systemClock } from '../../ports/clock.js';
import { unheardMetrics } from '../../ports/metrics.js';
import { planAgain } from '../../spec/plan.js';
import { judgeFor } from '../../stream/threads/judging.js';
import { containerOf, coreSettings } from '../container.js';
import { entityHosts } from '../models.js';
import { farLog, farMetrics, type News } from './news.js';
import type { Given } from './threads.js';

const { replan, share, taught, heard } = workerData as Given;
const plan = await planAgain(replan);
// What was asked meanwhile has waited.
const line = lineToStarter();
const container = containerOf(plan, {
  clock: systemClock,
  log: farLog(line),
  metrics: heard ? farMetrics(line) : unheardMetrics,
});
const settings = coreSettings(plan);
const factory = new EntityFactory(settings, {
  ...entityHosts(container),
  taught: (key) => taught.get(key) ?? [],
  life: (...of) => line.tell({ news: 'life', of } satisfies News),
  rhythm: (...of) => line.tell({ news: 'rhythm', of } satisfies News),
  warmUp: (...of) => line.tell({ news: 'warm-up', of } satisfies News),
});
judgeFor({ settings, factory, share, line });
