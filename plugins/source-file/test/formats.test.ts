import { execFileSync } from 'node:child_process';
import { promises } from 'node:fs';
import { join } from 'node:path';
import { deflateRawSync, gzipSync } from 'node:zlib';
import type { Observation } from '@quantstream/engine';
import { TestHosts } from '@quantstream/engine/testing';
import fc from 'fast-check';
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

const second = (i: number) => 1_700_000_000 + i;
const table = { time: 'ts', values: ['x'] };
const xs = ({ rows }: { rows: readonly { values: Readonly<Record<string, number>> }[] }) => rows.map(({ values }) => values.x);

describe('an array of JSON objects', () => {
  const value = fc.dictionary(
    fc.constantFrom('note', 'a', 'b'),
    fc.oneof(fc.string({ unit: fc.constantFrom(...'ab"\\{}[],é') }), fc.array(fc.nat())),
  );
  const space = fc.constantFrom('', ' ', '\n', '\r\n\t');

  it('is read an object at a time, however it is written, and from every place', async () => {
    const host = new TestHosts();
    await fc.assert(
      fc.asyncProperty(fc.array(value, { maxLength: 12 }), space, fc.constantFrom(undefined, 2), async (given, gap, indent) => {
        const rows = given.map((more, i) => JSON.stringify({ ...more, ts: second(i), x: i }, undefined, indent));
        const text = `${gap}[${gap}${rows.join(`${gap},${gap}`)}${gap}]${gap}`;
        put(host, 'a.json', text);
        const config = { path: 'a.json', ...table, text: ['note'], batch: 2 };
        const whole = await readFiles(host, config);
        expect(xs(whole)).toEqual([...given.keys()]);
        expect(whole.rows.map(({ text }) => text!.note ?? '')).toEqual(
          given.map(({ note = '' }) => (Array.isArray(note) ? JSON.stringify(note) : note)),
        );
        for (const [i, { cursor }] of whole.batches.entries())
          expect(xs(await readFiles(host, config, cursor))).toEqual(xs(whole).slice(2 * (i + 1)));
        expect(host.drops).toEqual([]);
      }),
      { seed: 1, numRuns: 60 },
    );
    host.dispose();
  });

  it('may be larger than a line may be, and packed', async () => {
    const rows = Array.from({ length: 30_000 }, (_, i) => ({ ts: second(i), x: i, note: 'n'.repeat(60) }));
    write('a.json', gzipSync(JSON.stringify(rows)));
    expect(xs(await read({ path: 'a.json', ...table }))).toEqual(rows.map(({ x }) => x));
  });

  it('costs what is no object by row, and says what stands behind it or where it breaks off', async () => {
    const row = (i: number) => `{"ts":${second(i)},"x":${i}}`;
    write('a.json', `[${row(1)}, 7, "],{", null, [${row(2)}], ${row(3)}, {"ts":"${row(4)}], ${row(5)}`);
    expect(xs(await read({ path: 'a.json', ...table }))).toEqual([1, 3]);
    expect(hosts.drops.map((drop) => drop.slice(0, 22))).toEqual([
      ...[2, 3, 4, 5].map((line) => `bad_line: a.json:${line}: no`),
      'bad_line: a.json:7: no',
      'broken_file: a.json:7:',
    ]);
    hosts.drops.length = 0;
    write('b.json', `[${row(1)}]\n${row(2)}\n`);
    expect(xs(await read({ path: 'b.json', ...table }))).toEqual([1]);
    expect(hosts.drops).toEqual([expect.stringMatching(/^bad_line: b\.json:2: it stands behind the end of the array/)]);
    hosts.drops.length = 0;
    write('c.json', `[${row(1)},${row(2)}`);
    expect(xs(await read({ path: 'c.json', ...table }))).toEqual([1, 2]);
    expect(hosts.drops).toEqual(['broken_file: c.json:3: nothing can be read from here on: the array has no end']);
  });
});

