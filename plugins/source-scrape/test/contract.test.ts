import { type Station, sourceLaws } from '@quantstream/engine/testing';
import { afterAll, beforeAll } from 'vitest';
import scrape from '../src/index.js';
import { type Exporter, exporter } from './exporter.js';

const columns = { load: 'node_load1', cpu: { metric: 'node_cpu_seconds_total', labels: { mode: 'user' }, unit: 's' } };
const host = (i: number) => `node_load1{host="wéb-${i}"} ${i % 17}\n`;
/** A host with two cores. */
const whole = (i: number) =>
  [0, 1]
    .map((cpu) => `node_cpu_seconds_total{cpu="${cpu}",mode="user",host="wéb-${i}"} ${i + cpu}\n`)
    .join('')
    .concat(host(i));

let many: Exporter;
const config = { targets: ['127.0.0.1:1'], columns, key: 'host', every: '100ms' };
beforeAll(async () => {
  many = await exporter();
  config.targets = [many.target];
  const text = `# TYPE node_load1 gauge\n${Array.from({ length: 2_500 }, (_, i) => whole(i)).join('')}`;
  many.answer = (response) => void response.end(text);
});
afterAll(() => many.close());

sourceLaws(scrape, {
  config,
  atLeast: 2_500,
  live: {
    nobody: { ...config, targets: ['127.0.0.1:1'] },
    async open(): Promise<Station> {
      const one = await exporter();
      let said = 0;
      return {
        config: { ...config, targets: [one.target], every: '100ms', maxBody: 1_000_000 },
        keeps: true,
        get connections() {
          return one.connections;
        },
        say: (count) => one.say(Array.from({ length: count }, () => host(said++)).join('')),
        sayBad: () => one.say(`node_load1{host="x"} neither fish nor fowl\n${host(said++)}`),
        async sayEndless(bytes) {
          await one.say(`node_load1{host="${'x'.repeat(bytes)}`);
          await one.say(host(said++));
        },
        hangUp: () => one.cut(),
        close: () => one.close(),
      };
    },
  },
});
