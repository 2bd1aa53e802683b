import type { Observation, SourceBatch } from '@quantstream/engine';
import type { TestHosts } from '@quantstream/engine/testing';
import mavlink from '../src/index.js';

export interface Taken {
  observations: Observation[];
  batches: SourceBatch[];
}

/** Reads to the end. */
export async function readAll(hosts: TestHosts, raw: object, from: string | null = null): Promise<Taken> {
  const source = await mavlink.create(mavlink.config.parse(raw), hosts.source());
  const taken: Taken = { observations: [], batches: [] };
  for await (const batch of source.read(from, new AbortController().signal)) {
    taken.batches.push(batch);
    taken.observations.push(...batch.observations);
  }
  await source.close?.();
  return taken;
}

/** The value of a metric of the tests' host. */
export const metric = (hosts: TestHosts, name: string, labels: object) =>
  hosts.metrics.get(`${name}${JSON.stringify(labels)}`) ?? 0;

/** All but the moment of arrival. */
export function essence(observations: readonly Observation[]) {
  return observations.map(({ received: _, ...rest }) => rest);
}
