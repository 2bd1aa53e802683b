// What `with:` of the baseline holds.

import { z } from '@quantstream/engine';

export const configSchema = z.strictObject({
  halfLife: z
    .number()
    .min(100)
    .max(1e9)
    .default(5_000)
    .describe('Rows after which a row counts half in the level and spread that a column is brought to scale by.')
    .meta({ unit: 'rows' }),
  memory: z
    .number()
    .min(100)
    .max(1e9)
    .default(1_500)
    .describe('Rows after which a row counts half in what the next value is expected from, and in how far off that usually is.')
    .meta({ unit: 'rows' }),
  season: z
    .union([z.literal('auto'), z.literal('none'), z.int().min(4).max(320)], { error: 'expected auto, none or 4 to 320 rows' })
    .default('auto')
    .describe('A period in rows; `auto` finds up to 320 by itself. Longer ones are a matter of `transform: { rhythm: auto }`.')
    .meta({ unit: 'rows' }),
  robust: z
    .number()
    .min(0)
    .max(0.5)
    .default(0.001)
    .describe('Rows judged rarer than this (their p-value) are learned with a twentieth of the weight. 0 learns all alike.')
    .meta({ unit: 'p-value' }),
  warmUp: z
    .int()
    .min(50)
    .max(100_000)
    .default(200)
    .describe('Rows before the first score; until then scores are missing.')
    .meta({ unit: 'rows' }),
});

export type Settings = z.output<typeof configSchema>;
