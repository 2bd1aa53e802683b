// What `with:` of the clusters holds.

import { z } from '@quantstream/engine';

export const configSchema = z.strictObject({
  centres: z.int().min(1).max(200).default(20).describe('Ways of life that are told apart.').meta({ unit: 'centres' }),
  halfLife: z
    .number()
    .min(10)
    .max(1e9)
    .default(20_000)
    .describe(
      'Rows of one centre after which a row of it counts half, and rows after which one counts half in the scale of columns.',
    )
    .meta({ unit: 'rows' }),
  robust: z
    .number()
    .min(0)
    .max(0.5)
    .default(0.01)
    .describe('Rows judged rarer than this (their p-value) are learned with a hundredth of the weight. 0 learns all alike.')
    .meta({ unit: 'p-value' }),
  warmUp: z
    .int()
    .min(20)
    .max(100_000)
    .default(1_000)
    .describe('Rows that the first centres are made from; until then scores are missing. Several times the centres.')
    .meta({ unit: 'rows' }),
});

export type Settings = z.output<typeof configSchema>;
