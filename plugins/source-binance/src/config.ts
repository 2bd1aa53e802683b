import { duration } from '@quantstream/engine';
import { z } from 'zod';

const simulator = z.strictObject({
  seed: z.int().min(0).default(1).describe('Seed of every random draw: the same seed and start give the same feed'),
  start: z
    .union([z.literal('now'), z.iso.datetime({ offset: true }), z.iso.date()])
    .default('2024-01-01T00:00:00Z')
    .describe('Where simulated time begins: an ISO date or time, or `now` (which begins one `history` before now)'),
  history: duration('How much simulated time is rushed through before `realTime` paces the feed').default(0).meta({ unit: 'ms' }),
  realTime: z.boolean().default(false).describe('Pace the feed like the real one, once `history` is behind'),
  duration: duration('Length of the feed in simulated time, history included; absent: endless').optional().meta({ unit: 'ms' }),
  tradesPerSecond: z
    .number()
    .positive()
    .max(2_000)
    .default(8)
    .describe('Mean number of trades per second of each symbol, before aggregation')
    .meta({ unit: '1/s' }),
  anomaliesPerDay: z
    .number()
    .min(0)
    .max(500)
    .default(24)
    .describe('Mean number of injected, labelled anomalies per day of each symbol; 0: clean')
    .meta({ unit: '1/d' }),
  labels: z
    .string()
    .min(1)
    .optional()
    .describe('File that gets one JSON line per injected anomaly: key, kind, from, to (ms since the epoch), magnitude'),
});

/** What `with:` of a Binance source holds. */
export const config = z
  .strictObject({
    connect: z
      .string()
      .describe('`file:PATH` (a recording; `*`, `?` and `**` match several), `file` with the list `files`, or `simulator`'),
    files: z.array(z.string().min(1)).default([]).describe('More recordings (paths or patterns), beside the one in `connect`'),
    symbols: z
      .array(
        z
          .string()
          .regex(/^[A-Za-z0-9_]{2,40}$/, 'expected a symbol such as BTCUSDT')
          .toUpperCase(),
      )
      .default([])
      .describe(
        'Symbols as Binance spells them. For recordings: read only these (none: all), and the name of what a file without ' +
          'a symbol holds. For the simulator: what to simulate (none: BTCUSDT)',
      ),
    stream: z
      .enum(['aggTrade', 'trade'])
      .default('aggTrade')
      .describe('Aggregated or single trades. A recording that holds only the other kind is read as what it is, with a warning'),
    market: z
      .enum(['spot', 'usdm'])
      .default('spot')
      .describe('Spot, or USD-M futures, whose perpetual contracts get keys of their own: BTCUSDT-PERP'),
    batch: z
      .int()
      .min(1)
      .max(65_536)
      .default(4_096)
      .describe('Observations handed over at a time; the simulator ends a batch with the order that fills it')
      .meta({ unit: 'observations' }),
    simulator: simulator.prefault({}).describe('The simulated exchange; only with `connect: simulator`'),
  })
  .superRefine((value, context) => {
    const problem = (path: string[], message: string) => context.addIssue({ code: 'custom', path, message });
    if (value.connect === 'live') {
      problem(['connect'], 'this version has no live connection yet: use file:PATH or simulator');
    } else if (value.connect !== 'simulator' && value.connect !== 'file' && !value.connect.startsWith('file:')) {
      problem(['connect'], 'expected file:PATH, file (with the list `files`) or simulator');
    } else if (value.connect === 'simulator' && value.files.length > 0) {
      problem(['files'], 'the simulator reads no files: use connect: file, or leave them out');
    } else if (value.connect !== 'simulator' && patternsOf(value).length === 0) {
      problem(['connect'], 'no file is named: use file:PATH, or list them under `files`');
    }
    const start = value.simulator.start;
    if (start !== 'now' && !(Date.parse(start) >= EARLIEST_START)) {
      problem(['simulator', 'start'], 'expected a time in 2009 or later');
    }
  });

/** Before the first Bitcoin block there was nothing to trade: earlier stamps are taken for mistakes. */
const EARLIEST_START = Date.UTC(2009, 0, 1);

export type Config = z.output<typeof config>;
export type SimulatorConfig = Config['simulator'];

/** The recordings that a configuration names. */
export function patternsOf(value: { connect: string; files: readonly string[] }): string[] {
  const first = value.connect.startsWith('file:') ? value.connect.slice('file:'.length).trim() : '';
  return first ? [first, ...value.files] : [...value.files];
}

/**
 * The key of a symbol. Spot keeps its name. A USD-M perpetual has the same name as the spot pair but is another market, so it
 * gets `-PERP`; a dated contract (`BTCUSDT_250926`) has a name of its own already.
 */
export function keyOf(symbol: string, market: Config['market']): string {
  return market === 'spot' || symbol.includes('_') ? symbol : `${symbol}-PERP`;
}
