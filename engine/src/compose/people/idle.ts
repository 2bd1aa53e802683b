// What a sink is lent of people's things while no pipeline runs.

import type { SinkHost } from '../../api/index.js';
import { hindsightOf } from '../../judge/alarms/hindsight.js';
import type { Plan } from '../../spec/planned.js';
import { notRunning } from '../../vitals/status.js';
import { checkpointsOf } from '../checkpoints.js';
import type { Outside } from '../container.js';
import { labelsOf } from './labels.js';
import { NOWHERE } from './later-door.js';
import { storedOutlook } from './outlook.js';

/** Labels and hindsight as while it runs; nothing is shown, and nothing is known of how it is. */
export async function idlePeople(
  plan: Plan,
  outside: Outside,
): Promise<Pick<SinkHost, 'http' | 'labels' | 'hindsight' | 'status' | 'outlook'>> {
  const checkpoints = await checkpointsOf(plan, outside);
  return {
    http: NOWHERE,
    labels: await labelsOf(plan, checkpoints, () => outside.clock.now()),
    hindsight: hindsightOf(plan.alarms, plan.schema),
    status: notRunning,
    outlook: storedOutlook(plan, checkpoints),
  };
}
