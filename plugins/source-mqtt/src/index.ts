// The declaration of the source of MQTT topics.

import { API_VERSION, defineSource } from '@quantstream/engine';
import { emitsOf } from '@quantstream/engine/recordings';
import { configSchema } from './config.js';
import { NOTES } from './notes.js';

/** Topics of an MQTT broker as a stream. */
export default defineSource({
  name: 'mqtt',
  api: API_VERSION,
  about: 'Topics of an MQTT broker: JSON objects or plain numbers, with a session that the broker keeps',
  config: configSchema,
  example: { url: 'mqtt://broker:1883', topics: ['zigbee2mqtt/+'], values: ['temperature', 'humidity'] },
  notes: NOTES,
  emits: (settings) => emitsOf(settings, 'a message', (column) => `field ${column} of the messages`),
  // Where the broker is and how it is spoken to changes no observation.
  basis: ({ url, ca, protocol, inflight, maxMessage, batch, quiet, session, ack, units, ...settings }) => settings,
  endless: () => 'it never ends: write its observations to files (sink-file), and read those',
  resumable: ({ qos }) => qos === 1,
  diagnose: async (settings, host) => (await import('./diagnose.js')).diagnose(settings, host),
  create: async (settings, host) => new (await import('./source.js')).MqttSource(settings, host),
});