describe('words', () => {
  it('stand for the numbers that they are mapped to, any others and numbers are dropped and counted', async () => {
    write(
      'a.csv',
      `ts,side,x\n${['buy', 'sell', ' sell ', 'hold', '1', '', 'buy'].map((side, i) => `${second(i)},${side},${i}`).join('\n')}\n`,
    );
    const config = { path: 'a.csv', ...table, values: ['x', 'side'], words: { side: { buy: 0, sell: 1 } } };
    const { rows } = await read(config);
    expect(rows.map(({ values }) => [values.x, values.side])).toEqual([
      [0, 0],
      [1, 1],
      [2, 1],
      [6, 0],
    ]);
    expect(Object.fromEntries(hosts.dropped)).toEqual({ bad_value: 2, missing_value: 1 });
    expect(hosts.drops[0]).toBe('bad_value: a.csv:5: side is "hold"');
    write('b.jsonl', `{"ts":${second(0)},"up":true,"x":1}\n{"ts":${second(1)},"up":false,"x":2}\n`);
    const up = { ...config, path: 'b.jsonl', values: ['x', 'up'], words: { up: { true: 5 } } };
    expect((await read(up)).rows.map(({ values }) => values)).toEqual([{ x: 1, up: 5 }]);
    const parsed = plugin.config.safeParse({ ...config, words: { sides: { buy: 0 }, x: {} } });
    expect(parsed.error!.issues.map(({ message }) => message)).toEqual([
      '"sides" is none of the values x, side',
      'expected at least one word: { buy: 0, sell: 1 }',
    ]);
  });
});

describe('a csv', () => {
  it('may have a first column without a name, as pandas writes its index', async () => {
    write('a.csv', `,ts,x\n0,${second(0)},5\n1,${second(1)},6\n`);
    expect(xs(await read({ path: 'a.csv', ...table }))).toEqual([5, 6]);
  });

  it.each([
    ['US dates', (i: number) => `09/0${1 + i}/2024 10:00,1`, 'Month and day could be either way round'],
    ['names of zones', (i: number) => `2024-09-0${1 + i} 10:00 CEST,1`, 'Write the zone as Z or as an offset'],
    ['words', (i: number) => `Sep ${1 + i} 2024,1`, 'A time is written as 2024-09-01 13:45:00'],
    ['thousands', (i: number) => `${second(i)},"50,00${i}.5"`, 'without separators between thousands'],
    ['thousands with dots', (i: number) => `${second(i)},"5.000.00${i},5"`, 'without separators between thousands'],
    ['decimal commas', (i: number) => `${second(i)},"50,${i}"`, 'with a decimal point'],
    ['units', (i: number) => `${second(i)},${i} %`, 'without a unit'],
    ['words for numbers', (i: number) => `${second(i)},${i % 2 ? 'buy' : 'sell'}`, 'words: { side: { buy: 0, sell: 1 } }'],
    ['another delimiter', (i: number) => `${second(i)};${i}`, 'Look at format and csv.delimiter'],
  ])('of which no row can be read is refused before anything runs, with what would help: %s', async (_, line, help) => {
    write('a.csv', `ts,x\n${[0, 1, 2].map(line).join('\n')}\n`);
    const refused = expect(opening({ path: 'a.csv', ...table })).rejects;
    await refused.toMatchObject({ code: 'QS_PLAN_DECLARATION' });
    await refused.toThrow(/^file: none of the first 3 rows can be read: a\.csv:2: /);
    await refused.toThrow(help);
    // One row that can be read, and it is no longer the form of the file.
    write('a.csv', `ts,x\n${[0, 1, 2].map(line).join('\n')}\n${second(9)},9\n`);
    expect(xs(await read({ path: 'a.csv', ...table }))).toEqual([9]);
    expect(hosts.drops).toHaveLength(3);
  });

  it('whose rows only lack something, or are not asked for, is not refused', async () => {
    write('a.csv', `ts,x,host\n${[0, 1, 2, 3].map((i) => `${second(i)},,a`).join('\n')}\n`);
    expect((await read({ path: 'a.csv', ...table })).rows).toEqual([]);
    expect((await read({ path: 'a.csv', ...table, only: { host: 'b' } })).rows).toEqual([]);
  });
});

