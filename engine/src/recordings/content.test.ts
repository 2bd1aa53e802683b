import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync, gzipSync } from 'node:zlib';
import { afterAll, describe, expect, it } from 'vitest';
import { type ContentSettings, isPacked, openContent } from './content.js';

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

  it('is that of the first file in an archive that has one of the endings, or of the first of all', async () => {
    expect((await read(zip)).text).toBe('hello');
    expect((await read(zip, 2, { ...BY, endings: ['.jsonl', '.csv'] })).text.length).toBe(TEXT.length - 2);
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
