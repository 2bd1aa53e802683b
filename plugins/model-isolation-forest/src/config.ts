import { z } from '@quantstream/engine';

/** Rows between refits where the pipeline names no trained model. */
export const REFIT_EVERY = 10_000;
/** Bounds the memory of one forest to about 250 MB. */
const MOST_SAMPLED_ROWS = 10_000_000;

export const configSchema = z
  .strictObject({
    trees: z
      .int()
      .min(1)
      .max(10_000)
      .default(100)
      .describe('Trees of the forest. More make scores steadier, and slower in proportion.')
      .meta({ unit: 'trees' }),
    sampleSize: z
      .int()
      .min(2)
      .max(65_536)
      .default(256)
      .describe(
        'Rows that each tree is grown from, drawn without replacement. Small samples keep anomalies from hiding each other.',
      )
      .meta({ unit: 'rows' }),
    seed: z.int().min(0).default(42).describe('Seed of all randomness: the same rows and seed give the same scores.'),
    warmUp: z
      .int()
      .min(2)
      .default(1_000)
      .describe('Rows before the first fit; until then scores are missing. At least sampleSize. Not used with a trained model.')
      .meta({ unit: 'rows' }),
    window: z
      .int()
      .min(2)
      .default(10_000)
      .describe('The latest rows that a refit draws from, at least sampleSize. They are part of the saved state.')
      .meta({ unit: 'rows' }),
    refitEvery: z
      .int()
      .min(0)
      .optional()
      .describe(`Rows between refits; 0 never refits. Default ${REFIT_EVERY}, or 0 where the pipeline names a trained model.`)
      .meta({ unit: 'rows' }),
  })
  .superRefine((config, context) => {
    for (const field of ['warmUp', 'window'] as const) {
      if (config[field] >= config.sampleSize) continue;
      const message = `${field} is ${config[field]} rows, but each tree samples ${config.sampleSize}: raise ${field} or lower sampleSize`;
      context.addIssue({ code: 'custom', path: [field], message });
    }
    if (config.trees * config.sampleSize > MOST_SAMPLED_ROWS) {
      const message = `${config.trees} trees of ${config.sampleSize} rows are more than ${MOST_SAMPLED_ROWS} rows together: lower one of them`;
      context.addIssue({ code: 'custom', path: ['trees'], message });
    }
  });

export type Settings = z.output<typeof configSchema>;