/** A zip archive of deflated texts, as a program writes it that cannot go back: without checksums in front. */
function zipOf(files: Readonly<Record<string, string>>): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, text] of Object.entries(files)) {
    const data = deflateRawSync(text);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(8, 4);
    common.writeUInt32LE(crcOf(Buffer.from(text)), 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(Buffer.byteLength(text), 18);
    common.writeUInt16LE(name.length, 22);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    directory.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00'), common, rest, Buffer.from(name)]));
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, Buffer.from(name), data]);
    parts.push(local);
    offset += local.length;
  }
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 0, 'latin1');
  end.writeUInt16LE(directory.length, 10);
  end.writeUInt32LE(Buffer.concat(directory).length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, ...directory, end]);
}

function crcOf(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let i = 0; i < 8; i++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

describe('an archive', () => {
  const csv = (...at: number[]) => `ts,x\n${at.map((i) => `${second(i)},${i}\n`).join('')}`;

  it('is a folder: its tables are merged by time, each by its name, what else there is left out', async () => {
    const files = {
      '__MACOSX/._b.csv': '\0\x01',
      'in/b.csv': csv(2, 4, 6),
      'a.csv': csv(1, 5),
      README: 'no table',
      'c.jsonl': `{"ts":${second(3)},"x":3}`,
    };
    write('all.zip', zipOf(files));
    write('d.csv', csv(7));
    const config = { path: ['*.zip', 'd.csv'], ...table, batch: 2 };
    const whole = await read(config);
    expect(xs(whole)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect([...new Set(whole.rows.map(({ key }) => key))]).toEqual([
      'all.zip/a.csv',
      'all.zip/in/b.csv',
      'all.zip/c.jsonl',
      'd.csv',
    ]);
    for (const [i, { cursor }] of whole.batches.entries())
      expect(xs(await read(config, cursor))).toEqual(xs(whole).slice(2 * (i + 1)));
    expect(xs(await read({ ...config, path: 'all.zip', order: 'sort' }))).toEqual([1, 2, 3, 4, 5, 6]);
    expect(hosts.drops).toEqual([]);
  });

  it('of which a file is broken says which, and reads the others', async () => {
    const bytes = zipOf({ 'a.csv': csv(1, 2), 'b.csv': csv(3), 'c.csv': csv(4) });
    // The middle of what b.csv is packed into.
    bytes[bytes.indexOf('b.csv') + 12]! ^= 0xff;
    write('all.zip', bytes);
    const { rows } = await read({ path: 'all.zip', ...table, order: 'name' });
    expect(rows.filter(({ key }) => key !== 'all.zip/b.csv').map(({ values }) => values.x)).toEqual([1, 2, 4]);
    expect(hosts.drops.at(-1)).toMatch(
      /^broken_file: all\.zip\/b\.csv:\d: nothing can be read from here on: .*(checksum|bytes where|invalid)/,
    );
  });

  it('without a table is refused', async () => {
    write('all.zip', zipOf({ 'a.parquet': 'PAR1', '.DS_Store': '' }));
    await expect(opening({ path: 'all.zip', ...table })).rejects.toThrow(/all\.zip: it holds no \.csv, .*or \.json$/);
  });
});

describe.skipIf(process.platform === 'win32')('a pipe', () => {
  const through = async (text: string | Buffer, config: object = {}) => {
    const path = join(hosts.directory, 'pipe');
    if (!pipes.has(path)) execFileSync('mkfifo', [path]);
    pipes.add(path);
    const [found] = await Promise.all([read({ path: 'pipe', ...table, ...config }), promises.writeFile(path, text)]);
    return found;
  };
  const pipes = new Set<string>();
  const csv = `ts,x\n${[0, 1, 2, 3, 4].map((i) => `${second(i)},${i}\n`).join('')}`;
  const rows = [0, 1, 2, 3, 4].map((i) => ({ ts: second(i), x: i }));

  it('is read to its end, in the format that its first bytes say, and cannot be resumed', async () => {
    const texts = [csv, gzipSync(csv), JSON.stringify(rows), rows.map((row) => JSON.stringify(row)).join('\n')];
    for (const text of texts) {
      const { batches, ...found } = await through(text, { batch: 2 });
      expect(xs(found)).toEqual([0, 1, 2, 3, 4]);
      expect(found.rows[0]!.key).toBe('pipe');
      expect(batches.map(({ cursor }) => cursor)).toEqual([null, null, null]);
    }
    const resumable = (path: string | string[]) =>
      plugin.resumable!(plugin.config.parse({ path, ...table }), hosts.source().resolvePath);
    write('a.csv', csv);
    expect([resumable('pipe'), resumable(['a.csv', '-']), resumable('a.csv'), resumable('*')]).toEqual([
      false,
      false,
      true,
      true,
    ]);
    // It is read only where it is named.
    expect(xs(await read({ path: '*', ...table }))).toEqual([0, 1, 2, 3, 4]);
  });

  it('in which a program says something else before its JSON lines is read as that; of what was taken for csv it is told', async () => {
    const lines = rows.map((row) => JSON.stringify(row)).join('\n');
    expect(xs(await through(`I1128 starting\n\n${lines}`))).toEqual([0, 1, 2, 3, 4]);
    await expect(through('I1128 starting\n')).rejects.toThrow(
      /has no column "ts" .*; it was taken for csv .*set format to jsonl$/,
    );
    await expect(through('I1128 starting\n', { format: 'csv' })).rejects.toThrow(/\(it has I1128 starting\)$/);
  });

  it('may be sorted; without that its order is checked', async () => {
    const newest = `ts,x\n${[4, 3, 2, 1].map((i) => `${second(i)},${i}\n`).join('')}`;
    expect(xs(await through(newest, { order: 'sort' }))).toEqual([1, 2, 3, 4]);
    await expect(through(newest)).rejects.toThrow(/pipe:5: .* the newest rows come first/);
    await expect(through('PAR1____')).rejects.toThrow('Parquet is read from a file of its own');
  });

  it('that stays open hands over each row as it comes, in any format', async () => {
    const lines = {
      csv: [`ts,x\n${second(0)},0\n`, `${second(1)},1\n`, `${second(2)},2\n`],
      jsonl: rows.slice(0, 3).map((row) => `${JSON.stringify(row)}\n`),
    };
    for (const [format, [first, ...others]] of Object.entries(lines)) {
      const path = join(hosts.directory, `open.${format}`);
      execFileSync('mkfifo', [path]);
      const source = await plugin.create(plugin.config.parse({ path: `open.${format}`, format, ...table }), hosts.source());
      const reading = source.read(null, new AbortController().signal)[Symbol.asyncIterator]();
      const come = reading.next();
      const writer = await promises.open(path, 'w');
      const found: Observation[] = [];
      const next = async (batch: typeof come) => found.push(...(await batch).value.observations);
      await writer.write(first!);
      // A lone line does not yet say what the columns are.
      await writer.write(others[0]!);
      await next(come);
      while (found.length < 2) await next(reading.next());
      await writer.write(others[1]!);
      await next(reading.next());
      expect(found.map(({ values }) => values.x)).toEqual([0, 1, 2]);
      await writer.close();
      expect((await reading.next()).done).toBe(true);
    }
  });

  it('nobody writes to is waited for until the engine stops', async () => {
    execFileSync('mkfifo', [join(hosts.directory, 'silent')]);
    const source = await plugin.create(plugin.config.parse({ path: 'silent', ...table }), hosts.source());
    const abort = new AbortController();
    const reading = (async () => {
      for await (const _ of source.read(null, abort.signal));
    })();
    hosts.abort.abort();
    abort.abort();
    await reading;
    expect(hosts.drops).toEqual([]);
  });
});
