import { spawn, spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { sharedData } from '../../../test/shared.js';
import { STAMP } from '../src/recorded/tlog.js';
import { type Decoder, makeDecoder, snakeCase } from '../src/wire/decoder.js';
import { byName } from '../src/wire/dialects.js';
import { FrameParser } from '../src/wire/frames.js';
import { PayloadReader } from '../src/wire/payload.js';

type Raw = number | string | null | (number | null)[];
/** Message, frame in hexadecimal, fields as pymavlink has them. */
type Reference = readonly [string, string, Readonly<Record<string, Raw>>];

const script = resolve(import.meta.dirname, '../scripts/reference.py');
const python = process.env.QUANTSTREAM_PYTHON ?? '';
// Where a Python is named, it must have pymavlink: a check that was asked for is not skipped.
const installed = python !== '';
const { path: folder, present } = sharedData('uav');
const logsIn = (path: string) =>
  readdirSync(path)
    .filter((name) => name.endsWith('.tlog.gz'))
    .sort()
    .map((name) => join(path, name));

const decoders = new Map<string, Decoder>();
function decoderOf(name: string): Decoder | undefined {
  const known = decoders.get(name);
  if (known) return known;
  const definition = byName.get(name);
  if (!definition) return undefined;
  const decoder = makeDecoder(definition);
  decoders.set(name, decoder);
  return decoder;
}

const reader = new PayloadReader();

/** What we make of a frame, and what that should be by the fields that pymavlink has read. */
function readings([name, hex, fields]: Reference) {
  const parser = new FrameParser(0);
  parser.push(Buffer.from(hex, 'hex'));
  parser.finish();
  expect(parser.next(), `${name} is found: ${hex}`).toBe(true);
  const decoder = decoderOf(name)!;
  expect(parser.id, name).toBe(decoder.definition.MSG_ID);
  const ours: Record<string, number | string> = { ...reader.numbers(parser, decoder), ...reader.texts(parser, decoder) };
  const theirs: Record<string, number | string> = {};
  const raw = new Map(Object.entries(fields).map(([field, value]) => [snakeCase(field), value]));
  for (const { name: field, element, scale, invalid, extension } of decoder.numbers) {
    const whole = raw.get(element < 0 ? field : field.replace(/_\d+$/, ''));
    const value = element < 0 ? whole : (whole as (number | null)[] | undefined)?.[element];
    // null: not finite. MAVLink 1 has no extension fields, where pymavlink shows zeros.
    if (whole === undefined) {
      // Of a younger definition than pymavlink's.
      delete ours[field];
      continue;
    }
    if (value === undefined || value === null || invalid.includes(value as number) || (extension && parser.version === 1))
      continue;
    theirs[field] = ((value as number) * scale.multiply) / scale.divide;
  }
  for (const { name: field } of decoder.texts) theirs[field] = raw.get(field) as string;
  return { ours, theirs };
}

/** 64-bit numbers beyond 2⁵³ and scaled ones may differ in the last place. */
function difference({ ours, theirs }: ReturnType<typeof readings>): string[] {
  const names = new Set([...Object.keys(ours), ...Object.keys(theirs)]);
  return [...names].filter((name) => {
    const [a, b] = [ours[name], theirs[name]];
    if (typeof a !== 'number' || typeof b !== 'number') return a !== b;
    return Math.abs(a - b) > 1e-12 * Math.max(Math.abs(a), Math.abs(b));
  });
}

describe('frames that pymavlink has made', () => {
  const references = readFileSync(join(import.meta.dirname, 'fixtures', 'pymavlink.jsonl'), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Reference);

  it('are of every message that is emitted unless told otherwise, in both versions, and more', () => {
    const names = new Set(references.map(([name]) => name));
    expect(names.size).toBeGreaterThan(50);
    for (const name of [
      'SYS_STATUS',
      'GPS_RAW_INT',
      'AIRSPEED',
      'EKF_STATUS_REPORT',
      'ESC_TELEMETRY_5_TO_8',
      'BATTERY_STATUS',
      'STATUSTEXT',
    ])
      expect(names).toContain(name);
    expect(new Set(references.map(([, hex]) => hex.slice(0, 2)))).toEqual(new Set(['fd', 'fe']));
  });

  it('are read field by field as pymavlink reads them', () => {
    for (const reference of references) {
      const both = readings(reference);
      expect(difference(both), `${reference[0]} ${reference[1]} ${JSON.stringify(both)}`).toEqual([]);
    }
  });
});

const real = `recorded flights of real vehicles${present ? '' : ` (skipped: ${folder} is absent)`}`;
describe.skipIf(!present)(real, () => {
  /** What `reference.py counts` says of them (pymavlink 2.4.50). */
  const COUNTS: Readonly<Record<string, { frames: number; unknown: number; resets: number; garbage: number }>> = {
    'brunoolivieri_2021-12-08-14-59-44.tlog.gz': { frames: 18_951, unknown: 0, resets: 0, garbage: 0 },
    // Three power cycles: zeros up to the next 4 KiB.
    'brunoolivieri_20211202-132613.tlog.gz': { frames: 27_520, unknown: 0, resets: 2, garbage: 4_731 },
    'brunoolivieri_20211202-132614.tlog.gz': { frames: 12_023, unknown: 0, resets: 0, garbage: 0 },
    'codelever_2013-10-13_16-58-51.tlog.gz': { frames: 16_187, unknown: 0, resets: 0, garbage: 0 },
  };

  it('have as many frames, and none with a wrong checksum, as pymavlink finds', () => {
    for (const path of logsIn(folder)) {
      const name = path.slice(folder.length + 1);
      const parser = new FrameParser(STAMP);
      parser.push(gunzipSync(readFileSync(path)));
      let frames = 0;
      while (parser.next()) frames++;
      parser.finish();
      while (parser.next()) frames++;
      const { garbage, badChecksum, unsupported, unknown } = parser.takeLosses();
      const unknowns = [...unknown.values()].reduce((sum, count) => sum + count, 0);
      expect({ frames, unknown: unknowns, garbage, badChecksum, unsupported }, name).toEqual({
        frames: COUNTS[name]!.frames,
        unknown: COUNTS[name]!.unknown,
        garbage: COUNTS[name]!.garbage,
        badChecksum: 0,
        unsupported: 0,
      });
    }
  });

  it.skipIf(!installed)(
    `are counted so by pymavlink itself${installed ? '' : ' (skipped: QUANTSTREAM_PYTHON names no Python with pymavlink)'}`,
    () => {
      const { stdout } = spawnSync(python, [script, 'counts', ...logsIn(folder)], { encoding: 'utf8' });
      const counted = stdout
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line));
      expect(counted).toHaveLength(Object.keys(COUNTS).length);
      for (const { log, frames, unknown, resets } of counted) {
        const { garbage: _bytes, ...expected } = COUNTS[log]!;
        expect({ frames, unknown, resets }, log).toEqual(expected);
      }
    },
    120_000,
  );
});

