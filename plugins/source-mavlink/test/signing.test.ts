import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TestHosts } from '@quantstream/engine/testing';
import { MavLinkProtocolV2 } from 'node-mavlink';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import { sharedData } from '../../../test/shared.js';
import { config } from '../src/config.js';
import { keyOfPassphrase } from '../src/wire/signing.js';
import { frame2, message, record } from './frames.js';
import { essence, readAll } from './helpers.js';

const hosts = new TestHosts();
afterAll(() => hosts.dispose());
beforeEach(() => {
  hosts.dropped.clear();
  hosts.metrics.clear();
});

const T = Date.UTC(2026, 2, 1);
const KEY = keyOfPassphrase('secret');

/** A signed frame; `at` in ms is its time stamp. */
function signed(volts: number, at: number, { link = 1, component = 1, key = KEY } = {}): Buffer {
  const protocol = new MavLinkProtocolV2(1, component, MavLinkProtocolV2.IFLAG_SIGNED);
  return protocol.sign(protocol.serialize(message('SYS_STATUS', { voltageBattery: volts * 1_000 }), 0), link, key, T + at);
}
const read = async (frames: readonly Buffer[], more: object = {}) => {
  writeFileSync(join(hosts.directory, 'signed.tlog'), Buffer.concat(frames.map((frame, i) => record(T + i, frame))));
  return readAll(hosts, { connect: 'file:signed.tlog', messages: ['SYS_STATUS', 'RADIO_STATUS'], ...more });
};
const volts = ({ observations }: Awaited<ReturnType<typeof read>>) => observations.map(({ values }) => values.voltage_battery);
const signing = { passphrase: 'secret' };

describe('a source with a key', () => {
  it('takes what is signed with it, and drops and counts what is signed otherwise, was heard before or is not signed', async () => {
    const frames = [
      signed(1, 1),
      frame2(message('SYS_STATUS', { voltageBattery: 9_000 })),
      signed(2, 2),
      signed(1, 1),
      signed(2, 2),
      signed(9, 3, { key: keyOfPassphrase('other') }),
      signed(3, 3),
    ];
    expect(volts(await read(frames, { signing }))).toEqual([1, 2, 3]);
    expect(Object.fromEntries(hosts.dropped)).toEqual({ unsigned: 1, replayed: 2, bad_signature: 1 });
  });

  it('keeps the time stamps of each sender and link apart, and takes no new one that is a minute behind', async () => {
    const frames = [
      signed(1, 100_000),
      signed(2, 99_000, { link: 2 }),
      signed(3, 39_000, { link: 3 }),
      signed(4, 99_500, { link: 2 }),
      signed(5, 99_400, { link: 2 }),
    ];
    expect(volts(await read(frames, { signing }))).toEqual([1, 2, 4]);
    expect(Object.fromEntries(hosts.dropped)).toEqual({ replayed: 2 });
  });

  it('takes what a telemetry radio says, which has no key, and all that is unsigned if it is told to', async () => {
    const radio = frame2(message('RADIO_STATUS', { rssi: 200 }), { system: 51, component: 68 });
    const frames = [signed(1, 1), radio, frame2(message('SYS_STATUS', { voltageBattery: 2_000 }))];
    const strict = await read(frames, { signing });
    expect(strict.observations.map(({ type }) => type)).toEqual(['sys_status', 'radio_status']);
    const lax = await read(frames, { signing: { ...signing, unsigned: 'accept' } });
    expect(lax.observations).toHaveLength(3);
  });

  it('remembers over a restart what it has heard', async () => {
    const frames = Array.from({ length: 30 }, (_, i) => [signed(i, i * 10), signed(i, i * 10)]).flat();
    const whole = await read(frames, { signing, batch: 7 });
    expect(whole.observations).toHaveLength(30);
    const rest = await readAll(
      hosts,
      { connect: 'file:signed.tlog', messages: ['SYS_STATUS', 'RADIO_STATUS'], signing, batch: 7 },
      whole.batches[1].cursor,
    );
    expect(essence(rest.observations)).toEqual(essence(whole.observations.slice(14)));
  });

  it('has it as 64 digits or as a passphrase, not both', () => {
    const problems = (one: object) => config.safeParse({ connect: 'file:a.tlog', signing: one }).error?.issues ?? [];
    expect(config.parse({ connect: 'file:a.tlog', signing: { key: KEY.toString('hex') } }).signing?.key).toEqual(KEY);
    expect(config.parse({ connect: 'file:a.tlog', signing }).signing?.key).toEqual(KEY);
    for (const one of [{}, { key: 'ab' }, { key: KEY.toString('hex'), passphrase: 'x' }]) expect(problems(one)).not.toEqual([]);
  });
});

const { path: flight, present } = sharedData('uav', 'sitl', 'nom08_signed_mavlink2.tlog.gz');
describe.skipIf(!present)(`a flight that ArduPilot has signed${present ? '' : ` (skipped: ${flight} is absent)`}`, () => {
  it('is taken whole but for what came before the key was set, and for three time stamps that setting it has set back', async () => {
    const { observations } = await readAll(hosts, {
      connect: `file:${flight}`,
      signing: { passphrase: 'sitl test key' },
      batch: 65_536,
    });
    expect(observations.length).toBeGreaterThan(30_000);
    expect(Object.fromEntries(hosts.dropped)).toEqual({ unsigned: 49, replayed: 3 });
  });

  it('is refused whole with another key', async () => {
    const { observations } = await readAll(hosts, {
      connect: `file:${flight}`,
      signing: { passphrase: 'another' },
      batch: 65_536,
    });
    expect(observations).toEqual([]);
    expect(hosts.dropped.get('bad_signature')).toBe(40_579 - 49);
  });
});
