import { appendFileSync, rmSync, truncateSync, utimesSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import type { Observation } from '@quantstream/engine';
import { TestHosts } from '@quantstream/engine/testing';
import fc from 'fast-check';
import { parquetWriteFile } from 'hyparquet-writer';
import { afterEach, describe, expect, it } from 'vitest';
import { put, readFiles } from './helpers.js';

let hosts = new TestHosts();
afterEach(() => {
  hosts.dispose();
  hosts = new TestHosts();
});

const START = 1_700_000_000;
const csv = (from: number, to: number, header = true) => {
  let text = header ? 'ts,x,note\n' : '';
  for (let i = from; i < to; i++) text += `${START + i},${i},${i % 5 === 0 ? '"two\nlines"' : 'fine'}\n`;
  return text;
};
const jsonl = (from: number, to: number) => {
  let text = '';
  for (let i = from; i < to; i++) text += `${JSON.stringify({ ts: START + i, x: i, note: 'wéb' })}\n`;
  return text;
};
const table = { time: 'ts', values: ['x'], text: ['note'], key: 'k', keyFrom: 'text' };
const xs = ({ rows }: { rows: readonly { values: Readonly<Record<string, number>> }[] }) => rows.map(({ values }) => values.x);
const upTo = (count: number) => [...Array(count).keys()];

const cuts = (length: number) => fc.array(fc.nat(length), { maxLength: 5 }).map((given) => given.sort((a, b) => a - b));

describe('a file that grows', () => {
  it.each([
    ['csv', 'plain', 0],
    ['csv', 'gzip', 0],
    ['jsonl', 'plain', 0],
    ['jsonl', 'gzip', 3],
    ['csv', 'sort', 0],
  ] as const)('between any two bytes of %s (%s) gives the rows of one reading', async (format, how, lateness) => {
    const text = format === 'csv' ? csv(0, 40) : jsonl(0, 40);
    const bytes = Buffer.from(text);
    const name = `a.${format}`;
    const config = { path: name, ...table, batch: 7, ...(how === 'sort' && { order: 'sort' }) };
    const host = new TestHosts();
    await fc.assert(
      fc.asyncProperty(cuts(bytes.length), fc.integer({ min: 1, max: 9 }), async (given, most) => {
        const found: Observation[] = [];
        let cursor: string | null = null;
        host.dropped.clear();
        // A csv row that is cut within its last cell is a row too: there the cut stands behind the line.
        const places = given.map((at) => (format === 'csv' ? lineEnd(text, at) : at));
        for (const at of [...places, bytes.length]) {
          put(host, name, how === 'gzip' ? gzipSync(bytes.subarray(0, at)) : bytes.subarray(0, at));
          // Some runs are killed before the end.
          const limit = at < bytes.length ? { most } : {};
          const part = await readFiles(host, config, cursor, { time: { lateness }, ...limit });
          found.push(...part.rows);
          cursor = part.cursor;
        }
        put(host, name, how === 'gzip' ? gzipSync(bytes) : bytes);
        const whole = await readFiles(host, config, null, { time: { lateness } });
        const essence = (rows: typeof found) => rows.map(({ received: _, ...rest }) => rest);
        expect(essence(found)).toEqual(essence(whole.rows));
        expect(whole.rows).toHaveLength(40);
        // There is nothing new: not even a line that must be told again.
        host.dropped.clear();
        expect((await readFiles(host, config, cursor)).rows).toEqual([]);
        expect(host.dropped.size).toBe(0);
      }),
      { seed: 1, numRuns: 25 },
    );
    host.dispose();
  });

  it('within a row that had no end of line: the row was taken as it was, and what was added to it is told', async () => {
    put(hosts, 'a.csv', `ts,x\n${START},1\n${START + 1},2`);
    const config = { path: 'a.csv', ...table, text: [] };
    const first = await readFiles(hosts, config);
    expect(xs(first)).toEqual([1, 2]);
    appendFileSync(`${hosts.directory}/a.csv`, `5\n${START + 2},3\n`);
    const second = await readFiles(hosts, config, first.cursor);
    expect(xs(second)).toEqual([3]);
    expect(hosts.drops).toEqual([
      'bad_line: a.csv:3: the line had no end when it was taken, and has gone on since: "5" is left out',
    ]);
    put(hosts, 'b.csv', `ts,x\n${START},1\r\n${START + 1},2`);
    const whole = await readFiles(hosts, { ...config, path: 'b.csv' });
    appendFileSync(`${hosts.directory}/b.csv`, `\r\n${START + 2},never\n`);
    expect(xs(await readFiles(hosts, { ...config, path: 'b.csv' }, whole.cursor))).toEqual([]);
    expect(hosts.drops.at(-1)).toBe('bad_value: b.csv:4: x is "never"');
  });

  it('while its rows are sorted is read on behind those that were begun', async () => {
    const rows = upTo(20).reverse();
    put(hosts, 'a.csv', `ts,x,note\n${rows.map((i) => `${START + i},${i},fine\n`).join('')}`);
    const config = { path: 'a.csv', ...table, order: 'sort', batch: 6 };
    const begun = await readFiles(hosts, config, null, { most: 2 });
    appendFileSync(`${hosts.directory}/a.csv`, csv(20, 25, false));
    const rest = await readFiles(hosts, config, begun.cursor);
    expect([...xs(begun), ...xs(rest)]).toEqual(upTo(25));
  });

  it('and its parquet likewise, where its first row groups are the same', async () => {
    const write = (count: number, spoilt = false) =>
      parquetWriteFile({
        filename: `${hosts.directory}/a.parquet`,
        rowGroupSize: 10,
        columnData: [
          { name: 'ts', data: upTo(count).map((i) => START + i + (spoilt && i === 3 ? 0.5 : 0)), type: 'DOUBLE' },
          { name: 'x', data: upTo(count), type: 'INT32' },
          { name: 'note', data: upTo(count).map(() => 'fine'), type: 'STRING' },
        ],
      });
    const config = { path: 'a.parquet', ...table, batch: 4 };
    write(20);
    const begun = await readFiles(hosts, config, null, { most: 3 });
    const whole = await readFiles(hosts, config);
    write(35);
    expect(xs(await readFiles(hosts, config, begun.cursor))).toEqual(upTo(35).slice(12));
    expect(xs(await readFiles(hosts, config, whole.cursor))).toEqual(upTo(35).slice(20));
    write(20, true);
    await expect(readFiles(hosts, config, begun.cursor)).rejects.toThrow(/a\.parquet does not hold the rows that it held/);
  });
});

/** Behind the row of a csv in which a byte lies. */
function lineEnd(text: string, at: number): number {
  let end = 0;
  for (let i = 0; end < at; i++) end = Buffer.byteLength(csv(0, i));
  return Math.min(end, Buffer.byteLength(text));
}

describe('a file that was begun', () => {
  const config = { path: '*.csv*', ...table, batch: 5 };

  it('and was cut or replaced is refused by name, with the way on', async () => {
    for (const name of ['a.csv', 'a.csv.gz']) {
      const pack = (text: string) => (name.endsWith('.gz') ? gzipSync(text) : text);
      put(hosts, name, pack(csv(0, 20)));
      const begun = await readFiles(hosts, config, null, { most: 2 });
      const whole = await readFiles(hosts, config);
      for (const { cursor } of [begun, whole]) {
        for (const other of [csv(0, 3), csv(0, 20).replace(`${START},0`, `${START},9`), csv(0, 7) + csv(50, 90, false)]) {
          put(hosts, name, pack(other));
          const refused = readFiles(hosts, config, cursor);
          await expect(refused, other).rejects.toThrow(
            new RegExp(`^file: .*/${name.replaceAll('.', '\\.')} .*was cut or replaced\\. Put it back, .* --reset-state$`),
          );
        }
        put(hosts, name, pack(csv(0, 20)));
        expect((await readFiles(hosts, config, cursor)).rows).toHaveLength(20 - (cursor === begun.cursor ? 10 : 20));
      }
      rmSync(`${hosts.directory}/${name}`);
    }
  });

  it('is not looked into again while its size and time of change are the same; touched, it is compared', async () => {
    const path = put(hosts, 'a.csv.gz', gzipSync(csv(0, 20)));
    const { cursor } = await readFiles(hosts, config);
    utimesSync(path, 1, 1);
    expect((await readFiles(hosts, config, cursor)).rows).toEqual([]);
    truncateSync(path, 60);
    await expect(readFiles(hosts, config, cursor)).rejects.toThrow('was cut or replaced');
  });

  it('may disappear when it was read to its end, and not before; new ones are read', async () => {
    put(hosts, 'a.csv', csv(0, 10));
    put(hosts, 'b.csv', csv(10, 20));
    const begun = await readFiles(hosts, config, null, { most: 1 });
    const whole = await readFiles(hosts, config);
    rmSync(`${hosts.directory}/a.csv`);
    put(hosts, 'c.csv', csv(20, 23));
    expect(xs(await readFiles(hosts, config, whole.cursor))).toEqual([20, 21, 22]);
    await expect(readFiles(hosts, config, begun.cursor)).rejects.toThrow('a.csv, where reading stopped, is gone: put it back');
    put(hosts, 'older.csv', csv(-500, -440));
    await expect(readFiles(hosts, config, whole.cursor)).rejects.toThrow(
      /older\.csv:14: .* is 8\.48 min earlier than one in front of it/,
    );
    await expect(readFiles(hosts, config, 'elsewhere')).rejects.toThrow(/the saved position is not one of recordings/);
  });
});
