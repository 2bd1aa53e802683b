import { API_VERSION, defineSource } from '@quantstream/engine';
import { config } from './config.js';
import { diagnose } from './diagnose.js';
import { connectionsOf, hasOnboard, isRecorded, isSimulated } from './links/connections.js';
import { linkTo, type NetworkTarget } from './links/open.js';
import { LiveSource } from './live/source.js';
import { NOTES } from './notes.js';
import { openLog } from './recorded/open-log.js';
import { inPart } from './recorded/partly.js';
import { RecordedSource } from './recorded/source.js';
import { openSimulated } from './simulator/open.js';
import { OWN_TYPES } from './vehicle/own.js';
import { routesOf } from './vehicle/routes.js';

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
  diagnose,
  async create(settings, host) {
    // A name that leads nowhere is told before anything is opened.
    const connections = connectionsOf(settings);
    if (isSimulated(connections)) return openSimulated(settings, host);
    for (const { target } of connections) {
      if (target.kind !== 'file') continue;
      const log = await openLog(host.resolvePath(target.path));
      await log.close();
    }
    if (isRecorded(connections)) return new RecordedSource(settings, host);
    const links = connections.map(({ name, target }) => ({ name, link: linkTo(target as NetworkTarget) }));
    return new LiveSource(settings, host, links);
  },
});
