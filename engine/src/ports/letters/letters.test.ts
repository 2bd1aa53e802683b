import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { FileDeadLetters } from '../../adapters/file-dead-letters.js';
import type { Found } from '../dead-letters.js';
import { decoded, encoded } from './encoded.js';
import { bufferOf, bytesOf, LETTER_LAYOUT, type Letter, letterFrom, type RawRecord, type Sender } from './letter.js';
import { entryOf } from './read.js';

const SENDER: Sender = { pipeline: 'p', part: 'db', engine: '1.2.3', plugin: { name: 'choosy', version: '4.5.6' } };
const directory = mkdtempSync(join(tmpdir(), 'quantstream-letters-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

async function all(letters: FileDeadLetters): Promise<Found[]> {
  const found: Found[] = [];
  for await (const one of letters.read()) found.push(one);
  return found;
}
const letterOf = (sequence: number) =>
  letterFrom(SENDER, { kind: 'observation', reason: 'no', record: { key: 'a', sequence } }, 1_700_000_000_000);

describe('a dead letter', () => {
  it('gives its record back, whatever numbers and texts are in it', () => {
    const record = fc.dictionary(
      fc.string(),
      fc.oneof(
        fc.double({ noNaN: false }),
        fc.string(),
        fc.constantFrom('NaN', 'Infinity', { number: 'one' }),
        fc.array(fc.double()),
      ),
    );
    fc.assert(
      fc.property(record, (value) => {
        const back = decoded(JSON.parse(JSON.stringify(encoded(value))));
        // JSON has one zero.
        expect(JSON.stringify(encoded(back))).toBe(JSON.stringify(encoded(value)));
        for (const [name, one] of Object.entries(value))
          if (typeof one === 'number' && one !== 0) expect((back as Record<string, unknown>)[name]).toBe(one);
      }),
    );
  });

  it('gives its bytes back bit for bit, readable where they are text', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.uint8Array(),
          fc.string({ unit: 'binary' }).map((text) => Buffer.from(text)),
        ),
        (bytes) => {
          expect(bufferOf(JSON.parse(JSON.stringify(bytesOf(bytes))))!.equals(bytes)).toBe(true);
        },
      ),
    );
    expect(bytesOf(Buffer.from('日本 {"a":1}'))).toEqual({ text: '日本 {"a":1}' });
    expect(bytesOf(Buffer.from('\ufeffx'))).toEqual({ text: '\ufeffx' });
    expect(bytesOf(Buffer.from([0xff, 0]))).toEqual({ base64: '/wA=' });
    expect(bufferOf(bytesOf(null))).toBeNull();
  });

  it('says who refused it, by version, and where; its id says neither when nor why', () => {
    const given = { kind: 'verdict', reason: 'one', place: { table: 'rows' }, record: { key: 'a', score: Number.NaN } };
    const letter = letterFrom(SENDER, given, 0);
    expect(letter).toEqual({
      layout: LETTER_LAYOUT,
      id: letter.id,
      at: '1970-01-01T00:00:00.000Z',
      pipeline: 'p',
      part: 'db',
      engine: '1.2.3',
      plugin: { name: 'choosy', version: '4.5.6' },
      kind: 'verdict',
      code: 'refused',
      reason: 'one',
      place: { sink: 'db', table: 'rows', key: 'a' },
      record: { key: 'a', score: { number: 'NaN' } },
    });
    expect(letterFrom({ ...SENDER, engine: '2' }, { ...given, reason: 'two' }, 5).id).toBe(letter.id);
    expect(letterFrom(SENDER, { ...given, record: { key: 'a', score: 1 } }, 0).id).not.toBe(letter.id);
  });

  it('is read as earlier versions wrote it', () => {
    const old = { at: '2025-01-01T00:00:00.000Z', pipeline: 'p', kind: 'observation', reason: 'table readings: too large' };
    const record = { key: 'a', values: { x: 'NaN' }, text: { word: 'NaN' } };
    const letter = entryOf({ ...old, part: 'db', record }) as Letter;
    expect(letter).toMatchObject({ layout: 1, code: 'refused', place: { sink: 'db', table: 'readings', key: 'a' } });
    expect(decoded(letter.record, true)).toEqual({ key: 'a', values: { x: Number.NaN }, text: { word: 'NaN' } });
    const raw = {
      code: 'foreign_record',
      topic: 't',
      partition: 3,
      offset: 9,
      time: 5,
      key: null,
      value: '/wA=',
      headers: { h: 'aGk=' },
    };
    const foreign = entryOf({ ...old, part: 'channel', kind: 'record', record: raw }) as Letter;
    expect(foreign).toMatchObject({ layout: 1, code: 'foreign_record', place: { topic: 't', partition: 3, offset: 9 } });
    expect(foreign.record).toEqual({
      key: null,
      value: { base64: '/wA=' },
      headers: { h: { text: 'hi' } },
      time: 5,
    } as RawRecord);
    expect(foreign.engine).toBeUndefined();
  });
});

describe('letters in a file', () => {
  it('are not spoilt by one that a crash cut off, which is told with its place', async () => {
    const path = join(directory, 'torn', 'letters.jsonl');
    const before = new FileDeadLetters(path);
    await before.put(letterOf(1));
    await before.close();
    appendFileSync(path, '{"layout":2,"id":"ab');
    const after = new FileDeadLetters(path);
    await after.put(letterOf(2));
    await after.put({ layout: LETTER_LAYOUT, mark: letterOf(1).id, at: new Date(0).toISOString(), outcome: 'replayed' });
    expect(await all(after)).toEqual([
      { where: `${path}:1`, entry: letterOf(1) },
      { where: `${path}:2`, why: 'it is not JSON' },
      { where: `${path}:3`, entry: letterOf(2) },
      { where: `${path}:4`, entry: expect.objectContaining({ mark: letterOf(1).id }) },
    ]);
    await after.close();
    expect(readFileSync(path, 'utf8').endsWith('\n')).toBe(true);
  });

  it.each([
    ['a later layout', { ...letterOf(1), layout: LETTER_LAYOUT + 1 }, /layout 3 of a later version/],
    ['no letter', { layout: LETTER_LAYOUT }, /no letter/],
    ['no moment', { ...letterOf(1), at: 'soon' }, /no letter/],
    ['a number', 5, /no letter/],
    ['nothing of layout 1', { at: 'x' }, /no letter/],
  ])('say why one is not read: %s', async (_, what, why) => {
    const path = join(directory, 'odd.jsonl');
    writeFileSync(path, `${JSON.stringify(what)}\n\n${JSON.stringify(letterOf(2))}\n`);
    expect(await all(new FileDeadLetters(path))).toEqual([
      { where: `${path}:1`, why: expect.stringMatching(why) },
      { where: `${path}:3`, entry: letterOf(2) },
    ]);
  });

  it('that cannot be written are an error, and the next one is tried anew', async () => {
    const folder = join(directory, 'blocked');
    writeFileSync(folder, '');
    const letters = new FileDeadLetters(join(folder, 'letters.jsonl'));
    await expect(letters.put(letterOf(1))).rejects.toThrow();
    rmSync(folder);
    await letters.put(letterOf(1));
    expect(await all(letters)).toHaveLength(1);
    await letters.close();
  });
});
