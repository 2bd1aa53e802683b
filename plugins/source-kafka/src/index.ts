// The declaration of the source of topics.

import { API_VERSION, defineSource } from '@quantstream/engine';
import { emitsOf } from '@quantstream/engine/recordings';
import { configSchema } from './config.js';
import { NOTES } from './notes.js';

/** Any topic of Kafka as a stream. */
export default defineSource({
  name: 'kafka',
  api: API_VERSION,
  about: 'Records of any topic of Kafka or Redpanda, as JSON, Avro or Protobuf: any numbers, with a time and a key',
  config: configSchema,
  example: { brokers: 'kafka:9092', topic: 'metrics', time: 'timestamp', key: 'host', values: ['cpu', 'memory'] },
  notes: NOTES,
  emits: (settings) => emitsOf(settings, 'a record of the topic', (column) => `field ${column} of the records`),
  // Where the brokers are and how fast they are read changes no observation.
  basis: ({ brokers, tls, sasl, registry, group, begin, follow, hold, quiet, batch, units, ...settings }) => settings,
  endless: ({ follow }) => (follow ? 'set source.with.follow to false: it ends with what the topic holds' : undefined),
  diagnose: async (settings, host) => (await import('@quantstream/engine/kafka')).lookAt(settings, [settings.topic], host, 'bad'),
  create: async (settings, host) => new (await import('./source.js')).KafkaSource(settings, host),
});
