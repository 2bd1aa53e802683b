// What `with:` of the Mahalanobis distance holds.

import { z } from '@quantstream/engine';

export const configSchema = z.strictObject({
  halfLife: z
    .number()
    .min(10)
    .max(1e9)
    .default(3_600)
    .describe('Rows after which a row counts half in mean and covariance. Shorter follows changes sooner, longer is steadier.')
    .meta({ unit: 'rows' }),
  ridge: z
    .number()
    .gt(0)
    .max(1)
    .default(1e-4)
    .describe('Added to the diagonal of the correlation matrix, so that columns that nearly determine each other do not explode.')
    .meta({ unit: '1' }),
  robust: z
    .number()
    .min(0)
    .max(0.5)
    .default(0.001)
    .describe('Rows judged rarer than this (their p-value) are learned with a hundredth of the weight. 0 learns all alike.')
    .meta({ unit: 'p-value' }),
  tails: z
    .enum(['normal', 'student'])
    .default('normal')
    .describe(
      '`normal`: the score is D². `student`: it is the surprise of deviations that follow Student’s t with three degrees of freedom, so that one wild column does not outshout several that are a little off.',
    ),
  warmUp: z
    .int()
    .min(10)
    .max(100_000)
    .default(500)
    .describe('Rows that the first estimate is made from; until then scores are missing. Several times the columns.')
    .meta({ unit: 'rows' }),
  refactorEvery: z
    .int()
    .min(1)
    .max(10_000)
    .default(10)
    .describe('Rows between factorisations of the covariance, which scores use. The mean moves with every row.')
    .meta({ unit: 'rows' }),
});

export type Settings = z.output<typeof configSchema>;
