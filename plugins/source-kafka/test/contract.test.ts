import { type Station, sourceLaws } from '@quantstream/engine/testing';
import { beforeAll, describe } from 'vitest';
import kafka from '../src/index.js';
import { BROKER, EPOCH, reading, send, topicOf, WITHOUT, wayTo } from './support.js';

const COUNT = 2_500;

describe.skipIf(!BROKER)(`a topic (${WITHOUT})`, () => {
  const fields = {
    brokers: BROKER ?? '127.0.0.1:1',
    time: 'at',
    key: 'host',
    values: { cpu: 'system.cpu.pct', up: 'up' },
    units: { up: 's' },
  };
  const topics = { whole: `laws-${process.pid}`, broken: `laws-${process.pid}-broken`, hostile: `laws-${process.pid}-hostile` };
  const recorded = { ...fields, follow: false };
  const config = { ...recorded, topic: topics.whole };

  beforeAll(async () => {
    await Promise.all(Object.values(topics).map((topic) => topicOf(topic === topics.whole ? 2 : 1, topic)));
    const all = Array.from({ length: COUNT }, (_, i) => ({ value: JSON.stringify(reading(i)), partition: i % 3 === 0 ? 0 : 1 }));
    await send(topics.whole, all);
    const texts = Array.from({ length: 20 }, (_, i) => JSON.stringify(reading(i)));
    texts[2] = 'neither fish nor fowl';
    texts[4] = texts[4]!.replace(/"at":\d+/, '"at":"yesterday"');
    texts[6] = texts[6]!.replace(/"pct":\d+/, '"pct":"lots"');
    texts[8] = texts[8]!.replace(/"host":"[^"]*"/, '"host":""');
    texts[10] = texts[10]!.replace(/"up":(true|false)/, '"down":1');
    texts[12] = '[1]';
    await send(topics.broken, [...texts.map((value) => ({ value })), { value: null }]);
  });

  sourceLaws(kafka, {
    config,
    count: COUNT,
    atLeast: COUNT,
    cut: { ...config, batch: 7 },
    expected: [{ key: 'wéb-1', type: 'reading', sequence: 2, time: EPOCH + 1_000, values: { cpu: 1, up: 0 } }],
    broken: {
      config: { ...recorded, topic: topics.broken },
      dropped: { bad_record: 2, bad_time: 1, bad_value: 1, missing_key: 1, missing_value: 1, empty_record: 1 },
      observations: 14,
    },
    hostile: {
      config: { ...recorded, topic: topics.hostile },
      records: Array.from({ length: 100 }, (_, i) => JSON.stringify(reading(i))),
      write: (_, records) =>
        send(
          topics.hostile,
          records.map((value) => ({ value: Buffer.from(value) })),
        ),
    },
  });

  sourceLaws(kafka, {
    config: { ...recorded, topic: topics.whole },
    atLeast: COUNT,
    live: {
      nobody: { ...fields, brokers: '127.0.0.1:1', topic: 'nobody' },
      async open(): Promise<Station> {
        const topic = await topicOf();
        const way = await wayTo(BROKER!);
        let said = 0;
        const next = () => ({ value: JSON.stringify(reading(said, Date.now() - 60_000 + said++)) });
        return {
          config: { ...fields, brokers: way.address, topic },
          keeps: true,
          get connections() {
            return way.connections;
          },
          say: (count) => send(topic, Array.from({ length: count }, next)),
          sayBad: () => send(topic, [{ value: 'neither fish nor fowl' }, next()]),
          hangUp: () => way.cut(),
          close: async () => way.close(),
        };
      },
    },
  });
});
