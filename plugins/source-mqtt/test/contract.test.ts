import { randomUUID } from 'node:crypto';
import { type Station, sourceLaws } from '@quantstream/engine/testing';
import { afterAll, beforeAll, describe } from 'vitest';
import { Mosquitto } from '../../../scripts/lib/mosquitto.mjs';
import plugin from '../src/index.js';
import { EPOCH, fresh, INSTALLED, publish, reading, WITHOUT, wayTo } from './broker.js';

describe.skipIf(!INSTALLED)(`topics of a broker${WITHOUT}`, () => {
  const fields = { time: 'at', key: 'host', values: { cpu: 'system.cpu.pct', up: 'up' }, inflight: 65_535 };
  const config = { url: 'mqtt://127.0.0.1:1', topics: ['many/#'], clientId: 'many', ...fields };
  const cut = { ...config, batch: 7 };
  let broker: Mosquitto;
  beforeAll(async () => {
    broker = await Mosquitto.create(['max_inflight_messages 0']);
    config.url = cut.url = broker.url;
    await fresh(broker.url, 'many', 'many/#');
    await publish(
      broker.url,
      // More than any reading takes: who resumes acknowledges what its cursor holds.
      Array.from({ length: 4_000 }, (_, i) => [`many/${i % 7}`, JSON.stringify(reading(i))]),
    );
  });
  afterAll(() => broker.dispose());

  sourceLaws(plugin, {
    config,
    cut,
    expected: [
      { key: 'wéb-1', type: 'reading', sequence: 2, time: EPOCH + 1_000, values: { cpu: 1, up: 0 } },
      { key: 'wéb-2', type: 'reading', sequence: 3, time: EPOCH + 2_000, values: { cpu: 2, up: 1 } },
    ],
    nowhere: { ...config, url: 'mqtt://127.0.0.1:1' },
    live: {
      nobody: { ...config, url: 'mqtt://127.0.0.1:1' },
      async open(): Promise<Station> {
        const way = await wayTo(broker.port);
        const name = randomUUID();
        // What is said before anybody listens is kept.
        await fresh(broker.url, name, `live/${name}/+`);
        let said = 0;
        const next = () => JSON.stringify(reading(said, Date.now() - 60_000 + said++));
        return {
          config: { ...config, url: way.url, topics: [`live/${name}/+`], clientId: name },
          keeps: true,
          get connections() {
            return way.connections();
          },
          async say(count) {
            await publish(
              broker.url,
              Array.from({ length: count }, () => [`live/${name}/a`, next()]),
            );
          },
          sayBad: () => publish(broker.url, [[`live/${name}/a`, 'neither fish nor fowl']]),
          hangUp: () => way.cut(),
          close: () => way.close(),
        };
      },
    },
  });
});
