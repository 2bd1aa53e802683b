import { execFileSync } from 'node:child_process';
import { mkdtempSync, promises, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { type ContentSettings, filesInZip, isPacked, openContent } from './content.js';

const directory = mkdtempSync(join(tmpdir(), 'quantstream-content-'));
afterAll(() => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }));

const BY = { plugin: 'tide' };

function put(name: string, content: string | Buffer): string {
  const path = join(directory, name);
  writeFileSync(path, content);
  return path;
}

/** A zip archive of texts, each deflated or stored, with its directory. */
function zipOf(entries: readonly (readonly [name: string, text: string, stored?: boolean])[]): Buffer {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let offset = 0;
  for (const [name, text, stored] of entries) {
    const content = Buffer.from(text);
    const data = stored ? content : deflateRawSync(content);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(stored ? 0 : 8, 4);
    common.writeUInt32LE(checksum(content), 10);
    common.writeUInt32LE(data.length, 14);
    common.writeUInt32LE(content.length, 18);
    common.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([Buffer.from('PK\x03\x04'), common, Buffer.from(name), data]);
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(offset, 10);
    centrals.push(Buffer.concat([Buffer.from('PK\x01\x02\x14\x00'), common, rest, Buffer.from(name)]));
    locals.push(local);
    offset += local.length;
  }
  const central = Buffer.concat(centrals);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 0, 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...locals, central, end]);
}

function checksum(bytes: Buffer): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let i = 0; i < 8; i++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return (crc ^ 0xffffffff) >>> 0;
}

async function read(path: string, offset = 0, settings: ContentSettings = BY) {
  const content = await openContent(path, offset, settings);
  const pieces: Buffer[] = [];
  for (let piece = await content.read(); piece; piece = await content.read()) pieces.push(piece);
  const { consumed, size, truncated } = content;
  await content.close();
  await content.close();
  return { text: Buffer.concat(pieces).toString(), pieces, consumed, size, truncated };
}

/** 400 kB that do not pack well, so that there are several pieces. */
const TEXT = Array.from({ length: 40_000 }, (_, i) => ((i * 7_919 * 104_729) % 1e9).toString(36).padStart(9, '0')).join('\n');

