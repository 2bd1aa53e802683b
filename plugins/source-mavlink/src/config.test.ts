import { describe, expect, it } from 'vitest';
import { config, keyOf } from './config.js';

/** The sentences of what is wrong with a configuration. */
const problems = (raw: object) =>
  config.safeParse(raw).error?.issues.map(({ path, message }) => `${path.join('.')}: ${message}`) ?? [];

describe('the configuration of a MAVLink source', () => {
  it('needs only a log, and asks for the messages that the UAV columns are made of', () => {
    expect(config.parse({ connect: 'file:flight.tlog' })).toEqual({
      connect: 'file:flight.tlog',
      messages: ['SYS_STATUS', 'VIBRATION', 'GPS_RAW_INT', 'GLOBAL_POSITION_INT'],
      vehicles: {},
      batch: 4_096,
    });
  });

  it.each([
    'udpin:0.0.0.0:14550',
    'udpout:127.0.0.1:14550',
    'udp:1',
    'tcp:127.0.0.1:5760',
    'serial:/dev/ttyACM0',
    'simulator',
    'live',
  ])('says of %s that this version reads recorded logs only', (connect) => {
    expect(problems({ connect })).toEqual([expect.stringMatching(/^connect: this version reads recorded logs only/)]);
  });

  it('says what else is wrong: no path, an on-board log, unknown or repeated messages, and keys that name two vehicles', () => {
    expect(problems({ connect: 'flight.tlog' })).toEqual(['connect: expected file:PATH of a .tlog']);
    expect(problems({ connect: 'file: ' })).toEqual(['connect: expected file:PATH of a .tlog']);
    expect(problems({ connect: 'file:00000012.BIN' })).toEqual([expect.stringMatching(/^connect: .*no on-board logs/)]);
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
});
