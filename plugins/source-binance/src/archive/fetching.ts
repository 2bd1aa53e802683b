// What can be fetched, for help and reference pages; how it is done is loaded when somebody does it.

import type { Fetching } from '@quantstream/engine';
import { options } from './options.js';

/** Recordings of whole days and months from Binance's public archive. */
export const fetching: Fetching<typeof options> = {
  about: 'Recordings of whole days (UTC), as zip archives with verified checksums, from data.binance.vision',
  example: 'BTCUSDT 2024-08-01..2024-08-07',
  options,
  run: async (request, chosen, host) => (await import('./fetch.js')).run(request, chosen, host),
};