describe('the content of a file', () => {
  const plain = put('plain.gz', TEXT);
  const gzip = put('gzip.csv', gzipSync(TEXT));
  const zip = put(
    'zip.txt',
    zipOf([
      ['note.md', 'hello'],
      ['a.csv', TEXT],
    ]),
  );
  const stored = put('stored', zipOf([['a.csv', TEXT, true]]));
  const settings = { ...BY, endings: ['.csv'] };

  it('is unpacked as its first bytes say, whatever its name', async () => {
    for (const path of [plain, gzip, zip, stored]) {
      const { text, truncated } = await read(path, 0, settings);
      expect(text === TEXT, path).toBe(true);
      expect(truncated).toBeUndefined();
      expect(await isPacked(path)).toBe(path !== plain);
    }
  });

  it('begins at any offset of what is decoded, and is empty behind its end', async () => {
    for (const path of [plain, gzip, zip, stored])
      for (const offset of [1, 65_536, 131_072, 300_001, TEXT.length - 1, TEXT.length, TEXT.length + 9])
        expect((await read(path, offset, settings)).text === TEXT.slice(offset), `${path} at ${offset}`).toBe(true);
  });

  it('says how much of the file was read', async () => {
    for (const path of [plain, gzip]) {
      const { consumed, size } = await read(path);
      expect(consumed).toBe(size);
    }
  });

  it('is that of the only data file of an archive, or of the one that is named', async () => {
    expect((await read(zip, 2, { ...BY, endings: ['.jsonl', '.csv'] })).text.length).toBe(TEXT.length - 2);
    await expect(read(zip)).rejects.toThrow(/it holds 2 files, a\.csv, note\.md: unpack it$/);
    const { entries, others } = (await filesInZip(zip, settings))!;
    expect([entries.map(({ name }) => name), others]).toEqual([['a.csv'], ['note.md']]);
    const content = await openContent({ path: zip, entry: (await filesInZip(zip, BY))!.entries[1]! }, 1, BY);
    expect(String(await content.read())).toBe('ello');
    await content.close();
    expect(await filesInZip(plain, BY)).toBeUndefined();
  });

  it('that was cut off gives all that was decoded before, and says why it ended', async () => {
    const packed = gzipSync(TEXT);
    const archive = zipOf([['a.csv', TEXT]]);
    for (const [name, bytes] of [
      ['gzip', packed],
      ['zip', archive],
    ] as const) {
      let least = 0;
      for (const share of [0.2, 0.5, 0.9]) {
        const { text, truncated } = await read(put(name, bytes.subarray(0, bytes.length * share)), 0, settings);
        expect(truncated, name).toBe('unexpected end of file');
        expect(TEXT.startsWith(text), name).toBe(true);
        // Deflate decodes in blocks, so that a little before the fault may be lost.
        expect(text.length, name).toBeGreaterThan(TEXT.length * share * 0.9 - 70_000);
        expect(text.length, name).toBeGreaterThan(least);
        least = text.length;
      }
    }
  });

  it('that is damaged in the middle gives what came before', async () => {
    const bytes = gzipSync(TEXT);
    bytes.fill(0xff, bytes.length >> 1, (bytes.length >> 1) + 50);
    const { text, truncated } = await read(put('damaged', bytes));
    expect(truncated).toMatch(/invalid|incorrect/);
    expect(text.length).toBeGreaterThan(100_000);
    expect(TEXT.startsWith(text.slice(0, 100_000))).toBe(true);
  });

  it('may begin with the letters of an archive without being one, or be empty', async () => {
    expect((await read(put('keys.csv', 'PK,value\n1,2\n'))).text).toBe('PK,value\n1,2\n');
    expect((await read(put('short', 'P'))).text).toBe('P');
    expect(await read(put('empty', ''))).toMatchObject({ text: '', truncated: undefined, consumed: 0, size: 0 });
  });

  it('of an archive that unpacks to a thousand times as much comes in bounded pieces', async () => {
    const { pieces, text } = await read(put('zeros', gzipSync(Buffer.alloc(80_000_000))), 79_000_000);
    expect(text.length).toBe(1_000_000);
    expect(Math.max(...pieces.map((piece) => piece.length))).toBeLessThanOrEqual(131_072);
  });

  it('of an archive of any files is every one of them, in natural order, side files left out, and a broken one is named', async () => {
    const name = fc.constantFrom(
      'a-2.csv',
      'a-10.csv',
      'b/c.csv',
      'B.CSV',
      '__MACOSX/._a-2.csv',
      'b/.DS_Store',
      'Thumbs.db',
      'README',
    );
    const files = fc.uniqueArray(fc.tuple(name, fc.string(), fc.boolean()), { selector: ([one]) => one, minLength: 1 });
    await fc.assert(
      fc.asyncProperty(files, async (given) => {
        const path = put('some.zip', zipOf(given));
        const expected = given.filter(([one]) => /csv$/i.test(one) && !one.startsWith('_'));
        if (expected.length === 0) return void (await expect(filesInZip(path, settings)).rejects.toThrow('it holds no .csv'));
        const { entries, others } = (await filesInZip(path, settings))!;
        const order = ['B.CSV', 'a-2.csv', 'a-10.csv', 'b/c.csv'];
        expect(entries.map(({ name }) => name)).toEqual(order.filter((one) => expected.some(([name]) => name === one)));
        expect(others).toEqual(given.some(([one]) => one === 'README') ? ['README'] : []);
        for (const entry of entries) {
          const content = await openContent({ path, entry }, 0, settings);
          const text = String((await content.read()) ?? '');
          expect([await content.read(), content.truncated, text]).toEqual([
            undefined,
            undefined,
            given.find(([one]) => one === entry.name)![1],
          ]);
          await content.close();
        }
      }),
      { seed: 5, numRuns: 40 },
    );
    const bytes = zipOf([
      ['a.csv', TEXT, true],
      ['b.csv', TEXT],
    ]);
    bytes[TEXT.length + 100_000]! ^= 1;
    const damaged = put('damaged.zip', bytes);
    const { entries } = (await filesInZip(damaged, settings))!;
    const content = await openContent({ path: damaged, entry: entries[1]! }, 0, settings);
    while (await content.read());
    expect(content.truncated).toMatch(/checksum|invalid|bytes where/);
    await content.close();
    const encrypted = zipOf([['a.csv', 'x']]);
    for (const at of [6, encrypted.indexOf('PK\x01\x02') + 8]) encrypted[at] = 1;
    await expect(read(put('secret.zip', encrypted))).rejects.toThrow('a.csv: it is encrypted');
    const cut = zipOf([
      ['a.csv', TEXT],
      ['b.csv', TEXT],
    ]).subarray(0, -200);
    expect((await read(put('cut.zip', cut))).truncated).toMatch(/what the archive held behind a\.csv is lost$/);
  });

  it('in which reading goes on is the one that was begun, however much was added', async () => {
    const seen = fc.tuple(fc.nat(TEXT.length), fc.nat(TEXT.length), fc.constantFrom('plain', 'gzip'));
    await fc.assert(
      fc.asyncProperty(seen, async ([at, spoilt, kind]) => {
        const pack = kind === 'gzip' ? (text: string) => gzipSync(text, { level: 1 }) : (text: string) => Buffer.from(text);
        const first = await openContent(put('growing', pack(TEXT)), 0, BY);
        let got = 0;
        for (let piece = await first.read(); piece; piece = got < at ? await first.read() : undefined) got += piece.length;
        const print = first.print(at);
        await first.close();
        const longer = await openContent(put('growing', pack(`${TEXT}more`)), at, BY, print);
        expect(longer.print(at)).toEqual(print);
        const rest: Buffer[] = [];
        for (let piece = await longer.read(); piece; piece = await longer.read()) rest.push(piece);
        expect(Buffer.concat(rest).toString() === `${TEXT}more`.slice(at)).toBe(true);
        await longer.close();
        const refused = (text: string) =>
          expect(openContent(put('growing', pack(text)), at, BY, print)).rejects.toThrow(
            /growing .*was cut or replaced\. Put it back/,
          );
        if (at > 0) await refused(TEXT.slice(0, at - 1));
        const place = spoilt % 2 === 0 ? Math.min(spoilt % 1_024, at - 1) : at - 1 - (spoilt % 256);
        if (at > 0 && place >= 0) await refused(`${TEXT.slice(0, place)}#${TEXT.slice(place + 1)}`);
      }),
      { seed: 6, numRuns: 25 },
    );
  });

  it('that comes through a pipe is read once, packed or not, and waiting for it can be ended', async () => {
    const path = join(directory, 'pipe');
    execFileSync('mkfifo', [path]);
    for (const bytes of [Buffer.from(TEXT), gzipSync(TEXT)]) {
      const [found] = await Promise.all([read(path), promises.writeFile(path, bytes)]);
      expect(found.text === TEXT).toBe(true);
    }
    const abort = new AbortController();
    const waiting = read(path, 0, { ...BY, signal: abort.signal });
    abort.abort();
    expect(await waiting).toMatchObject({ text: '', truncated: undefined });
    await expect(Promise.all([read(path), promises.writeFile(path, zipOf([['a.csv', 'x']]))])).rejects.toThrow(
      'it must be a file',
    );
  });

  it('that cannot be had is refused in the words of the plugin', async () => {
    const failing = (path: string, settings: ContentSettings = BY) => expect(openContent(path, 0, settings)).rejects;
    await failing(join(directory, 'absent')).toMatchObject({
      code: 'QS_SOURCE_FAILED',
      message: expect.stringMatching(/^tide: cannot open .*absent: ENOENT/),
    });
    await failing(join(directory, 'absent'), { ...BY, noun: 'log' }).toThrow(/^tide: cannot read the log .*absent: ENOENT/);
    await failing(directory, { ...BY, noun: 'log' }).toThrow('it is a folder; name one log in it');
    await failing(zip, { ...BY, endings: ['.jsonl'] }).toThrow(/cannot read the archive .*: it holds no \.jsonl$/);
    await failing(put('rest', zipOf([])), { ...BY, endings: ['.a', '.b', '.c'] }).toThrow('it holds no .a, .b or .c');
    await failing(put('stored-cut', zipOf([['a.csv', TEXT, true]]).subarray(0, 9_000))).toThrow(/cannot read the archive/);
    await failing(put('odd', 'PK\x03\x04, but no archive at all, and long enough')).toThrow(/cannot read the archive/);
  });
});
