// What `with:` of half-space trees holds.

import { z } from '@quantstream/engine';

export const configSchema = z
  .strictObject({
    trees: z
      .int()
      .min(1)
      .max(1_000)
      .default(25)
      .describe('Trees. More make scores steadier, and slower in proportion.')
      .meta({ unit: 'trees' }),
    depth: z
      .int()
      .min(1)
      .max(20)
      .default(15)
      .describe('Splits from the root of a tree to a leaf. Deeper trees see finer differences where many rows are.')
      .meta({ unit: 'splits' }),
    window: z
      .int()
      .min(10)
      .max(1_000)
      .default(250)
      .describe('Rows of a window: rows are judged by how the window before the current one filled the trees.')
      .meta({ unit: 'rows' }),
    range: z
      .tuple([z.number(), z.number()])
      .refine(([low, high]) => low < high, 'the first must be below the second')
      .optional()
      .describe(
        'Where the values of all columns lie, as [lowest, highest]. Default: by column from the 1 % and 99 % points of the first warmUp rows, 15 % wider at both ends.',
      )
      .meta({ unit: 'unit of the columns' }),
    warmUp: z
      .int()
      .min(10)
      .max(100_000)
      .default(500)
      .describe('Rows before the first score; until then scores are missing. At least window.')
      .meta({ unit: 'rows' }),
    seed: z.int().min(0).default(42).describe('Seed of all randomness: the same rows and seed give the same scores.'),
  })
  .superRefine(({ window, warmUp }, context) => {
    if (warmUp < window) {
      const message = `warmUp is ${warmUp} rows, but the first window to judge by has ${window}: raise warmUp or lower window`;
      context.addIssue({ code: 'custom', path: ['warmUp'], message });
    }
  });

export type Settings = z.output<typeof configSchema>;
