import { defineSource } from '@quantstream/engine';
import { fetching } from './archive/fetch.js';
import { basis, config } from './config.js';
import { diagnose } from './diagnose.js';
import { LiveSource } from './live/live.js';
import { notes } from './notes.js';
import { recordingsOf } from './recorded/files.js';
import { RecordedSource } from './recorded/source.js';
import { SimulatedSource } from './simulator/simulated.js';
import { emits, emitsGrowing } from './wire/trade.js';

/** Trades of Binance: live, recorded, or of a simulated exchange that speaks its language. */
export default defineSource({
  name: 'binance',
  api: 1,
  about:
    'Trades of Binance spot or USD-M futures: live, from recordings, or from a seeded simulated exchange with labelled anomalies',
  config,
  example: { connect: 'file:./BTCUSDT-trades-2024-08-08.zip', symbols: ['BTCUSDT'] },
  notes,
  emits: ({ connect, market, stream }) =>
    connect === 'live' || (market === 'usdm' && stream === 'trade') ? emitsGrowing : emits,
  basis,
  fetch: fetching,
  diagnose,
  async create(settings, host) {
    if (settings.connect === 'live') return new LiveSource(settings, host);
    if (settings.connect === 'simulator') return new SimulatedSource(settings, host);
    // A name that leads nowhere is told before anything is opened.
    await recordingsOf(settings, (path) => host.resolvePath(path));
    return new RecordedSource(settings, host);
  },
});
