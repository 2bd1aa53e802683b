import { API_VERSION, defineSource } from '@quantstream/engine';
import { emitsOf, isPiped, STDIN } from '@quantstream/engine/recordings';
import { configSchema } from './config.js';
import { lookAhead } from './following/ahead.js';
import { FollowingSource } from './following/source.js';
import { NOTES } from './notes.js';
import { openFiles } from './source.js';

/** Any table in files as a stream. */
export default defineSource({
  name: 'file',
  api: API_VERSION,
  about: 'Rows of CSV, JSON Lines and Parquet files: any numbers, with a time and a key',
  config: configSchema,
  example: { path: './metrics/*.csv.gz', time: 'timestamp', key: 'host', values: ['cpu', 'memory'], units: { memory: 'MB' } },
  notes: NOTES,
  emits: (settings) => emitsOf(settings, 'a row of a file', (column) => `column ${column} of the files`),
  basis: ({ batch: _, units: __, quiet: ___, ...rest }) => rest,
  endless: ({ follow }) => (follow ? 'leave follow out of the source: what is there is read to its end' : undefined),
  resumable: ({ path }, resolvePath) => !path.some((one) => isPiped(one === STDIN ? one : resolvePath(one))),
  look: async (config, host) => {
    if (config.path.some((one) => isPiped(one === STDIN ? one : host.resolvePath(one)))) return false;
    if (config.follow) return lookAhead(config, host);
    await (await openFiles(config, host)).close?.();
    return true;
  },
  create: (config, host) => (config.follow ? new FollowingSource(config, host) : openFiles(config, host)),
});
