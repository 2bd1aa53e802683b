import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { TestHosts } from '@quantstream/engine/testing';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { sharedData } from '../../../test/shared.js';
import { byName } from '../src/wire/dialects.js';
import { metric, readAll } from './helpers.js';

const { path: folder, present } = sharedData('uav');
const name = present ? 'recorded flights' : `recorded flights (skipped: ${folder} is absent)`;

describe.skipIf(!present)(name, () => {
  const hosts = new TestHosts();
  afterAll(() => hosts.dispose());
  beforeEach(() => {
    hosts.dropped.clear();
    hosts.metrics.clear();
  });
  const read = (path: string) =>
    readAll(hosts, {
      connect: `file:${join(folder, path)}`,
      messages: [...byName.keys()].filter((one) => one !== 'PARAM_VALUE'),
      batch: 65_536,
    });
  const frames = (outcome: string) => metric(hosts, 'mavlink_frames_total', { outcome });

  it.each([
    ['nom01_auto_square_calm', 45_287, 'vehicle-1'],
    ['nom08_signed_mavlink2', 40_579, 'vehicle-1'],
    ['nom09_mavlink1_link', 38_949, 'vehicle-7'],
    ['plane_a_airspeed', 50_938, 'vehicle-1'],
  ])('reads every frame of %s, in both directions, and loses nothing', async (flight, count, key) => {
    const labels = JSON.parse(readFileSync(join(folder, 'sitl', `${flight}.json`), 'utf8'));
    const { observations } = await read(`sitl/${flight}.tlog.gz`);
    expect(frames('emitted') + frames('ground') + frames('unwanted')).toBe(count);
    expect([frames('emitted') + frames('unwanted'), frames('ground')]).toEqual([
      labels.frames.from_vehicle,
      labels.frames.from_gcs,
    ]);
    expect(frames('unwanted')).toBe(labels.frames.by_type.PARAM_VALUE);
    expect([...hosts.dropped]).toEqual([]);
    expect(new Set(observations.map((observation) => observation.key))).toEqual(new Set([key]));
    const types: Record<string, number> = {};
    for (const { type } of observations) types[type] = (types[type] ?? 0) + 1;
    const both = Object.entries(labels.frames.by_type as Record<string, number>);
    // The list of the labels counts both directions, and only these types come from both.
    const shared = ['HEARTBEAT', 'COMMAND_LONG', 'COMMAND_ACK', 'TIMESYNC'];
    for (const [type, expected] of both.filter(([type]) => type.toLowerCase() in types && !shared.includes(type))) {
      expect(types[type.toLowerCase()], type).toBe(expected);
    }
  });

  it('finds the frames around garbage where the recorder lost its power', async () => {
    const { observations } = await read('brunoolivieri_20211202-132613.tlog.gz');
    expect(frames('emitted') + frames('unwanted') + frames('ground')).toBe(27_520);
    expect([...hosts.dropped]).toEqual([['garbage', 4_731]]);
    expect(new Set(observations.map(({ key }) => key))).toEqual(new Set(['vehicle-10']));
  });

  it('reads MAVLink 1 of 2013, and what the radio says as that of the vehicle', async () => {
    const { observations } = await read('codelever_2013-10-13_16-58-51.tlog.gz');
    expect(frames('emitted') + frames('unwanted') + frames('ground')).toBe(16_187);
    expect([...hosts.dropped]).toEqual([]);
    expect(new Set(observations.map(({ key }) => key))).toEqual(new Set(['vehicle-1']));
  });

  it('lets event time go on over power cycles and whatever the stamps say, and tells of each cycle', async () => {
    const { observations, batches } = await read('brunoolivieri_20211202-132613.tlog.gz');
    const times = observations.map(({ time }) => time);
    expect(times.every((time, i) => i === 0 || time >= times[i - 1])).toBe(true);
    const missing = batches.flatMap((batch) => batch.missing ?? []);
    expect(missing.map(({ reason }) => reason)).toEqual(['vehicle rebooted', 'vehicle rebooted']);
    // By the GPS: five seconds of a cable in its place, then four minutes and three.
    expect(times.at(-1)! - times[0]).toBeGreaterThan(1_149_000);
  });

  it.each([
    ['link_a_blackout', ['link lost']],
    ['batt_a_sag', []],
    ['gps_g_jam', []],
  ])('of %s tells as missing what was: %o', async (flight, reasons) => {
    const { observations, batches } = await read(`sitl/${flight}.tlog.gz`);
    const missing = batches.flatMap((batch) => batch.missing ?? []);
    expect(missing.map(({ reason }) => reason)).toEqual(reasons);
    const links = observations.filter(({ type }) => type === 'link');
    expect(links.reduce((sum, { values }) => sum + values.lost, 0)).toBe(0);
    // A frame without a time of its own may stand a second into the silence.
    for (const { from, to } of missing) expect(Math.abs(to - from - 29_500)).toBeLessThan(600);
  });

  it('keeps event time with the boot clock where those are good', async () => {
    const { observations } = await read('sitl/gps_g_jam.tlog.gz');
    const boot = 1_772_672_400_000;
    const off = observations
      .filter(({ type }) => type === 'attitude')
      .map(({ time, values }) => time - boot - values.time_boot_ms);
    expect(Math.max(...off.map(Math.abs))).toBeLessThan(60);
  });

  it('reads twenty-four flights at once, each under its own key, in order of event time', async () => {
    const flights = readdirSync(join(folder, 'sitl'))
      .filter((one) => one.endsWith('.tlog.gz'))
      .map((one) => ({ vehicle: one.replace('.tlog.gz', ''), connect: `file:${join(folder, 'sitl', one)}` }));
    const { observations } = await readAll(hosts, { connect: flights, messages: ['HEARTBEAT', 'SYS_STATUS'] });
    expect(new Set(observations.map(({ key }) => key)).size).toBe(24);
    const times = observations.map(({ time }) => time);
    expect(times.every((time, i) => i === 0 || time >= times[i - 1])).toBe(true);
  });

  it('agrees with the labels on the voltage before and during a sag', async () => {
    const { observations } = await read('sitl/batt_a_sag.tlog.gz');
    const boot = 1_772_442_000_000;
    const median = (from: number, to: number) => {
      const values = observations
        .filter(({ type, time }) => type === 'sys_status' && time >= boot + from && time < boot + to)
        .map(({ values }) => values.voltage_battery)
        .sort((a, b) => a - b);
      return values[values.length >> 1];
    };
    expect(median(168_500, 208_500)).toBeCloseTo(11.98, 1);
    expect(median(208_500, 463_000)).toBeCloseTo(10.68, 1);
  });
});
