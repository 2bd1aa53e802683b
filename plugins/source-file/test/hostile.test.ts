import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sourceLaws } from '@quantstream/engine/testing';
import file from '../src/index.js';

const EPOCH = Date.UTC(2026, 0, 1) / 1_000;
const seconds = [...Array(10_000).keys()];

const jsonl = seconds.map((i) =>
  JSON.stringify({ ts: EPOCH + i, host: { name: `web-${i % 3}` }, system: { cpu: i % 13, up: i % 2 === 0 }, note: `note ${i}` }),
);
const csv = seconds.map((i) => `${EPOCH + i},web-${i % 3},${i % 13},${i % 2},note ${i}`);

sourceLaws(file, {
  config: { path: 'good.jsonl', time: 'ts', key: 'host.name', values: { cpu: 'system.cpu' } },
  atLeast: 9_000,
  prepare: (directory) => writeFileSync(join(directory, 'good.jsonl'), `${jsonl.join('\n')}\n`),
  hostile: {
    config: {
      path: 'hostile.jsonl',
      order: 'sort',
      time: 'ts',
      key: 'host.name',
      values: { cpu: 'system.cpu', up: 'system.up' },
      text: { note: 'note' },
    },
    records: jsonl,
    write: (directory, records) => writeFileSync(join(directory, 'hostile.jsonl'), `${records.join('\n')}\n`),
  },
});

sourceLaws(file, {
  config: { path: 'good.csv', time: 'ts', key: 'host', values: ['cpu', 'up'] },
  atLeast: 9_000,
  prepare: (directory) => writeFileSync(join(directory, 'good.csv'), `ts,host,cpu,up,note\n${csv.join('\n')}\n`),
  hostile: {
    config: { path: 'hostile.csv', order: 'sort', time: 'ts', key: 'host', values: ['cpu', 'up'], text: ['note'] },
    records: csv,
    write: (directory, records) => writeFileSync(join(directory, 'hostile.csv'), `ts,host,cpu,up,note\n${records.join('\n')}\n`),
  },
});
