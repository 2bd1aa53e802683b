import { describe, expect, it } from 'vitest';
import { config, keyOf } from './config.js';
import mavlink from './index.js';
import { parseConnection } from './links/connections.js';
import { simulatorConfig } from './simulator/config.js';
import { byName } from './wire/dialects.js';
import { DEFAULT_MESSAGES } from './wire/messages.js';

/** The sentences of what is wrong with a configuration. */
const problems = (raw: object) =>
  config.safeParse(raw).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];

describe('the configuration of a MAVLink source', () => {
  it('needs only a connection, and asks for the messages that a flight is judged by', () => {
    expect(config.parse({ connect: 'file:flight.tlog' })).toEqual({
      connect: 'file:flight.tlog',
      messages: DEFAULT_MESSAGES,
      simulator: simulatorConfig.parse({}),
      vehicles: {},
      silence: 5_000,
      mode: 'passive',
      active: { system: 245, component: 191, bandwidth: 0.5, rates: {}, ground: 30_000 },
      wait: 500,
      buffer: 100_000,
      batch: 4_096,
    });
    for (const name of DEFAULT_MESSAGES) expect(byName.has(name), name).toBe(true);
  });

  it('says what else is wrong: no path, unknown or repeated messages, and keys that name two vehicles', () => {
    expect(problems({ connect: 'flight.tlog' })).toEqual([expect.stringMatching(/^connect: expected file:PATH, udpin/)]);
    expect(problems({ connect: 'file: ' })).toEqual(['connect: expected file:PATH of a .tlog, a .bin, a .ulg or a .log']);
    expect(problems({ connect: 'file:00000012.BIN' })).toEqual([]);
    const connect = 'file:a.tlog';
    expect(problems({ connect, messages: ['SYS_STATE'] })).toEqual([
      'messages.0: no message is called SYS_STATE; did you mean SYS_STATUS?',
    ]);
    expect(problems({ connect, messages: ['wind', 'WIND'] })).toEqual(['messages: WIND is listed twice']);
    expect(problems({ connect, vehicles: { 1: 'a', 2: 'a' } })).toEqual(['vehicles: "a" names two vehicles']);
    expect(problems({ connect, vehicles: { 255: 'ground' } })).toHaveLength(1);
    expect(problems({ connect, link: 1 })).toHaveLength(1);
  });

  it('names vehicles by their system id, or as told', () => {
    const { vehicles } = config.parse({ connect: 'file:a.tlog', vehicles: { 7: 'hexa' } });
    expect([keyOf({ vehicles }, 7), keyOf({ vehicles }, 1)]).toEqual(['hexa', 'vehicle-1']);
  });

  it('refuses PARAM_VALUE, and says why', () => {
    expect(problems({ connect: 'file:a.tlog', messages: ['PARAM_VALUE'] })).toEqual([expect.stringMatching(/setting/)]);
  });

  it('takes a list of connections, each with the name of its vehicle', () => {
    const list = [{ vehicle: 'a', connect: 'file:a.tlog' }];
    expect(problems({ connect: list })).toEqual([]);
    expect(problems({ connect: list, vehicles: { 1: 'b' } })).toHaveLength(1);
    expect(problems({ connect: [{ vehicle: 'a', connect: 'file:' }] })).toHaveLength(1);
    expect(problems({ connect: [] })).toHaveLength(1);
  });
});

describe('a connection', () => {
  it('is a file, a socket or a serial line, of any system', () => {
    expect(parseConnection('file:C:\\logs\\a b.tlog')).toEqual({ kind: 'file', path: 'C:\\logs\\a b.tlog' });
    expect(parseConnection('udpin:0.0.0.0:14550')).toEqual({ kind: 'udpin', host: '0.0.0.0', port: 14_550 });
    expect(parseConnection('udpin:[::]:14550')).toEqual({ kind: 'udpin', host: '::', port: 14_550 });
    expect(parseConnection('tcp:vehicle.local:5760')).toEqual({ kind: 'tcp', host: 'vehicle.local', port: 5_760 });
    expect(parseConnection('serial:/dev/ttyUSB0:57600')).toEqual({ kind: 'serial', path: '/dev/ttyUSB0', baud: 57_600 });
    expect(parseConnection('serial:COM3:115200')).toEqual({ kind: 'serial', path: 'COM3', baud: 115_200 });
  });

  it.each([
    'udp:1.2.3.4:1',
    'udpin:14550',
    'udpout:1.2.3.4:0',
    'tcp:::1:5760',
    'tcp:a:65536',
    'serial:/dev/ttyACM0',
    'serial:COM3:9',
    'live',
    '',
  ])('is not %s', (connect) => {
    expect(parseConnection(connect)).toEqual(expect.any(String));
  });
});

describe('an end', () => {
  const endless = (settings: object) => mavlink.endless?.(mavlink.config.parse(settings));

  it('is there in logs and where the simulator is given a duration', () => {
    expect(endless({ connect: 'file:a.tlog' })).toBeUndefined();
    expect(endless({ connect: 'simulator', simulator: { duration: '10m' } })).toBeUndefined();
    expect(endless({ connect: 'simulator' })).toContain('simulator.duration');
    expect(endless({ connect: 'udpin:127.0.0.1:14550' })).toContain('file:PATH');
  });
});
