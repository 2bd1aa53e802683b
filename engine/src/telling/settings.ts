// What may be set of telling, whatever the way.

import { duration, z } from '../api/index.js';

/** Fields of the configuration of a sink that tells people. */
export const tellingFields = {
  severity: z.enum(['info', 'warning', 'critical']).default('info').describe('Episodes that are less bad are not told.'),
  maxAge: duration('Episodes that began (or ended, where that is told) longer ago are not told: a backfill calls nobody')
    .default(300_000)
    .meta({ unit: 'ms' }),
  perMinute: z
    .int()
    .min(1)
    .max(600)
    .default(20)
    .describe('Messages a minute; what comes beyond is told together in one message.'),
  timeout: duration('How long one attempt may take').default(10_000).meta({ unit: 'ms' }),
  giveUpAfter: duration('A message that nobody took for so long goes to the dead letters').default(600_000).meta({ unit: 'ms' }),
};

/** What of an episode is told. */
export const onSchema = z.array(z.enum(['opened', 'closed'])).min(1);

export type Telling = z.output<z.ZodObject<typeof tellingFields>> & {
  readonly on?: readonly ('opened' | 'closed')[] | undefined;
};
