import type { Observation, SourceBatch } from '@quantstream/engine';
import type { TestHosts } from '@quantstream/engine/testing';
import binance from '../src/index.js';

export interface Taken {
  observations: Observation[];
  batches: SourceBatch[];
}

/** Reads to the end, or until `limit` observations. */
export async function readAll(hosts: TestHosts, raw: unknown, from: string | null = null, limit = Infinity): Promise<Taken> {
  const source = await binance.create(binance.config.parse(raw), hosts.source());
  const taken: Taken = { observations: [], batches: [] };
  for await (const batch of source.read(from, new AbortController().signal)) {
    taken.batches.push(batch);
    taken.observations.push(...batch.observations);
    if (taken.observations.length >= limit) break;
  }
  await source.close?.();
  return taken;
}

/** All but the moment of arrival. */
export function essence(observations: readonly Observation[]) {
  return observations.map(({ received: _, ...rest }) => rest);
}

export const spotLine = (id: number, time: number, price = '100.50', quantity = '0.25') =>
  `${id},${price},${quantity},25.12,${time},True,True`;
export const spotLines = (count: number, from: number, firstId = 1, step = 10) =>
  Array.from({ length: count }, (_, i) => spotLine(firstId + i, from + i * step)).join('\n');
