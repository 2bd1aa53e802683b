import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { sourceLaws } from '@quantstream/engine/testing';
import { parquetWriteFile } from 'hyparquet-writer';
import file from '../src/index.js';

const EPOCH = Date.UTC(2026, 0, 1);
const iso = (i: number) => new Date(EPOCH + i * 1_000).toISOString();
const cpu = (i: number) => 20 + (i % 13) * 1.5;

/** Seconds of three hosts; every seventh row lacks its memory, and its note stands over two lines. */
function csv(count: number, from = 0): string {
  let text = 'ts,host,cpu,memory,note\n';
  for (let i = from; i < from + count; i++)
    text += `${iso(i)},web-${i % 3},${cpu(i)},${i % 7 ? i % 100 : ''},${i % 7 ? 'fine' : '"two\nlines, ""quoted"""'}\n`;
  return text;
}

function jsonl(count: number, from = 0): string {
  let text = '';
  for (let i = from; i < from + count; i++)
    text += `${JSON.stringify({ ts: (EPOCH + i * 1_000) / 1_000, host: { name: `wéb-${i % 3}` }, system: { cpu: cpu(i), up: i % 2 === 0 } })}\n`;
  return text;
}

const table = { time: 'ts', key: 'host', values: ['cpu', 'memory'], optional: ['memory'], text: ['note'], units: { cpu: '%' } };

sourceLaws(file, {
  config: { path: 'hosts.csv', ...table, batch: 170 },
  prepare(directory) {
    writeFileSync(join(directory, 'hosts.csv'), csv(2_500));
    const lines = csv(100).split('\n');
    lines[2] = 'neither fish nor fowl';
    lines[4] = lines[4]!.replace(/^[^,]*/, 'yesterday');
    lines[6] = lines[6]!.replace(/,web-\d,[^,]*/, ',web-1,lots');
    lines[7] = lines[7]!.replace(/,web-\d,[^,]*/, ',web-1,');
    lines[12] = lines[12]!.replace(/web-\d/, '');
    lines[13] = `${lines[13]},"never closed`;
    writeFileSync(join(directory, 'broken.csv'), lines.join('\n'));
  },
  broken: {
    config: { path: 'broken.csv', ...table },
    dropped: { bad_line: 3, bad_time: 1, bad_value: 1, missing_value: 1, missing_key: 1 },
    observations: 94,
  },
});

sourceLaws(file, {
  config: { path: ['parts/**/*.csv.gz', 'parts/*.csv'], time: 'ts', values: { cpu: 'cpu' }, batch: 100 },
  prepare(directory) {
    mkdirSync(join(directory, 'parts', 'deep'), { recursive: true });
    writeFileSync(join(directory, 'parts', 'a.csv.gz'), gzipSync(csv(900)));
    writeFileSync(join(directory, 'parts', 'deep', 'b.csv.gz'), gzipSync(csv(900, 450)));
    writeFileSync(join(directory, 'parts', 'c.csv'), csv(900, 700));
  },
});

sourceLaws(file, {
  config: {
    path: 'part-*.jsonl',
    time: 'ts',
    key: 'host.name',
    values: { cpu: 'system.cpu', up: 'system.up' },
    order: 'name',
    batch: 333,
  },
  prepare(directory) {
    for (const part of [0, 1, 2]) writeFileSync(join(directory, `part-${part}.jsonl`), jsonl(800, part * 800));
    writeFileSync(join(directory, 'broken.jsonl'), `${jsonl(5)}\n[1]\n{"ts":\n${jsonl(5, 5)}`);
  },
  broken: {
    config: { path: 'broken.jsonl', time: 'ts', values: { cpu: 'system.cpu' } },
    dropped: { bad_line: 2 },
    observations: 10,
  },
});

sourceLaws(file, {
  config: { path: 'hosts.parquet', time: 'ts', key: 'host', values: ['cpu', 'memory'], optional: true, batch: 250 },
  prepare(directory) {
    const rows = [...Array(2_200).keys()];
    parquetWriteFile({
      filename: join(directory, 'hosts.parquet'),
      rowGroupSize: 500,
      columnData: [
        { name: 'ts', data: rows.map((i) => new Date(EPOCH + i * 1_000)), type: 'TIMESTAMP' },
        { name: 'host', data: rows.map((i) => `web-${i % 3}`), type: 'STRING' },
        { name: 'cpu', data: rows.map(cpu), type: 'DOUBLE' },
        { name: 'memory', data: rows.map((i) => (i % 7 ? i % 100 : null)), type: 'INT32', nullable: true },
      ],
    });
  },
});

sourceLaws(file, {
  config: { path: ['newest.csv', 'array.json'], ...table, optional: true, batch: 190, order: 'sort' },
  prepare(directory) {
    const [header, ...rows] = csv(1_500)
      .replaceAll(/"two\n[^\n]*/g, 'fine')
      .trimEnd()
      .split('\n');
    writeFileSync(join(directory, 'newest.csv'), `${[header, ...rows.reverse()].join('\n')}\n`);
    const array = Array.from({ length: 900 }, (_, i) => ({
      ts: iso(i * 2),
      host: `db-${i % 2}`,
      cpu: cpu(i),
      note: `[{"${i}"},`,
    }));
    writeFileSync(join(directory, 'array.json'), JSON.stringify(array, undefined, 1));
    const row = (second: number, more = '1') => `{"ts":${second},"host":"a","cpu":${more}}`;
    writeFileSync(join(directory, 'broken.json'), `[${row(1)},3,${row(2, '"lots"')},${row(3)}`);
  },
  broken: {
    config: { path: 'broken.json', ...table, optional: true, order: 'sort' },
    dropped: { bad_line: 1, bad_value: 1, broken_file: 1 },
    observations: 2,
  },
});
