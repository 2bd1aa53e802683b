// The declaration of the console sink.

import { defineSink, type SinkBatch, z } from '@quantstream/engine';
import { lines } from './lines.js';

const configSchema = z.strictObject({
  show: z
    .enum(['episodes', 'anomalies', 'verdicts'])
    .default('episodes')
    .describe(
      '`episodes`: a line when one opens and one when it closes, and the same of incidents, and of what ends or comes back within one; `anomalies`: a line each; `verdicts`: every judged row',
    ),
  format: z.enum(['text', 'json']).default('text').describe('`json`: the records themselves, a line each'),
});

export default defineSink({
  name: 'console',
  api: 1,
  about: 'Prints anomalies to standard output, with their reasons',
  config: configSchema,
  example: { show: 'episodes' },
  delivery: 'at-least-once',
  create: (config) => {
    const printed = new Set<string>();
    return {
      write: async (batch: SinkBatch) => {
        const text = lines(batch, config.show, config.format, printed);
        if (text === '') return;
        await new Promise<void>((resolve, reject) => {
          process.stdout.write(text, (error) => (error ? reject(error) : resolve()));
        });
      },
      close: async () => {},
    };
  },
});
