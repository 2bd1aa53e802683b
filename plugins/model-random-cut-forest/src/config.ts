// What `with:` of the random cut forest holds.

import { z } from '@quantstream/engine';

/** Rows that a tree may hold: a node is a 16-bit number. */
export const LARGEST_SAMPLE = 16_384;
/** Bounds the memory of one forest: about 30 bytes and 12 more per column of the shingle for each sampled row, at most. */
const MOST_SAMPLED_ROWS = 1_000_000;

export const configSchema = z
  .strictObject({
    trees: z
      .int()
      .min(1)
      .max(1_000)
      .default(50)
      .describe('Trees of the forest. More make scores steadier, and slower in proportion.')
      .meta({ unit: 'trees' }),
    sampleSize: z
      .int()
      .min(2)
      .max(LARGEST_SAMPLE)
      .default(256)
      .describe('Rows that each tree holds: a random sample of the past that favours the recent.')
      .meta({ unit: 'rows' }),
    timeDecay: z
      .number()
      .min(0)
      .max(1)
      .optional()
      .describe(
        'How fast the past fades from the samples: a row n rows old weighs e^(−n·timeDecay). 0 never forgets. Default 1 / (10 · sampleSize).',
      )
      .meta({ unit: '1/row' }),
    shingle: z
      .int()
      .min(1)
      .max(64)
      .default(1)
      .describe(
        'Consecutive rows that are judged as one point, so that an odd sequence of ordinary values shows. 4 suits 1 s bars.',
      )
      .meta({ unit: 'rows' }),
    warmUp: z
      .int()
      .min(1)
      .default(256)
      .describe('Rows that are learned before the first score; until then scores are missing.')
      .meta({ unit: 'rows' }),
    seed: z.int().min(0).default(42).describe('Seed of all randomness: the same rows and seed give the same scores.'),
  })
  .superRefine((config, context) => {
    if (config.trees * config.sampleSize <= MOST_SAMPLED_ROWS) return;
    const message = `${config.trees} trees of ${config.sampleSize} rows are more than ${MOST_SAMPLED_ROWS} rows together: lower one of them`;
    context.addIssue({ code: 'custom', path: ['trees'], message });
  });

export type Settings = z.output<typeof configSchema>;

/** Decay per row: what the file says, or a tenth of a sample's length. */
export function decayOf(settings: Settings): number {
  return settings.timeDecay ?? 1 / (10 * settings.sampleSize);
}
