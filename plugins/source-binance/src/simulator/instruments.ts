import { Random } from './random.js';

/** What the simulated exchange knows of a symbol. */
export interface Instrument {
  /** Where its price begins, in quote units. */
  readonly price: number;
  readonly tick: number;
  readonly lot: number;
  /** Mean deviation of the log price over one second. */
  readonly deviation: number;
}

const KNOWN: Readonly<Record<string, Instrument>> = {
  BTCUSDT: { price: 61_800, tick: 0.01, lot: 0.00001, deviation: 0.6e-4 },
  ETHUSDT: { price: 2_650, tick: 0.01, lot: 0.0001, deviation: 0.8e-4 },
  BNBUSDT: { price: 560, tick: 0.1, lot: 0.001, deviation: 0.8e-4 },
  SOLUSDT: { price: 155, tick: 0.01, lot: 0.001, deviation: 1.1e-4 },
  XRPUSDT: { price: 0.6, tick: 0.0001, lot: 0.1, deviation: 1.2e-4 },
  DOGEUSDT: { price: 0.105, tick: 0.00001, lot: 1, deviation: 1.3e-4 },
  TRXUSDT: { price: 0.232, tick: 0.0001, lot: 0.1, deviation: 1.5e-4 },
};

/** A symbol that is not known gets a price, tick and lot of its own, always the same. */
export function instrumentOf(symbol: string): Instrument {
  const known = KNOWN[symbol];
  if (known) return known;
  const random = new Random(`instrument/${symbol}`);
  const price = Number(random.logUniform(0.05, 500).toPrecision(4));
  const magnitude = Math.floor(Math.log10(price));
  return {
    price,
    tick: Number(`1e${Math.max(-8, magnitude - 4)}`),
    lot: Number(`1e${Math.max(-5, -magnitude - 2)}`),
    deviation: random.logUniform(0.6e-4, 2e-4),
  };
}
