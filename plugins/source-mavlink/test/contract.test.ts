import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { sourceLaws } from '@quantstream/engine/testing';
import mavlink from '../src/index.js';
import { described, HEADER, logged, quadFlight, TYPES } from './dataflash.js';
import { frame1, frame2, message, record, signedFrame } from './frames.js';
import { quadFlight as px4Flight } from './ulog.js';

const T = Date.UTC(2026, 2, 1);
const KINDS = [frame1, frame2, signedFrame];

/** A flight of two vehicles, one with a battery that it knows nothing of, and of their ground station. */
function flight(count: number): Buffer[] {
  return Array.from({ length: count }, (_, i) => {
    const kind = KINDS[i % 3];
    const sender = { system: i % 7 === 3 ? 7 : 1, sequence: i % 256 };
    const battery = i % 4 ? { voltageBattery: 12_000 - i } : { voltageBattery: 65_535, currentBattery: -1, batteryRemaining: -1 };
    const contents = [
      () => kind(message('SYS_STATUS', battery), sender),
      () => kind(message('VIBRATION', { vibrationX: i / 10, vibrationY: i % 9 ? 1 : Number.NaN }), sender),
      () => kind(message('STATUSTEXT', { severity: 6, text: `message ${i}` }), sender),
      () => kind(message('HEARTBEAT', { type: 6 }), { system: 252, component: 200 }),
      () => kind(message('SYS_STATUS', battery), { system: 252, component: 200 }),
      () => kind(message('ATTITUDE'), sender),
    ];
    return record(T + i * 20, contents[i % contents.length]());
  });
}

const messages = ['SYS_STATUS', 'VIBRATION', 'STATUSTEXT', 'HEARTBEAT'];

sourceLaws(mavlink, {
  config: { connect: 'file:flight.tlog.gz', messages, batch: 100 },
  prepare: (directory) => writeFileSync(join(directory, 'flight.tlog.gz'), gzipSync(Buffer.concat(flight(3_000)))),
  atLeast: 1_200,
});

sourceLaws(mavlink, {
  config: { connect: 'file:sound.tlog', messages, batch: 100 },
  prepare: (directory) => writeFileSync(join(directory, 'sound.tlog'), Buffer.concat(flight(3_000))),
  atLeast: 1_200,
  hostile: {
    config: { connect: 'file:hostile.tlog' },
    records: flight(10_000),
    write: (directory, records) => writeFileSync(join(directory, 'hostile.tlog'), Buffer.concat(records as Uint8Array[])),
  },
});

sourceLaws(mavlink, {
  config: { connect: 'file:flight.tlog', messages, vehicles: { 7: 'plane' }, batch: 64 },
  prepare(directory) {
    const records = flight(3_000);
    writeFileSync(join(directory, 'flight.tlog'), Buffer.concat(records));
    const broken = flight(60).filter((_, i) => i % 6 < 3);
    broken[4][20] ^= 0xff;
    broken[5].writeBigUInt64BE(2n ** 63n);
    broken[12] = Buffer.concat([broken[12], Buffer.from('\r\nlink lost\r\n')]);
    broken[20][8 + 2] |= 0x80;
    const rest = broken.at(-1)!;
    broken[broken.length - 1] = rest.subarray(0, rest.length - 5);
    writeFileSync(join(directory, 'broken.tlog'), Buffer.concat(broken));
  },
  atLeast: 1_200,
  broken: {
    config: { connect: 'file:broken.tlog', messages },
    dropped: { bad_crc: 1, bad_time: 1, garbage: 13, unsupported_flags: 1, truncated_file: 1 },
    observations: 27,
  },
});

sourceLaws(mavlink, {
  config: {
    connect: [
      { vehicle: 'a', connect: 'file:first.tlog' },
      { vehicle: 'b', connect: 'file:second.tlog.gz' },
      { vehicle: 'a', connect: 'file:third.tlog' },
    ],
    messages,
    batch: 50,
  },
  prepare(directory) {
    const bytes = (from: number, to: number) => Buffer.concat(flight(1_500).slice(from, to));
    writeFileSync(join(directory, 'first.tlog'), bytes(0, 700));
    writeFileSync(join(directory, 'second.tlog.gz'), gzipSync(bytes(300, 1_500)));
    writeFileSync(join(directory, 'third.tlog'), bytes(700, 1_500));
  },
  atLeast: 1_500,
});

sourceLaws(mavlink, {
  config: { connect: 'file:00000007.BIN', batch: 150 },
  prepare(directory) {
    writeFileSync(join(directory, '00000007.BIN'), quadFlight(12));
    const noise = Buffer.from('power lost', 'latin1');
    const odd = { type: 200, name: 'ODD', format: 'QB', columns: 'TimeUS' };
    const events = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, i) => logged(TYPES.MSG, (60 + from + i) * 1e6, `message ${from + i}`));
    const broken = [HEADER, described(odd), ...events(0, 5), noise, ...events(5, 9), logged(TYPES.MSG, 1).subarray(0, 9)];
    writeFileSync(join(directory, 'broken.bin'), Buffer.concat(broken));
  },
  atLeast: 2_000,
  broken: {
    config: { connect: 'file:broken.bin', messages: ['STATUSTEXT'] },
    dropped: { bad_format: 1, garbage: 10, truncated_file: 1 },
    observations: 10,
  },
});

sourceLaws(mavlink, {
  config: {
    connect: [
      { vehicle: 'a', connect: 'file:first.bin.gz' },
      { vehicle: 'a', connect: 'file:second.bin' },
    ],
    batch: 77,
  },
  prepare(directory) {
    writeFileSync(join(directory, 'first.bin.gz'), gzipSync(quadFlight(4)));
    writeFileSync(join(directory, 'second.bin'), Buffer.concat([quadFlight(3, 80), quadFlight(2, 5).subarray(HEADER.length)]));
  },
  atLeast: 3_000,
});

sourceLaws(mavlink, {
  config: { connect: 'file:log.ulg', batch: 150 },
  prepare(directory) {
    writeFileSync(join(directory, 'log.ulg'), px4Flight(12));
    const noise = Buffer.from('power lost', 'latin1');
    const broken = [px4Flight(1), noise, px4Flight(1).subarray(-60), Buffer.from([90, 0, 0x44, 1])];
    writeFileSync(join(directory, 'broken.ulg'), Buffer.concat(broken));
  },
  atLeast: 1_500,
});
