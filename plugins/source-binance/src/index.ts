import { defineSource } from '@quantstream/engine';
import { fetching } from './archive/fetching.js';
import { basis, config } from './config.js';
import { notes } from './notes.js';
import { namedFiles } from './recorded/files.js';
import { RecordedSource } from './recorded/source.js';
import { emitsBars } from './wire/klines.js';
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
  emits: ({ connect, market, stream, observations }) => {
    if (observations === 'bar') return emitsBars;
    return connect === 'live' || (market === 'usdm' && stream === 'trade') ? emitsGrowing : emits;
  },
  basis,
  endless: ({ connect, simulator }) => {
    if (connect === 'live') return 'give it recordings (connect: file:PATH), which engine fetch brings';
    if (connect === 'simulator' && simulator.duration === undefined) return 'set source.with.simulator.duration, 1d say';
    return undefined;
  },
  look: async (settings, host) => {
    if (settings.connect === 'live' || settings.connect === 'simulator') return false;
    await namedFiles(settings, (path) => host.resolvePath(path));
    return true;
  },
  fetch: fetching,
  // What a recording does not need is loaded where it is needed: sockets, proxies, the simulated exchange.
  diagnose: async (settings, host) => (await import('./diagnose.js')).diagnose(settings, host),
  async create(settings, host) {
    if (settings.connect === 'live') return new (await import('./live/live.js')).LiveSource(settings, host);
    if (settings.connect === 'simulator') return new (await import('./simulator/simulated.js')).SimulatedSource(settings, host);
    // A name that leads nowhere is told before anything is opened.
    await namedFiles(settings, (path) => host.resolvePath(path));
    return new RecordedSource(settings, host);
  },
});
