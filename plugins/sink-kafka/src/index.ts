// The declaration of the sink of topics.

import { API_VERSION, defineSink } from '@quantstream/engine';
import { configSchema, topicOf } from './config.js';

const NOTES = `
## Topics and records

Each kind has a topic of its own, \`PIPELINE.episodes\` say. A record is the JSON of the contract, as \`sink-file\` writes it; what is missing is \`null\`, times are milliseconds since the
epoch. The headers are \`pipeline\`, \`kind\` (\`observation\`, \`verdict\`, \`episode\`, \`incident\`, \`missing\`) and \`id\`.
The key of a record is the entity's, of an incident its id, so that what concerns one stays in order in one partition. An episode and an incident come again, with the same id, whenever
they change: a compacted topic of episodes keyed by entity holds the latest of each entity.

## What is repeated

The producer is idempotent and waits for all replicas in sync: what the library sends again is stored once. After a crash the batches since the last checkpoint are written
again, with the same ids.
A record that is larger than the broker takes goes to the dead letters (\`record_too_large\`), and the rest is written. While no broker answers the pipeline waits.
`;

export default defineSink({
  name: 'kafka',
  api: API_VERSION,
  about: 'Verdicts, anomalies, episodes and incidents as records of topics of Kafka or Redpanda',
  config: configSchema,
  example: { brokers: 'kafka:9092', write: ['anomalies', 'episodes'] },
  notes: NOTES,
  delivery: 'at-least-once',
  diagnose: async (settings, host) => {
    const topics = settings.write.map((kind) => topicOf(settings, host.pipeline, kind));
    return (await import('@quantstream/engine/kafka')).lookAt(settings, topics, host, settings.make ? 'good' : 'bad');
  },
  create: async (settings, host) => new (await import('./sink.js')).KafkaSink(settings, host),
});
