import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { sourceLaws } from '@quantstream/engine/testing';
import { afterAll } from 'vitest';
import binance from '../src/index.js';
import { FakeExchange } from './fake/exchange.mjs';
import { liveConfig } from './live-helpers.js';

/** `count` spot trades as data.binance.vision lists them. */
function trades(count: number, from = 1_700_000_000_000): string {
  let text = '';
  for (let i = 0; i < count; i++) {
    const price = (37_000 + (i % 17) * 0.01).toFixed(8);
    text += `${5_000 + i},${price},0.0${(i % 9) + 1}000000,37.00000000,${from + i * 40},${i % 3 === 0 ? 'True' : 'False'},True\n`;
  }
  return text;
}

sourceLaws(binance, {
  config: { connect: 'file:BTCUSDT-trades-*.csv.gz', batch: 300 },
  prepare(directory) {
    writeFileSync(join(directory, 'BTCUSDT-trades-2023-11-14.csv.gz'), gzipSync(trades(2_000)));
    const lines = trades(10).split('\n');
    lines[2] = lines[2]!.replace('37000', '-37000');
    lines[4] = 'neither a header nor a trade';
    lines[6] = lines[6]!.replace(/,0\.0\d000000/, ',');
    writeFileSync(join(directory, 'ETHUSDT-trades-broken.csv'), lines.join('\n'));
  },
  broken: {
    config: { connect: 'file:ETHUSDT-trades-broken.csv' },
    dropped: { bad_price: 1, bad_line: 1, bad_quantity: 1 },
    observations: 7,
  },
});

sourceLaws(binance, {
  config: {
    connect: 'simulator',
    symbols: ['BTCUSDT', 'ETHUSDT'],
    stream: 'trade',
    batch: 250,
    simulator: { start: '2024-08-08T12:00:00Z', duration: '10m', anomaliesPerDay: 300, labels: 'labels.jsonl' },
  },
});

for (const [stream, market] of [
  ['trade', 'spot'],
  ['aggTrade', 'usdm'],
] as const) {
  const fake = new FakeExchange({ symbols: ['BTCUSDT', 'ETHUSDT'], market, tradesPerSecond: 2_000 });
  const urls = await fake.listen();
  afterAll(() => fake.close());
  sourceLaws(binance, { config: liveConfig(urls, { symbols: ['BTCUSDT'], stream, market }), atLeast: 500 });
}
