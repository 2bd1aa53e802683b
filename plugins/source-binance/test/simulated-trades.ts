// Hours of a simulated market as trades, with the anomalies that were put into them.

import type { Anomaly } from '../src/simulator/anomalies.js';
import { Market } from '../src/simulator/market.js';
import type { VariantName } from '../src/simulator/variants/variants.js';
import { FrameParser } from '../src/wire/frames.js';

export interface Trade {
  time: number;
  price: number;
  quantity: number;
  /** Whether the taker sold. */
  sold: boolean;
}

export function simulate(hours: number, anomaliesPerDay: number, tradesPerSecond: number, variant?: VariantName) {
  const start = Date.UTC(2024, 7, 8, 10);
  const begun: Anomaly[] = [];
  const market = new Market({
    symbol: 'BTCUSDT',
    seed: 5,
    start,
    stream: 'trade',
    market: 'spot',
    tradesPerSecond,
    anomaliesPerDay,
    variant,
    begin: (_, anomaly) => begun.push(anomaly),
  });
  const parser = new FrameParser('trade');
  const trades: Trade[] = [];
  const frames: string[] = [];
  while (market.time < start + hours * 3_600_000) {
    frames.length = 0;
    market.step(frames);
    for (const frame of frames) {
      parser.parse(frame);
      trades.push({
        time: (parser.time - start) / 1_000,
        price: parser.price,
        quantity: parser.quantity,
        sold: parser.buyerIsMaker === 1,
      });
    }
  }
  return { trades, begun };
}
