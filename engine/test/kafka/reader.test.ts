// Holds the reader to its laws, with brokers of its own that can be killed.

import { afterAll, beforeAll, describe } from 'vitest';
import { KafkaReader } from '../../src/adapters/kafka/reading/reader.js';
import { ownBroker, ownCluster } from './reader/own-broker.js';
import { clusterLaws, readerLaws } from './reader-laws.js';
import { BROKER, WITHOUT } from './support.js';

describe.skipIf(!BROKER)(`the reader of Kafka, by kafkajs (${WITHOUT})`, () => {
  let broker: Awaited<ReturnType<typeof ownBroker>>;
  beforeAll(async () => {
    broker = await ownBroker((parts) => new KafkaReader(parts));
  });
  afterAll(() => broker.dispose());

  readerLaws(() => broker);
});

describe.skipIf(!BROKER)(`the reader of several brokers, by kafkajs (${WITHOUT})`, () => {
  let cluster: Awaited<ReturnType<typeof ownCluster>>;
  beforeAll(async () => {
    cluster = await ownCluster((parts) => new KafkaReader(parts));
  }, 120_000);
  afterAll(() => cluster.dispose());

  clusterLaws(() => cluster);
});
