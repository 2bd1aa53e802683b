// The declaration of the MAVLink source.

import { API_VERSION, defineSource } from '@quantstream/engine';
import { config } from './config.js';
import { type Connection, connectionsOf, hasOnboard, isRecorded, isSimulated } from './links/connections.js';
import type { NetworkTarget } from './links/open.js';
import { NOTES } from './notes.js';
import { checkLog } from './recorded/kind-of-log.js';
import { inPart } from './recorded/partly.js';
import { OWN_TYPES } from './vehicle/own.js';
import { routesOf } from './vehicle/routes.js';

/** Looks into every log that is named. @throws where one is none, or cannot be read */
async function seeLogs(connections: readonly Connection[], resolvePath: (path: string) => string): Promise<void> {
  for (const { target } of connections) {
    if (target.kind === 'file') await checkLog(resolvePath(target.path));
  }
}

/** MAVLink telemetry of unmanned vehicles, out of recorded logs or off a live link. */
export default defineSource({
  name: 'mavlink',
  api: API_VERSION,
  about: 'MAVLink 1 and 2 telemetry of unmanned vehicles: live, from recorded logs, or simulated',
  config,
  example: { connect: 'udpin:0.0.0.0:14550', vehicles: { 1: 'hexa' } },
  notes: NOTES,
  emits(settings) {
    const whole = !hasOnboard(connectionsOf(settings));
    const types = routesOf(settings).map(({ type, decoder }) => [type, whole ? decoder.emits : inPart(decoder.emits)] as const);
    return { ...OWN_TYPES, ...Object.fromEntries(types) };
  },
  basis: ({ messages, vehicles, silence, signing, simulator, ...settings }) => {
    const connections = connectionsOf(settings);
    // A link may move to another address, and keys and passphrases belong in no state.
    const links = isRecorded(connections) ? settings.connect : connections.map(({ name }) => name ?? '');
    const simulated = isSimulated(connections) ? { ...simulator, passphrase: undefined } : undefined;
    return { links, messages, vehicles, silence, unsigned: signing?.unsigned ?? 'unchecked', simulated };
  },
  resumable: (settings) => isRecorded(connectionsOf(settings)),
  endless: (settings) => {
    const connections = connectionsOf(settings);
    if (isRecorded(connections)) return undefined;
    if (!isSimulated(connections)) return 'give it a log (connect: file:PATH)';
    return settings.simulator.duration === undefined ? 'set source.with.simulator.duration, 10m say' : undefined;
  },
  look: async (settings, host) => {
    const connections = connectionsOf(settings);
    if (!isRecorded(connections)) return false;
    await seeLogs(connections, (path) => host.resolvePath(path));
    return true;
  },
  // A recording needs no links, a link no simulator: each is loaded where it is needed.
  diagnose: async (settings, host) => (await import('./diagnose.js')).diagnose(settings, host),
  async create(settings, host) {
    // A name that leads nowhere is told before anything is opened.
    const connections = connectionsOf(settings);
    if (isSimulated(connections)) return (await import('./simulator/open.js')).openSimulated(settings, host);
    await seeLogs(connections, (path) => host.resolvePath(path));
    if (isRecorded(connections)) return new (await import('./recorded/source.js')).RecordedSource(settings, host);
    const [{ linkTo }, { LiveSource }] = await Promise.all([import('./links/open.js'), import('./live/source.js')]);
    const links = connections.map(({ name, target }) => ({ name, link: linkTo(target as NetworkTarget) }));
    return new LiveSource(settings, host, links);
  },
});
