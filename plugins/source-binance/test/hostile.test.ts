import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { hostileRecords, sourceLaws, TestHosts } from '@quantstream/engine/testing';
import { expect, it } from 'vitest';
import binance from '../src/index.js';
import { FakeExchange } from './fake/exchange.mjs';
import { liveConfig, Session, until } from './live-helpers.js';

const FROM = 1_700_000_000_000;
const trades = [...Array(10_000).keys()];
const csv = trades.map((i) => `${5_000 + i},37000.01000000,0.01000000,370.00000000,${FROM + i * 40},True,True`);
const frames = trades.map((i) =>
  JSON.stringify({
    stream: 'btcusdt@trade',
    data: { e: 'trade', E: FROM + i, s: 'BTCUSDT', t: 5_000 + i, p: '37000.01', q: '0.01', T: FROM + i * 40, m: i % 2 === 0 },
  }),
);

for (const [name, records, head] of [
  ['BTCUSDT-trades-hostile.csv', csv, ''],
  ['hostile.jsonl', frames, `${frames[0]}\n`],
] as const) {
  sourceLaws(binance, {
    config: { connect: 'file:BTCUSDT-trades-good.csv' },
    atLeast: 9_000,
    prepare: (directory) => writeFileSync(join(directory, 'BTCUSDT-trades-good.csv'), `${csv.join('\n')}\n`),
    hostile: {
      config: { connect: `file:${name}`, stream: 'trade', order: 'sort' },
      records,
      write: (directory, all) => writeFileSync(join(directory, name), `${head}${all.join('\n')}\n`),
    },
  });
}

it('ten thousand hostile frames end neither the process nor the connection, and each one is counted', {
  timeout: 20_000,
}, async () => {
  const hosts = new TestHosts();
  const fake = new FakeExchange({ symbols: ['BTCUSDT'] });
  const session = new Session(hosts, liveConfig(await fake.listen()));
  await until(() => fake.clients.size === 1, 'it has connected');
  fake.trade();
  await until(() => session.observations.length === 1, 'the first trade has come');
  // Of a symbol that nobody has asked for: what happens to be sound is counted as well.
  const others = frames.map((frame) => frame.replace('BTCUSDT', 'ETHUSDT'));
  const hostile = hostileRecords(others, 10_000).filter((text) => text.length < 500_000) as string[];
  const before = process.memoryUsage().heapUsed;
  for (const text of hostile) fake.say(text);
  fake.trade();
  await until(() => session.observations.length === 2, 'the trade behind them has come', 10_000);
  expect([...hosts.dropped.values()].reduce((a, b) => a + b, 0)).toBe(hostile.length);
  expect(Math.max(...hosts.drops.map((drop) => drop.length))).toBeLessThan(300);
  expect(fake.counts.connections).toBe(1);
  expect(session.failure).toBeUndefined();
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(200 * 2 ** 20);
  await session.stop();
  await fake.close();
  hosts.dispose();
});
