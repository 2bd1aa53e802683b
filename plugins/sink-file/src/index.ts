// The declaration of the file sink.

import { defineSink, z } from '@quantstream/engine';
import { FileSink } from './file.js';

const configSchema = z.strictObject({
  path: z.string().min(1).describe('the file, relative to the pipeline file; its folder is made, and lines are appended'),
  format: z.enum(['jsonl', 'csv']).default('jsonl').describe('`csv`: one kind of record only, with a header'),
  write: z
    .array(z.enum(['observations', 'verdicts', 'anomalies', 'episodes', 'incidents', 'missing']))
    .min(1)
    .default(['verdicts', 'episodes'])
    .describe('which records; `anomalies` are the anomalous verdicts alone'),
});

export default defineSink({
  name: 'file',
  api: 1,
  about: 'Appends records to a file, as JSON lines or CSV',
  config: configSchema.refine(({ format, write }) => format !== 'csv' || write.length === 1, {
    path: ['write'],
    message: 'a csv file holds one kind of record; use one sink per kind, or jsonl',
  }),
  example: { path: './out/anomalies.jsonl', write: ['anomalies'] },
  notes: [
    '## Format',
    '',
    'A JSON line is `{"what": "verdict", …}` with the fields of the contract; what is missing is `null`, times are milliseconds since the epoch.',
    'A CSV has the columns of its first record: for verdicts the ids, the score and every column of the row; what is missing is empty. ',
    'A batch is written whole or not at all; after a crash the batches since the last checkpoint are appended again, with the same ids.',
  ].join('\n'),
  delivery: 'at-least-once',
  create: (config, host) => new FileSink(config, host.resolvePath(config.path), host.schema),
});
