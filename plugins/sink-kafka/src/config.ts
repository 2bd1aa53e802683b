/** What may be set, with units and defaults. */
import { z } from '@quantstream/engine';
import { brokerFields } from '@quantstream/engine/kafka';

/** What becomes records, each kind in a topic of its own. */
export const KINDS = ['observations', 'verdicts', 'anomalies', 'episodes', 'incidents', 'missing'] as const;
export type Kind = (typeof KINDS)[number];

export const configSchema = z.strictObject({
  ...brokerFields,
  write: z
    .array(z.enum(KINDS))
    .min(1)
    .default(['anomalies', 'episodes', 'incidents'])
    .describe('Which records; `anomalies` are the anomalous verdicts alone.'),
  prefix: z
    .string()
    .regex(/^[a-zA-Z0-9._-]{1,150}$/, 'expected letters, digits, ., _ and -')
    .optional()
    .describe('What the names of topics begin with: `PREFIX.episodes`; default: the name of the pipeline.'),
  topics: z
    .partialRecord(z.enum(KINDS), z.string().regex(/^[a-zA-Z0-9._-]{1,249}$/, 'expected letters, digits, ., _ and -'))
    .default({})
    .describe('Names of topics that are called otherwise, by kind.'),
  make: z.boolean().default(true).describe('Whether topics that are not there are made.'),
  partitions: z.int().min(1).max(1_000).default(1).describe('Partitions of topics that are made.'),
  replication: z.int().min(1).max(7).default(1).describe('Copies of each record, in topics that are made.'),
});

export type Settings = z.output<typeof configSchema>;

/** The topic of a kind. */
export const topicOf = ({ prefix, topics }: Pick<Settings, 'prefix' | 'topics'>, pipeline: string, kind: Kind): string =>
  topics[kind] ?? `${prefix ?? pipeline}.${kind}`;
