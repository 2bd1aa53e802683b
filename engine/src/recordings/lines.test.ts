import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { type LinePlace, Lines, LONGEST_LINE } from './lines.js';

const directory = mkdtempSync(join(tmpdir(), 'quantstream-lines-'));
afterAll(() => rmSync(directory, { recursive: true, force: true, maxRetries: 5 }));

function put(content: string | Buffer): string {
  const path = join(directory, 'lines');
  writeFileSync(path, content);
  return path;
}

/** Every line, with its number and the places before and behind it. */
async function read(path: string, from?: LinePlace) {
  const faults: string[] = [];
  const report = (fault: string, line: number, problem: string) => void faults.push(`${line} ${fault}: ${problem}`);
  const lines = new Lines(path, { plugin: 'tide', report }, from);
  const found: { text: string; line: number; start: number; behind: LinePlace }[] = [];
  let widest = 0;
  while (await lines.fill()) {
    widest = Math.max(widest, lines.window.length);
    for (let text = lines.next(); text !== undefined; text = lines.next())
      found.push({ text, line: lines.recordLine, start: lines.recordOffset, behind: { offset: lines.offset, line: lines.line } });
  }
  expect(await lines.fill()).toBe(false);
  const { offset } = lines;
  await lines.close();
  return { found, texts: found.map(({ text }) => text), faults, offset, widest };
}

describe('lines', () => {
  it('are those of the text, however long it is and however they end, and can be read on from behind each', async () => {
    const line = fc.oneof(
      fc.string({ unit: fc.constantFrom('a', ',', 'é', '日'), maxLength: 9 }),
      fc.constant('x'.repeat(50_000)),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { maxLength: 12 }),
        fc.constantFrom('\n', '\r\n'),
        fc.boolean(),
        async (given, end, ended) => {
          const path = put(given.join(end) + (ended && given.length > 0 ? end : ''));
          // What is behind the last end of line is a line only if it holds something.
          const expected = ended || given.at(-1) !== '' ? given : given.slice(0, -1);
          const { found, texts } = await read(path);
          expect(texts).toEqual(expected);
          for (const [i, { line, behind }] of found.entries()) {
            expect(line).toBe(i + 1);
            if (i % 3 === 0) expect((await read(path, behind)).texts).toEqual(expected.slice(i + 1));
          }
        },
      ),
      { seed: 1, numRuns: 60 },
    );
  });

  it('begin behind a byte order mark, of which places know', async () => {
    const { found } = await read(put('\uFEFFa\nb\n'));
    expect(found).toEqual([
      { text: 'a', line: 1, start: 3, behind: { offset: 5, line: 2 } },
      { text: 'b', line: 2, start: 5, behind: { offset: 7, line: 3 } },
    ]);
    // Elsewhere it is a character.
    expect((await read(put('a\n\uFEFFb\n'))).texts).toEqual(['a', '\uFEFFb']);
  });

  it('that are too long cost themselves only, in bounded memory', async () => {
    const path = put('first\n');
    const file = openSync(path, 'r+');
    // 40 MB without an end of line, of which the disk holds nothing.
    ftruncateSync(file, 40_000_000);
    writeSync(file, '\nlast\n', 40_000_000);
    closeSync(file);
    const { found, faults, widest } = await read(path);
    expect(found.map(({ text, line }) => [text, line])).toEqual([
      ['first', 1],
      ['last', 3],
    ]);
    expect(faults).toEqual([`2 too_long: line of more than ${LONGEST_LINE} bytes`]);
    expect(widest).toBeLessThanOrEqual(LONGEST_LINE + 131_072);
    const just = put(`${'x'.repeat(LONGEST_LINE)}\n${'y'.repeat(LONGEST_LINE + 1)}\nz`);
    expect((await read(just)).texts.map((text) => text.length)).toEqual([LONGEST_LINE, 1]);
  });

  it('of a file that was cut off are the whole ones, and the fragment is told and not read', async () => {
    const text = Array.from({ length: 30_000 }, (_, i) => `${i},${(i * 7_919) % 104_729}`).join('\n');
    const packed = gzipSync(text);
    const { texts, faults } = await read(put(packed.subarray(0, packed.length >> 1)));
    expect(texts.length).toBeGreaterThan(5_000);
    expect(texts).toEqual(text.split('\n').slice(0, texts.length));
    expect(faults).toHaveLength(1);
    expect(faults[0]).toMatch(/^\d+ truncated: the file ends early \(unexpected end of file\)/);
  });

  it('of an empty file are none', async () => {
    expect(await read(put(''))).toMatchObject({ texts: [], faults: [], offset: 0 });
    expect((await read(put('\n\n'))).texts).toEqual(['', '']);
  });
});
