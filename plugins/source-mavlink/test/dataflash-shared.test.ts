import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { TestHosts } from '@quantstream/engine/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { sharedData } from '../../../test/shared.js';
import { RecordParser } from '../src/dataflash/record-parser.js';
import { readAll } from './helpers.js';

const { path: folder, present } = sharedData('uav', 'dataflash');
const name = present ? 'recorded on-board logs' : `recorded on-board logs (skipped: ${folder} is absent)`;

interface Read {
  count: number;
  columns: Record<string, number>;
}
/** What pymavlink reads in them, as `scripts/expected-dataflash.py` writes it. */
const expected: Record<string, Record<string, Read>> = JSON.parse(
  readFileSync(join(import.meta.dirname, 'dataflash-expected.json'), 'utf8'),
);

/** The same of our own reader. */
function readTypes(bytes: Buffer): { types: Record<string, Read>; garbage: number } {
  const parser = new RecordParser();
  const types: Record<string, Read> = {};
  let garbage = 0;
  const take = () => {
    while (parser.next()) {
      const format = parser.formats[parser.type];
      if (!format) continue;
      types[format.name] ??= { count: 0, columns: {} };
      const found = types[format.name]!;
      const place = found.count++;
      for (const column of format.names) {
        const character = format.character(column);
        if (character === 'a') continue;
        const value = 'nNZ'.includes(character)
          ? format.text(column)(parser.view, parser.fields).length
          : format.number(column)(parser.view, parser.fields);
        found.columns[column] = (found.columns[column] ?? 0) + (Number.isFinite(value) ? value * ((place % 97) + 1) : 0);
      }
    }
    garbage += parser.takeLosses().garbage;
  };
  for (let at = 0; at < bytes.length; at += 4_099) {
    parser.push(bytes.subarray(at, at + 4_099));
    take();
  }
  parser.finish();
  take();
  return { types, garbage };
}

describe.skipIf(!present)(name, () => {
  const hosts = new TestHosts();
  afterAll(() => hosts.dispose());
  const logs = Object.keys(expected);
  const read = (log: string) => readAll(hosts, { connect: `file:${join(folder, log)}` });

  it.each(logs)('%s: as many records of each type as pymavlink finds, and the same values in every column', (log) => {
    const { types, garbage } = readTypes(gunzipSync(readFileSync(join(folder, log))));
    const { FMT: _, ...rest } = expected[log]!;
    expect(garbage).toBe(0);
    expect(Object.keys(types).sort()).toEqual(Object.keys(rest).sort());
    for (const [type, { count, columns }] of Object.entries(rest)) {
      expect(types[type]!.count, type).toBe(count);
      for (const [column, value] of Object.entries(columns)) {
        const own = types[type]!.columns[column]!;
        expect(Math.abs(own - value), `${type}.${column}: ${own}, expected ${value}`).toBeLessThanOrEqual(
          1e-9 * Math.abs(value) + 1e-9,
        );
      }
    }
  });

  it.each([
    ['quadx_m1.bin.gz', 'vehicle-1', '2022-01-29T09:53:04.555Z', 26],
    ['beastayyg_log_0036_mechanical_failure.bin.gz', 'vehicle-1', '2016-12-23T14:15:21.481Z', 150],
    ['brunoolivieri_00061-2021-11-21_18-03-38.bin.gz', 'vehicle-20', '2021-11-21T21:23:01.334Z', 31],
    ['erle_pxf__copter__18-03-2014__althold_error.BIN.gz', 'vehicle-1', '2000-01-01T00:00:50.971Z', 58],
  ])('%s is one flight of %s from %s on, in order of event time', async (log, key, start, seconds) => {
    const { observations, batches } = await read(log);
    const times = observations.map(({ time }) => time);
    expect(new Set(observations.map((one) => one.key))).toEqual(new Set([key]));
    expect(new Date(times[0]!).toISOString()).toBe(start);
    expect(times.every((time, i) => i === 0 || time >= times[i - 1]!)).toBe(true);
    expect(Math.round((times.at(-1)! - times[0]!) / 1_000)).toBeCloseTo(seconds, -1);
    expect(batches.flatMap(({ missing }) => missing ?? [])).toEqual([]);
  });

  it('says when a vehicle was armed and off the ground, as its events do', async () => {
    const { observations } = await read('beastayyg_log_0036_mechanical_failure.bin.gz');
    const boot = observations.find(({ type }) => type === 'attitude')!;
    const since = boot.time - boot.values.time_boot_ms!;
    const first = (type: string, field: string, value: number) =>
      Math.round(observations.find((one) => one.type === type && one.values[field] === value)!.time - since);
    expect(first('heartbeat', 'base_mode', 129)).toBe(224_602);
    expect(first('extended_sys_state', 'landed_state', 2)).toBe(228_076);
    expect(first('extended_sys_state', 'landed_state', 1)).toBe(375_270);
    expect(first('heartbeat', 'custom_mode', 2)).toBe(310_055);
    expect(observations.findLast(({ type }) => type === 'heartbeat')!.values.base_mode).toBe(1);
  });

  it('says errors in words, and no setting that names a motor', async () => {
    const { observations } = await read('quadx_m1.bin.gz');
    const texts = observations.flatMap(({ text }) => (text?.text ? [text.text] : []));
    expect(texts).toContain('thrust loss check: thrust lost');
    expect(texts).toContain('primary EKF changed: 1');
    const settings = new Set(observations.filter(({ type }) => type === 'setting').flatMap(({ values }) => Object.keys(values)));
    expect(settings.has('fence_radius')).toBe(true);
    expect([...settings].filter((one) => !/^(?:fence|batt|rtl)/.test(one))).toEqual([]);
  });
});
