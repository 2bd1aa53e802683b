import { gzipSync } from 'node:zlib';
import { TestHosts } from '@quantstream/engine/testing';
import { afterEach, describe, expect, it } from 'vitest';
import plugin from '../src/index.js';
import { put, readFiles } from './helpers.js';

let hosts = new TestHosts();
afterEach(() => {
  hosts.dispose();
  hosts = new TestHosts();
});
const write = (name: string, content: string | Uint8Array) => put(hosts, name, content);
const read = (config: object, from: string | null = null) => readFiles(hosts, config, from);
const opening = (config: object) => Promise.resolve(plugin.create(plugin.config.parse(config), hosts.source()));

const table = { time: 'ts', values: ['x'] };
const second = (i: number) => 1_700_000_000 + i;
const csv = (...seconds: number[]) => `ts,x\n${seconds.map((i) => `${second(i)},${i}`).join('\n')}\n`;

describe('several files', () => {
  it('are merged by time, those of equal times by name, each being a key named below the fixed part', async () => {
    write('in/a.csv', csv(1, 4, 5));
    write('in/deep/b.csv.gz', gzipSync(csv(2, 4, 6)));
    write('in/c.csv', csv(10, 11));
    const { rows } = await read({ path: 'in/**/*.csv*', ...table });
    expect(rows.map(({ values }) => values.x)).toEqual([1, 2, 4, 4, 5, 6, 10, 11]);
    expect(rows.map(({ key }) => key)).toEqual([
      'a.csv',
      'deep/b.csv',
      'a.csv',
      'deep/b.csv',
      'a.csv',
      'deep/b.csv',
      'c.csv',
      'c.csv',
    ]);
    expect(rows.map(({ sequence }) => sequence)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('come one after the other where that is asked for, each once however often it is named', async () => {
    write('part-10.csv', csv(3, 4));
    write('part-9.csv', csv(2, 3));
    const { rows } = await read({ path: ['part-10.csv', '*.csv', './part-9.csv'], order: 'name', ...table });
    expect(rows.map(({ values }) => values.x)).toEqual([2, 3, 3, 4]);
  });
});

describe('a listed column', () => {
  it('is called as in the data, by a rule that shows in what the source emits', async () => {
    write('in.jsonl', '{"ts":1700000000,"system":{"cpu":{"pct":0.5}},"Volume_Flow_RateRMS":32,"Température (°C)":21,"5min":1}\n');
    const values = ['system.cpu.pct', 'Volume_Flow_RateRMS', 'Température (°C)', '5min'];
    const config = { path: 'in.jsonl', time: 'ts', values };
    const names = ['system_cpu_pct', 'volume_flow_raterms', 'temp_rature_c', 'x_5min'];
    expect((await read(config)).rows[0]!.values).toEqual(Object.fromEntries(names.map((name, i) => [name, [0.5, 32, 21, 1][i]])));
    const { fields } = plugin.emits(plugin.config.parse(config)).reading!;
    expect(Object.entries(fields).map(([name, { from }]) => [name, from])).toEqual(names.map((name, i) => [name, values[i]]));
  });
});

describe('a row', () => {
  it('is what the columns say, in their words and units', async () => {
    write('in.tsv', 'when\tname\tload (%)\tup\tnote\n2024-08-08\twéb\t1e1\ttrue\tfine\n2024-08-09\twéb\t.5\tFalse\t\n');
    const config = {
      path: 'in.tsv',
      time: 'when',
      key: 'name',
      type: 'host',
      values: { load: 'load (%)', up: 'up' },
      units: { load: '%' },
      text: ['note'],
    };
    const { rows } = await read(config);
    const { fields, text } = plugin.emits(plugin.config.parse(config)).host!;
    expect(fields.load!.unit).toBe('%');
    expect(text).toEqual({ note: 'column note of the files' });
    expect(rows.map(({ key, type, time, values, text }) => ({ key, type, time, values, text }))).toEqual([
      { key: 'wéb', type: 'host', time: Date.UTC(2024, 7, 8), values: { load: 10, up: 1 }, text: { note: 'fine' } },
      { key: 'wéb', type: 'host', time: Date.UTC(2024, 7, 9), values: { load: 0.5, up: 0 }, text: {} },
    ]);
  });

  it('lacks an optional value that is empty or a word for missing, and is dropped without one that is not optional', async () => {
    write('in.csv', `ts,x,y\n${second(1)},1,\n${second(2)},2,NA\n${second(3)},,3\n${second(4)},4, null \n${second(5)},5,5\n`);
    const { rows } = await read({ path: 'in.csv', time: 'ts', values: ['x', 'y'], optional: ['y'], key: 'all', keyFrom: 'text' });
    expect(rows.map(({ key, values }) => [key, values])).toEqual([
      ['all', { x: 1 }],
      ['all', { x: 2 }],
      ['all', { x: 4 }],
      ['all', { x: 5, y: 5 }],
    ]);
    expect(hosts.drops).toEqual(['missing_value: in.csv:4: x is empty']);
  });

  it('that is none says where and why, and the next is read', async () => {
    write(
      'in.csv',
      `ts,x\nnever,1\n${second(2)},0x10\n${second(3)}\n${second(4)},"4\n${second(5)},5\n${second(6)},Infinity\n${second(7)},7`,
    );
    const { rows } = await read({ path: 'in.csv', ...table });
    expect(rows.map(({ values }) => values.x)).toEqual([5, 7]);
    expect(hosts.drops).toEqual([
      'bad_time: in.csv:2: ts is "never"',
      'bad_value: in.csv:3: x is "0x10"',
      `bad_line: in.csv:4: 1 cells and not 2: "${second(3)}"`,
      `bad_line: in.csv:5: a quote is not closed: "${second(4)},\\"4"`,
      'bad_value: in.csv:7: x is "Infinity"',
    ]);
  });

  it('is left out uncounted where it is not one of those that are asked for', async () => {
    const line = (what: string, type: string, i: number) =>
      JSON.stringify({
        what,
        key: 'A',
        type,
        sequence: 10 + i,
        time: second(i) * 1_000 + 0.5,
        values: { x: i, 'a.b': 1, a: { b: 2 } },
      });
    write(
      'out.jsonl',
      [
        line('verdict', 'trade', 1),
        line('observation', 'trade', 2),
        line('observation', 'quote', 3),
        line('observation', 'trade', 4),
      ].join('\n'),
    );
    const { rows } = await read({
      path: 'out.jsonl',
      only: { what: 'observation', type: ['trade'] },
      time: 'time',
      timeUnit: 'ms',
      key: 'key',
      sequence: 'sequence',
      type: 'trade',
      values: { x: 'values.x', dotted: 'values.a.b' },
    });
    expect(rows.map(({ sequence, time, values }) => [sequence, time, values])).toEqual([
      [12, second(2) * 1_000 + 0.5, { x: 2, dotted: 2 }],
      [14, second(4) * 1_000 + 0.5, { x: 4, dotted: 2 }],
    ]);
    expect(hosts.drops).toEqual([]);
  });
});

describe('a file', () => {
  it('may begin with a byte order mark, have no header, or no end of its last line', async () => {
    write('a.csv', `\uFEFF${csv(1).trimEnd()}`);
    expect((await read({ path: 'a.csv', ...table })).rows.map(({ values }) => values.x)).toEqual([1]);
    write('b.csv', `7,${second(1)}\r\n8,${second(2)}`);
    const { rows } = await read({ path: 'b.csv', ...table, csv: { header: false, columns: ['x', 'ts'] } });
    expect(rows.map(({ values }) => values.x)).toEqual([7, 8]);
  });

  it('that breaks off is counted with all rows before that and no part of one, and the others go on', async () => {
    const packed = gzipSync(csv(...Array(20_000).keys()));
    write('a.csv.gz', packed.subarray(0, packed.length / 2));
    write('b.csv', csv(90_000));
    const { rows } = await read({ path: ['a.csv.gz', 'b.csv'], ...table });
    expect(hosts.drops).toEqual([
      expect.stringMatching(/^broken_file: a\.csv\.gz:\d+: nothing can be read from here on: unexpected end of file$/),
    ]);
    expect(rows.length).toBeGreaterThan(8_000);
    expect(rows.map(({ values }) => values.x)).toEqual([...Array(rows.length - 1).keys(), 90_000]);
  });

  it('is unpacked as its first bytes say and not its name, also when reading goes on in it', async () => {
    const seconds = [...Array(3_000).keys()];
    write('packed.csv', gzipSync(csv(...seconds)));
    write('plain.csv.gz', csv(...seconds));
    // The letters of a zip archive are how a column may be called.
    write('keys.csv', csv(...seconds).replace('ts,x', 'PK,x'));
    for (const [path, time] of [
      ['packed.csv', 'ts'],
      ['plain.csv.gz', 'ts'],
      ['keys.csv', 'PK'],
    ] as const) {
      const { rows } = await read({ path, ...table, time });
      expect(rows.map(({ values }) => values.x)).toEqual(seconds);
      const { batches } = await read({ path, ...table, time, batch: 2_990 });
      expect((await read({ path, ...table, time }, batches[0]!.cursor)).rows.map(({ values }) => values.x)).toEqual(
        seconds.slice(2_990),
      );
    }
  });

  it('with a line longer than any row costs that line only', async () => {
    write('a.csv', `ts,x\n${second(1)},1\n${'z'.repeat(3_000_000)}\n${second(2)},2\n`);
    const { rows } = await read({ path: 'a.csv', ...table });
    expect(rows.map(({ values }) => values.x)).toEqual([1, 2]);
    expect(hosts.dropped).toEqual(new Map([['bad_line', 1]]));
  });
});

describe('before anything runs', () => {
  it('a missing file is named, with the one that may have been meant', async () => {
    write('metrics.csv', csv(1));
    await expect(opening({ path: 'metric.csv', ...table })).rejects.toThrow(
      /metric\.csv does not exist\. Did you mean metrics\.csv\?/,
    );
    await expect(opening({ path: 'no/*.csv', ...table })).rejects.toThrow(/no file matches/);
    await expect(opening({ path: '.', ...table })).rejects.toThrow(/is a folder: name its files/);
  });

  it('a missing column is named, with those that are there', async () => {
    write('a.csv', 'time,cpu,mem\n');
    await expect(opening({ path: 'a.csv', time: 'time', values: ['cpus'] })).rejects.toThrow(
      /a\.csv has no column "cpus"; did you mean "cpu"\? \(it has time, cpu, mem\)/,
    );
    write('a.jsonl', '{"t":1,"system":{"cpu":{"user":1}}}\n');
    await expect(opening({ path: 'a.jsonl', time: 't', values: { cpu: 'system.cpu.usr' } })).rejects.toThrow(
      /did you mean "system\.cpu\.user"/,
    );
    write('a.parquet', 'not parquet at all');
    await expect(opening({ path: 'a.parquet', ...table })).rejects.toThrow(/cannot be read as Parquet/);
    write('a.dat', csv(1));
    await expect(opening({ path: 'a.dat', ...table })).rejects.toThrow(/set format/);
  });

  it.each([
    [{ values: [] }, 'expected at least one value'],
    [
      { values: { 'system.cpu': 'cpu' } },
      'expected small letters, digits and _, beginning with a letter; name it: { cpu_user: "system.cpu.user" }',
    ],
    [{ values: ['cpu.user', 'cpu_User'] }, '"cpu.user" and "cpu_User" would both be called cpu_user'],
    [{ units: { y: 'V' } }, '"y" is none of the values x'],
    [{ optional: ['y'] }, '"y" is none of the values x'],
    [{ keyFrom: 'column' }, 'keyFrom: column needs key'],
    [{ key: 'k', keyFrom: 'path' }, 'leave key out'],
    [{ csv: { header: false } }, 'columns must be named'],
    [{ csv: { columns: ['a', 'a'] } }, '"a" stands here twice'],
    [{ text: ['x'] }, '"x" is a value already'],
  ])('the configuration %j is refused', (wrong, why) => {
    const result = plugin.config.safeParse({ path: 'a.csv', ...table, ...wrong });
    expect(JSON.stringify(result.error?.issues)).toContain(why.replaceAll('"', '\\"'));
  });
});
