// What `with:` of tails holds.

import { z } from '@quantstream/engine';

export const configSchema = z
  .strictObject({
    window: z
      .int()
      .min(200)
      .max(10_000_000)
      .default(10_000)
      .describe(
        'The latest rows that a value is compared with. They are part of the saved state: 8 bytes for each row and column.',
      )
      .meta({ unit: 'rows' }),
    warmUp: z
      .int()
      .min(200)
      .default(1_000)
      .describe('Rows before the first score; until then scores are missing. At most window.')
      .meta({ unit: 'rows' }),
    refitEvery: z
      .int()
      .min(1)
      .default(2_000)
      .describe('Rows between refits of a column; the columns take turns. Sooner while the window fills.')
      .meta({ unit: 'rows' }),
    robust: z
      .number()
      .min(0)
      .max(0.5)
      .default(0.001)
      .describe('Of the rows judged rarer than this (their p-value) only one in fifty is learned. 0 learns all.')
      .meta({ unit: 'p-value' }),
  })
  .superRefine(({ warmUp, window }, context) => {
    if (warmUp <= window) return;
    const message = `warmUp is ${warmUp} rows, but the window holds ${window}: lower warmUp or raise window`;
    context.addIssue({ code: 'custom', path: ['warmUp'], message });
  });

export type Settings = z.output<typeof configSchema>;
