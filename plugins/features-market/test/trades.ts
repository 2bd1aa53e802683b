import type { Observation } from '@quantstream/engine';
import { random } from '@quantstream/engine/testing';

/** One trade with a side. */
export function trade(time: number, price: number, quantity = 1, sequence = time, more: object = {}): Observation {
  return {
    key: 'BTCUSDT',
    type: 'trade',
    sequence,
    time,
    received: time + 50,
    values: { price, quantity, buyer_is_maker: sequence % 2, ...more },
  };
}

/** Seeded trades around 100 quote: bursts that share a millisecond, silences of seconds, stamps with fractions. */
export function makeTrades(count: number, seed = 1): Observation[] {
  const uniform = random(seed);
  let time = 1_767_225_600_000;
  let price = 100;
  return Array.from({ length: count }, (_, i) => {
    const kind = uniform();
    if (kind > 0.97) time += 3_000 * uniform() + 500;
    else if (kind > 0.3) time += Math.round(400_000 * uniform()) / 1_000;
    price = Math.max(1, Math.round((price + (uniform() - 0.5) * 0.2) * 100) / 100);
    const side = uniform() < 0.5 ? 0 : 1;
    return trade(time, price, Math.ceil(uniform() * 1_000) / 1_000, i + 1, { buyer_is_maker: side });
  });
}

/** The same trades as a log in which some come up to `lateness` ms late. */
export function jumble(trades: readonly Observation[], lateness: number, seed = 2): Observation[] {
  const uniform = random(seed);
  const arrival = trades.map((o) => o.time + (uniform() < 0.3 ? uniform() * lateness * 0.9 : 0));
  return [...trades.keys()].sort((a, b) => arrival[a] - arrival[b] || a - b).map((i) => trades[i]);
}
