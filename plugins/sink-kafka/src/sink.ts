// A sink of topics: each batch is written whole, and again where it failed.

import type { Sink, SinkBatch, SinkHost } from '@quantstream/engine';
import { TooLarge, TopicWriter } from '@quantstream/engine/kafka';
import { type Settings, topicOf } from './config.js';
import { type Made, recordsOf } from './records.js';

export class KafkaSink implements Sink {
  private readonly settings: Settings;
  private readonly host: SinkHost;
  private readonly writer: TopicWriter;

  constructor(settings: Settings, host: SinkHost) {
    this.settings = settings;
    this.host = host;
    const { brokers, tls, sasl, make, partitions, replication } = settings;
    this.writer = new TopicWriter({ brokers, tls, sasl, host, make: make ? { partitions, replication } : undefined });
  }

  async open(): Promise<void> {
    const { settings, host } = this;
    const topics = settings.write.map((kind) => topicOf(settings, host.pipeline, kind));
    await this.writer.open([...new Set(topics)], host.signal);
  }

  async write(batch: SinkBatch): Promise<void> {
    const { settings, host } = this;
    const records = settings.write.flatMap((kind) => recordsOf(batch, kind, topicOf(settings, host.pipeline, kind), host.schema));
    for (let left = records; left.length > 0; ) {
      try {
        await this.writer.write(left);
        return;
      } catch (error) {
        if (!(error instanceof TooLarge)) throw error;
        const refused = error.record as Made;
        const place = { topic: refused.topic };
        await host.deadLetter({ kind: refused.kind, code: 'record_too_large', reason: error.message, place, record: refused.of });
        left = left.slice(left.indexOf(refused) + 1);
      }
    }
  }

  close(): Promise<void> {
    return this.writer.close();
  }
}
