import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sourceLaws } from '@quantstream/engine/testing';
import binance from '../src/index.js';

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
