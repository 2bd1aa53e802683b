// Pipelines in two halves for tests, and the broker between them.

import { randomUUID } from 'node:crypto';
import { type Admin, Kafka, logLevel } from 'kafkajs';
import type { Pipeline } from '../../src/compose/pipeline.js';
import type { Summary } from '../../src/vitals/summary.js';
import { distinct, Workshop } from '../support.js';

export const BROKER = process.env.QUANTSTREAM_TEST_KAFKA;
export const WITHOUT = 'skipped without a broker: set QUANTSTREAM_TEST_KAFKA, see scripts/with-kafka.mjs';
export const client = new Kafka({ brokers: [BROKER ?? ''], logLevel: logLevel.NOTHING });

export const KINDS = ['observation', 'verdict', 'episode', 'missing'] as const;
export const source = (config: object = {}) => ({ source: { use: './counter-source', with: { count: 1_000, ...config } } });
export const channel = (partitions = 1, topic: string = randomUUID()) => ({
  channel: { use: 'kafka', with: { brokers: BROKER ?? '', topic, partitions, group: topic } },
});

export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  for (let tries = 0; tries < 600; tries++) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${what} did not happen within 30 s`);
}

/** Deletes a topic and makes another of the same name. */
export async function recreateTopic(admin: Admin, topic: string, partitions: number): Promise<void> {
  await admin.deleteTopics({ topics: [topic] });
  await until(async () => !(await admin.listTopics()).includes(topic), 'the end of the topic');
  await admin.createTopics({ waitForLeaders: false, topics: [{ topic, numPartitions: partitions }] });
  const there = () => admin.fetchTopicOffsets(topic).then(({ length }) => length === partitions);
  await until(() => there().catch(() => false), 'the new topic');
}

/** A workshop whose pipelines run in halves. */
export class ThroughKafka extends Workshop {
  /** What one process without a channel makes of it. */
  async direct(changes: object = {}): Promise<string[]> {
    await this.run(this.pipeline(changes as Record<string, unknown>));
    const all = distinct(this.lines(), ...KINDS);
    this.forget();
    return all;
  }

  async finish(pipeline: Pipeline): Promise<Summary> {
    return pipeline.summary(await pipeline.run(new AbortController().signal), 1);
  }

  /** Runs one half, or both, to the end. */
  async half(role: 'all' | 'ingest' | 'detect', changes: object): Promise<Summary> {
    const { pipeline } = await this.compose(this.pipeline(changes as Record<string, unknown>), `${role}.yaml`, role);
    return this.finish(pipeline);
  }

  /** Starts one half, which runs until `stop` aborts. */
  async begin(role: 'ingest' | 'detect', changes: object) {
    const made = await this.compose(this.pipeline(changes as Record<string, unknown>), `${role}.yaml`, role);
    const stop = new AbortController();
    const done = made.pipeline.run(stop.signal);
    done.catch(() => {});
    return {
      ...made,
      done,
      end: async () => {
        stop.abort(new Error('enough'));
        await done;
      },
    };
  }
}