/** With QUANTSTREAM_THOROUGH=1 every frame of every flight, which takes minutes; else some of flights that have all types and both versions. */
const THOROUGH = process.env.QUANTSTREAM_THOROUGH === '1';
const SOME = /nom01|nom08|nom09|plane_a|fence_a/;

const why = !present
  ? ` (skipped: ${folder} is absent)`
  : installed
    ? ''
    : ' (skipped: QUANTSTREAM_PYTHON names no Python with pymavlink)';
describe.skipIf(!present || !installed)(`every message of the recorded flights${why}`, () => {
  it('is read field by field as pymavlink reads it', async () => {
    const flights = logsIn(join(folder, 'sitl')).filter((path) => THOROUGH || SOME.test(path));
    const child = spawn(python, [script, 'decode', '--every', THOROUGH ? '1' : '5', ...logsIn(folder), ...flights]);
    const types = new Set<string>();
    let frames = 0;
    const wrong: string[] = [];
    for await (const line of createInterface({ input: child.stdout })) {
      const reference = JSON.parse(line) as Reference;
      if (!decoderOf(reference[0])) continue;
      const both = readings(reference);
      const different = difference(both);
      if (different.length > 0 && wrong.length < 10) wrong.push(`${reference[0]} ${reference[1]}: ${different.join(', ')}`);
      types.add(reference[0]);
      frames++;
    }
    expect(wrong).toEqual([]);
    expect(frames).toBeGreaterThan(THOROUGH ? 1_000_000 : 50_000);
    expect(types.size).toBeGreaterThan(40);
  }, 600_000);
});
