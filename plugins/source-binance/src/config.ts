/** What may be set, with units and defaults, and what follows from it: keys, patterns, what state depends on. */
import { duration, z } from '@quantstream/engine';
import { VARIANT_NAMES, VARIANTS } from './simulator/variants/variants.js';
import { COIN_MARGINED_PROBLEM, isCoinMargined } from './wire/markets.js';

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
  variant: z
    .enum(VARIANT_NAMES)
    .optional()
    .describe(
      `A market of another kind, in which something does not hold that the usual one takes for granted: ${VARIANT_NAMES.map((name) => `\`${name}\` (${VARIANTS[name].about})`).join(', ')}`,
    ),
  anomaliesPerDay: z
    .number()
    .min(0)
    .max(500)
    .default(24)
    .describe('Mean number of injected, labelled anomalies per day (of 24 hours while it is open) of each symbol; 0: clean')
    .meta({ unit: '1/d' }),
  labels: z
    .string()
    .min(1)
    .optional()
    .describe('File that gets one JSON line per injected anomaly: key, kind, from, to (ms since the epoch), magnitude'),
});

const url = (schemes: RegExp, example: string, description: string) =>
  z
    .string()
    .refine((text) => schemes.test(text) && URL.canParse(text), `expected a URL such as ${example}`)
    .transform((text) => text.replace(/\/+$/, ''))
    .optional()
    .describe(description);

const endpoints = z.strictObject({
  websocket: url(
    /^wss?:\/\//,
    'wss://stream.binance.com:9443',
    'Where the streams are; absent: wss://data-stream.binance.vision (spot) or wss://fstream.binance.com/market (USD-M)',
  ),
  rest: url(
    /^https?:\/\//,
    'https://api.binance.com',
    'Where trades are fetched again; absent: https://data-api.binance.vision (spot aggTrade), https://api.binance.com (spot trade, ' +
      'which the former does not serve) or https://fapi.binance.com (USD-M)',
  ),
  archive: url(
    /^https?:\/\//,
    'https://data.binance.vision',
    'Where recordings are published; absent: https://data.binance.vision',
  ),
});

const limits = z.strictObject({
  buffer: z
    .int()
    .min(2_000)
    .max(4_000_000)
    .default(65_536)
    .describe(
      'Trades that may wait here for the engine or for a gap to be closed. Beyond it the newest are let go and fetched again',
    )
    .meta({ unit: 'observations' }),
  streamsPerConnection: z
    .int()
    .min(1)
    .max(1_024)
    .default(200)
    .describe('Symbols that share a connection; the exchange allows 1024')
    .meta({ unit: '1' }),
  frameBytes: z
    .int()
    .min(1_024)
    .default(262_144)
    .describe('Largest frame that is read; a larger one ends the connection, and what it held is fetched again')
    .meta({ unit: 'bytes' }),
  silence: duration('A connection on which nothing at all arrived for so long is asked for a sign of life')
    .default(30_000)
    .meta({ unit: 'ms' }),
  answer: duration('How long an answer may take: to a handshake, a request or a sign of life')
    .default(10_000)
    .meta({ unit: 'ms' }),
  connectionAge: duration('Age at which a connection is replaced, without a break: the exchange ends them after 24 h')
    .default(23 * 3_600_000)
    .meta({ unit: 'ms' }),
  retry: duration('Longest pause between two attempts to connect').default(60_000).meta({ unit: 'ms' }),
  reorder: duration('How long a jump of ids may be mere disorder before the missing ones are fetched')
    .default(250)
    .meta({ unit: 'ms' }),
  tries: z
    .int()
    .min(1)
    .default(8)
    .describe('Attempts to fetch missing trades before they are given up as missing; waiting out a rate limit is none')
    .meta({ unit: '1' }),
  giveUp: duration('How long a gap may stay open, bans and rate limits included, before it is given up as missing')
    .default(600_000)
    .meta({ unit: 'ms' }),
  hold: duration('How long the other symbols wait for one whose gap is being closed, so that its trades are not late')
    .default(5_000)
    .meta({
      unit: 'ms',
    }),
  reserve: z
    .number()
    .min(0)
    .max(0.9)
    .default(0.2)
    .describe('Share of the request weight of a minute that is left to others behind the same address')
    .meta({ unit: '1' }),
});

/** What `with:` of a Binance source holds. */
export const config = z
  .strictObject({
    connect: z
      .string()
      .describe(
        '`live`, `file:PATH` (a recording; `*`, `?` and `**` match several), `file` with the list `files`, or `simulator`',
      ),
    files: z.array(z.string().min(1)).default([]).describe('More recordings (paths or patterns), beside the one in `connect`'),
    symbols: z
      .array(
        z
          .string()
          .regex(/^[\p{L}\p{N}_./-]{2,40}$/u, 'expected a symbol such as BTCUSDT')
          .toUpperCase(),
      )
      .default([])
      .describe(
        'Symbols as Binance spells them. For recordings: as the recordings spell them, or the keys that this source makes of ' +
          'them; read only these (none: all), and the name of what a file without a symbol holds. Live: what to subscribe to, at least one. For the simulator: what to simulate (none: BTCUSDT)',
      ),
    stream: z
      .enum(['aggTrade', 'trade'])
      .default('aggTrade')
      .describe('Aggregated or single trades. A recording that holds only the other kind is read as what it is, with a warning'),
    observations: z.enum(['trade', 'bar']).default('trade').describe('What is handed over: trades, or bars of recorded klines'),
    market: z
      .enum(['spot', 'usdm'])
      .default('spot')
      .describe('Spot, or USD-M futures, whose perpetual contracts get keys of their own: BTCUSDT-PERP'),
    order: z
      .enum(['time', 'sort'])
      .default('time')
      .describe(
        'Recordings: `time` reads those of a symbol one after the other and merges symbols; a recording without order ends the run. ' +
          '`sort` reads everything first and sorts it by time and id',
      ),
    batch: z
      .int()
      .min(1)
      .max(65_536)
      .default(4_096)
      .describe('Observations handed over at a time; the simulator ends a batch with the order that fills it')
      .meta({ unit: 'observations' }),
    backfill: duration(
      'Live: how much of the past is fetched before the first live trade. Going on from a checkpoint takes its place',
    )
      .default(0)
      .meta({ unit: 'ms' }),
    catchUp: duration(
      'Live: how much of what was missed since a checkpoint is fetched; what lies further back is given up as missing',
    )
      .default(3_600_000)
      .meta({ unit: 'ms' }),
    endpoints: endpoints.prefault({}).describe('Live: other addresses than those of the market'),
    proxy: url(
      /^https?:\/\//,
      'http://user:password@proxy:3128',
      'Live: proxy for all connections, a secret that is never shown; absent: HTTPS_PROXY and NO_PROXY of the environment',
    ),
    apiKey: z
      .string()
      .min(1)
      .optional()
      .describe('Live: key for requests, a secret; only single trades (`stream: trade`) of USD-M need one to be fetched again'),
    limits: limits.prefault({}).describe('Live: bounds and patience'),
    simulator: simulator.prefault({}).describe('The simulated exchange; only with `connect: simulator`'),
  })
  .superRefine((value, context) => {
    const problem = (path: (string | number)[], message: string) => context.addIssue({ code: 'custom', path, message });
    if (value.connect === 'live') {
      if (value.symbols.length === 0) problem(['symbols'], 'a live source needs symbols: [BTCUSDT], say');
      if (value.files.length > 0) problem(['files'], 'a live source reads no files: use connect: file, or leave them out');
    } else if (value.connect !== 'simulator' && value.connect !== 'file' && !value.connect.startsWith('file:')) {
      problem(['connect'], 'expected live, file:PATH, file (with the list `files`) or simulator');
    } else if (value.connect === 'simulator' && value.files.length > 0) {
      problem(['files'], 'the simulator reads no files: use connect: file, or leave them out');
    } else if (value.connect !== 'simulator' && patternsOf(value).length === 0) {
      problem(['connect'], 'no file is named: use file:PATH, or list them under `files`');
    }
    if (value.observations === 'bar' && (value.connect === 'live' || value.connect === 'simulator')) {
      problem(['observations'], 'bars are read from recordings of klines: use connect: file:PATH');
    }
    for (const [i, symbol] of value.symbols.entries()) {
      if (isCoinMargined(symbol)) problem(['symbols', i], `${symbol} ${COIN_MARGINED_PROBLEM}`);
      else if (!SPELLED.test(symbol) && (value.connect === 'live' || value.connect === 'simulator')) {
        const spelled = symbol.replace(/-PERP$/, '').replace(/[^A-Z0-9_]/g, '');
        problem(['symbols', i], `expected a symbol as Binance spells it${spelled ? `, such as ${spelled}` : ''}`);
      }
    }
    const start = value.simulator.start;
    if (start !== 'now' && !(Date.parse(start) >= EARLIEST_START)) {
      problem(['simulator', 'start'], 'expected a time in 2009 or later');
    }
  });

/** Symbols of the exchange; of its streams, too. */
const SPELLED = /^[\p{Lu}\p{Lo}\p{N}_]+$/u;

/** Before the first Bitcoin block there was nothing to trade: earlier stamps are taken for mistakes. */
const EARLIEST_START = Date.UTC(2009, 0, 1);

export type Config = z.output<typeof config>;
export type SimulatorConfig = Config['simulator'];
export type Limits = Config['limits'];

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
  return market === 'spot' || symbol.includes('_') || symbol.endsWith('-PERP') ? symbol : `${symbol}-PERP`;
}

/**
 * What a cursor depends on. Live, that is which stream it counts: symbols may come and go, addresses and limits change. A recording
 * and a simulation are also which files and which exchange they are.
 */
export function basis(value: Config): unknown {
  const { connect, market, stream, symbols, files, observations, simulator: exchange } = value;
  if (connect === 'live') return { connect, market, stream };
  if (observations === 'bar') return { connect, market, observations, symbols, files };
  if (connect !== 'simulator') return { connect, market, stream, symbols, files };
  const { realTime: _, labels: __, ...seeded } = exchange;
  return { connect, market, stream, symbols, simulator: seeded };
}
