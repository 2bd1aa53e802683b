// How long a pipeline listens before it calls a row odd.

import { type PipelineSchema, sayDuration } from '../api/index.js';

/** A budget can be promised once a key has been seen for so long, ms of event time: less does not show what happens ten times a day. */
const GROWN = 86_400_000;

/** A sentence for whoever waits for the first anomaly; `undefined`: there is nothing to wait for. */
export function waitingOf({ alarms, models }: Pick<PipelineSchema, 'alarms' | 'models'>): string | undefined {
  const { perDay, atLeastMs } = alarms;
  if (perDay === undefined || !atLeastMs || models.every(({ decides }) => decides)) return undefined;
  const others = models.some(({ decides }) => decides) ? ', but for what rules decide' : '';
  const young =
    atLeastMs < GROWN
      ? '; perDay is promised only once a day of a key has been seen, as less cannot show what happens so rarely'
      : '';
  return `no row is called odd before its models have warmed up, some hundred rows of its key, and then ${sayDuration(atLeastMs)} of event time have passed (alarms.calibration.atLeast)${others}: history that comes first counts, and is judged as fast as it comes${young}`;
}
