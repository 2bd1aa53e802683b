// What `with:` of the discord holds.

import { z } from '@quantstream/engine';

export const configSchema = z.strictObject({
  window: z
    .int()
    .min(4)
    .max(2_000)
    .default(50)
    .describe('Rows of a window: about one period of what swings, or as long as the shapes that matter.')
    .meta({ unit: 'rows' }),
  memory: z
    .int()
    .min(20)
    .max(100_000)
    .default(1_000)
    .describe(
      'Earlier windows that the latest one is compared with, the newest of them one window back. Cost and state grow with it.',
    )
    .meta({ unit: 'windows' }),
  warmUp: z
    .int()
    .min(20)
    .max(100_000)
    .default(400)
    .describe('Rows before the first score; until then scores are missing. At least two windows are taken in any case.')
    .meta({ unit: 'rows' }),
});

export type Settings = z.output<typeof configSchema>;
