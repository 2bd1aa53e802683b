import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { TestHosts } from '@quantstream/engine/testing';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import mavlink from '../src/index.js';
import { byName } from '../src/wire/dialects.js';
import { frame1, frame2, message, record, signedFrame } from './frames.js';
import { essence, metric, readAll } from './helpers.js';

const hosts = new TestHosts();
afterAll(() => hosts.dispose());
beforeEach(() => {
  for (const counts of [hosts.dropped, hosts.metrics]) counts.clear();
  hosts.drops.length = 0;
});

const T = Date.UTC(2026, 2, 1);
const put = (name: string, ...records: Buffer[]) => writeFileSync(join(hosts.directory, name), Buffer.concat(records));
const voltage = (volts: number) => message('SYS_STATUS', { voltageBattery: volts * 1_000 });
const read = (name: string, more: object = {}, from: string | null = null) =>
  readAll(hosts, { connect: `file:${name}`, messages: ['SYS_STATUS'], ...more }, from);

describe('a telemetry log', () => {
  it('gives each wanted message as an observation with the stamp of its record, whatever its version', async () => {
    put(
      'mixed.tlog',
      record(T + 0.123, frame1(voltage(12), { system: 7 })),
      record(T + 1, frame2(voltage(11.5))),
      record(T + 2, signedFrame(voltage(11), { system: 7 })),
      record(T + 3, frame2(message('STATUSTEXT', { severity: 4, text: 'Low battery' }))),
    );
    const { observations } = await read('mixed.tlog', { messages: ['SYS_STATUS', 'STATUSTEXT'], vehicles: { 7: 'hexa' } });
    expect(observations).toMatchObject([
      { key: 'hexa', type: 'sys_status', sequence: 1, time: T + 0.123, values: { voltage_battery: 12 } },
      { key: 'vehicle-1', type: 'sys_status', sequence: 1, time: T + 1, values: { voltage_battery: 11.5 } },
      { key: 'hexa', type: 'sys_status', sequence: 2, time: T + 2, values: { voltage_battery: 11 } },
      { key: 'vehicle-1', type: 'statustext', sequence: 1, time: T + 3, values: { severity: 4 }, text: { text: 'Low battery' } },
    ]);
  });

  it('leaves out what ground stations send, by their ids or by their heartbeats, and counts it', async () => {
    const ground = { system: 200, component: 1 };
    put(
      'ground.tlog',
      record(T, frame2(voltage(1), { system: 255 })),
      record(T, frame2(voltage(2), { system: 3, component: 190 })),
      record(T, frame2(voltage(3), ground)),
      record(T, frame2(message('HEARTBEAT', { type: 6 }), ground)),
      record(T, frame2(voltage(4), ground)),
      record(T, frame2(message('HEARTBEAT', { type: 2 }), { system: 5 })),
      record(T, frame2(voltage(5), { system: 5 })),
    );
    const { observations } = await read('ground.tlog');
    const voltages = observations.filter(({ type }) => type === 'sys_status');
    expect(voltages.map(({ key, values }) => [key, values.voltage_battery])).toEqual([
      ['vehicle-200', 3],
      ['vehicle-5', 5],
    ]);
    const frames = (outcome: string) => metric(hosts, 'mavlink_frames_total', { outcome });
    expect([frames('emitted'), frames('ground'), frames('unwanted')]).toEqual([2, 4, 1]);
  });

  it('remembers across a restart which senders are ground stations, and the sequences', async () => {
    const ground = { system: 200, component: 1 };
    const records = [record(T, frame2(message('HEARTBEAT', { type: 6 }), ground))];
    for (let i = 0; i < 10; i++) records.push(record(T + i, frame2(voltage(9), ground)), record(T + i, frame2(voltage(i + 1))));
    put('resume.tlog', ...records);
    const whole = await read('resume.tlog', { batch: 3 });
    expect(whole.observations).toHaveLength(10);
    const rest = await read('resume.tlog', { batch: 3 }, whole.batches[1].cursor);
    expect(essence(rest.observations)).toEqual(essence(whole.observations.slice(6)));
  });

  it('counts frames of unknown messages by their ids and drops nothing', async () => {
    const unknown = frame2(voltage(1));
    unknown[9] = 0xee;
    put('unknown.tlog', record(T, frame2(voltage(1))), record(T, unknown), record(T, unknown), record(T, frame2(voltage(2))));
    expect((await read('unknown.tlog')).observations).toHaveLength(2);
    expect(metric(hosts, 'mavlink_unknown_frames_total', { message: String(0xee0001) })).toBe(2);
    expect([...hosts.dropped]).toEqual([]);
  });

  it('reads what there is of a log or an archive that was cut off, and says so once', async () => {
    const records = Array.from({ length: 4_000 }, (_, i) =>
      record(T + i, frame2(message('SYS_STATUS', { voltageBattery: (i * 7_919) % 60_000 }))),
    );
    const bytes = gzipSync(Buffer.concat(records));
    put('cut.tlog.gz', bytes.subarray(0, bytes.length >> 1));
    const { observations } = await read('cut.tlog.gz');
    expect(observations.length).toBeGreaterThan(1_000);
    expect(observations.length).toBeLessThan(4_000);
    expect([...hosts.dropped]).toEqual([['truncated_file', 1]]);
    expect(hosts.drops[0]).toContain('unexpected end of file');
  });

  it('is told by its first bytes and not by its name, and may be empty', async () => {
    put('renamed.tlog', gzipSync(record(T, frame2(voltage(1)))));
    expect((await read('renamed.tlog')).observations).toHaveLength(1);
    put('empty.tlog');
    expect((await read('empty.tlog')).observations).toEqual([]);
    expect([...hosts.dropped]).toEqual([]);
  });

  it.each<[string, string, (i: number) => Buffer, string]>([
    ['stream.tlog', 'MAVLink 2 without stamps', (i) => frame2(voltage(i % 60), { sequence: i }), 'without the stamps'],
    ['stream1.tlog', 'MAVLink 1 without stamps', (i) => frame1(voltage(i % 60), { sequence: i }), 'without the stamps'],
    [
      'boot.tlog',
      'MAVLink behind what a board says when it starts, without stamps',
      (i) => (i < 20 ? Buffer.from('Init ArduCopter V4.7\n') : frame2(voltage(i % 60), { sequence: i })),
      'without the stamps',
    ],
    ['text.tlog', 'a text', () => Buffer.from('no frame in here\n'), 'a text'],
    ['zeros.tlog', 'zeros', () => Buffer.alloc(64), 'nothing but zeros'],
    ['px4.tlog', 'a ULog', () => Buffer.from('ULog\x01\x12\x35\x01\xff\xff', 'latin1'), 'ULog of PX4'],
    ['onboard.tlog', 'an on-board log', () => Buffer.from([0xa3, 0x95, 128, 128, 89]), 'should end in .bin'],
    ['telemetry.bin', 'a telemetry log', (i) => record(T + i, frame2(voltage(i % 60))), 'should end in .tlog'],
    ['zeros.bin', 'zeros', () => Buffer.alloc(64), 'nothing but zeros'],
  ])('that is none (%s: %s) is refused before anything is read, with what it is', async (name, _, piece, why) => {
    put(name, ...Array.from({ length: 100 }, (_, i) => piece(i)));
    await expect(read(name)).rejects.toMatchObject({ code: 'QS_SOURCE_FAILED', message: expect.stringContaining(why) });
    const config = mavlink.config.parse({ connect: `file:${name}` });
    expect(await mavlink.diagnose!(config, hosts.outside())).toMatchObject([
      { state: 'bad', detail: expect.stringContaining(why) },
    ]);
  });

  it('whose stamps are all zero, or that begins in the middle of a frame, is one', async () => {
    const records = Array.from({ length: 50 }, (_, i) => record(0, frame2(voltage(i + 1), { sequence: i })));
    put('zero-stamps.tlog', Buffer.concat(records).subarray(5));
    expect((await read('zero-stamps.tlog')).observations).toHaveLength(49);
  });

  it('that is absent, or a folder, or was replaced by a shorter one, ends the run with its path', async () => {
    await expect(read('absent.tlog')).rejects.toMatchObject({
      code: 'QS_SOURCE_FAILED',
      message: expect.stringContaining('absent.tlog'),
    });
    await expect(read('.')).rejects.toMatchObject({ code: 'QS_SOURCE_FAILED', message: expect.stringContaining('folder') });
    put('shrinks.tlog', ...Array.from({ length: 9 }, (_, i) => record(T + i, frame2(voltage(i + 1)))));
    const { batches } = await read('shrinks.tlog');
    put('shrinks.tlog', record(T, frame2(voltage(1))));
    await expect(read('shrinks.tlog', {}, batches[0].cursor)).rejects.toMatchObject({ code: 'QS_SOURCE_FAILED' });
    await expect(read('shrinks.tlog', {}, '{"kind":"files"}')).rejects.toThrow('--reset-state');
  });

  it('that grew since, between any two bytes, is read on exactly; another one is refused', async () => {
    const bytes = Buffer.concat(Array.from({ length: 12 }, (_, i) => record(T + i, frame2(voltage(i + 1)))));
    put('grows.tlog', bytes);
    const whole = essence((await read('grows.tlog')).observations);
    for (const cut of [1, bytes.length / 3, bytes.length / 2 + 5, bytes.length - 1]) {
      put('grows.tlog', bytes.subarray(0, cut));
      const part = await read('grows.tlog');
      put('grows.tlog', bytes);
      const rest = await read('grows.tlog', {}, part.batches.at(-1)?.cursor ?? null);
      expect(essence([...part.observations, ...rest.observations]), `cut at ${cut}`).toEqual(whole);
    }
    const { batches } = await read('grows.tlog');
    const other = Buffer.concat([bytes, record(T + 99, frame2(voltage(3)))]);
    other[20]! ^= 1;
    put('grows.tlog', other);
    await expect(read('grows.tlog', {}, batches.at(-1)!.cursor)).rejects.toThrow('was cut or replaced');
  });

  it('emits every message that is known, if told to', async () => {
    const names = [...byName.keys()].filter((name) => name !== 'PARAM_VALUE');
    put('all.tlog', ...names.map((name, i) => record(T + i / 2, frame2(message(name, name === 'HEARTBEAT' ? { type: 2 } : {})))));
    const { observations } = await read('all.tlog', { messages: names });
    const emitted = observations.filter(({ type }) => type !== 'vehicle');
    expect(emitted.map(({ type }) => type)).toEqual(names.map((name) => name.toLowerCase()));
  });
});
