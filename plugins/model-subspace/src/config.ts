// What `with:` of the subspace holds.

import { z } from '@quantstream/engine';

export const configSchema = z.strictObject({
  components: z
    .int()
    .min(1)
    .max(8)
    .default(8)
    .describe('Directions in which columns vary together; at most half as many as columns times window.')
    .meta({ unit: 'directions' }),
  window: z
    .int()
    .min(1)
    .max(128)
    .default(1)
    .describe('Rows that are looked at as one. More than 1 shows shapes: for one column or few.')
    .meta({ unit: 'rows' }),
  halfLife: z
    .number()
    .min(10)
    .max(1e9)
    .default(20_000)
    .describe('Rows after which one counts half in directions and scales.')
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
    .describe('Rows that the first scales and directions are made from; until then scores are missing. Several times the window.')
    .meta({ unit: 'rows' }),
});

export type Settings = z.output<typeof configSchema>;
