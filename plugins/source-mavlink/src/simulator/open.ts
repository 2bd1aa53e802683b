import type { Source, SourceHost } from '@quantstream/engine';
import type { Config } from '../config.js';
import { LiveSource } from '../live/source.js';
import { SimulatedLinks } from './link.js';
import { SimulatedSource, simulatedKey } from './simulated.js';

/**
 * The source of `connect: simulator`: vehicles on links that are listened to as real ones are; or, without regard to the clock, as fast
 * as they are read.
 * @throws QS_SOURCE_FAILED where the labels file cannot be written
 */
export async function openSimulated(settings: Config, host: SourceHost): Promise<Source> {
  const { simulator } = settings;
  if (!simulator.realTime) return new SimulatedSource(settings, simulator, host);
  const keyOf = (vehicle: number) => simulatedKey(settings, simulator, vehicle);
  const path = simulator.labels === undefined ? undefined : host.resolvePath(simulator.labels);
  const simulated = new SimulatedLinks(simulator, host.clock, keyOf, path);
  await simulated.prepare();
  const own = simulator.connections === 'own';
  const links = simulated.links.map((link, i) => ({ name: own ? keyOf(i) : undefined, link }));
  const live = new LiveSource(settings, host, links);
  return {
    read: (from, signal) => live.read(from, AbortSignal.any([signal, simulated.ended])),
    close: () => live.close(),
  };
}
