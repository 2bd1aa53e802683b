import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { TestHosts } from '@quantstream/engine/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { described, HEADER, logged, TYPES, type Type } from './dataflash.js';
import { essence, readAll } from './helpers.js';

const hosts = new TestHosts();
afterAll(() => hosts.dispose());

const us = (seconds: number) => Math.round(seconds * 1e6);
const messages = ['ATTITUDE', 'HEARTBEAT', 'SYSTEM_TIME', 'GPS_RAW_INT', 'GLOBAL_POSITION_INT', 'RAW_IMU'];
async function read(records: readonly Buffer[], more: object = {}, from: string | null = null) {
  writeFileSync(join(hosts.directory, 'odd.bin'), Buffer.concat([HEADER, ...records]));
  return readAll(hosts, { connect: 'file:odd.bin', messages, ...more }, from);
}
type Taken = Awaited<ReturnType<typeof read>>;
const of = ({ observations }: Taken, type: string) => observations.filter((one) => one.type === type);

describe('the calendar of a receiver whose ten bits of weeks ran over', () => {
  /** 2026-01-05T00:00:00Z. */
  const fix = (week: number) => logged(TYPES.GPS, us(100), 0, 3, 86_418_000, week, 12, 0.8, 47.4, 8.5, 500, 2.2, 63, -0.5);

  it.each([2_400, 2_400 - 1_024, 2_400 - 2_048])('is set right: week %i', async (week) => {
    const taken = await read([fix(week), fix(week)]);
    expect(of(taken, 'gps_raw_int')[0]!.time).toBe(Date.UTC(2026, 0, 5));
    expect(of(taken, 'system_time')[0]!.values.time_unix_usec).toBe(Date.UTC(2026, 0, 5) * 1_000);
  });

  it('is none where it says week 0', async () => {
    const taken = await read([fix(0), fix(0)]);
    expect(of(taken, 'gps_raw_int')[0]!.time).toBe(Date.UTC(2000, 0, 1) + 100_000);
  });
});

describe('two descriptions of one type', () => {
  const attitude = (i: number) => logged(TYPES.ATT, us(10 + i / 10), 0, i, 0, 0, 0, 0);
  const rolls = (taken: Taken) => of(taken, 'attitude').map(({ values }) => Math.round((values.roll! * 180) / Math.PI));
  const ten = Array.from({ length: 10 }, (_, i) => i);
  /** As long as an ATT, of which its columns fill a part; and one that is shorter. */
  const stranger: Type = { type: TYPES.ATT.type, name: 'PRXR', format: 'QB', columns: 'TimeUS,x' };
  const length = attitude(0).length;

  it('are read by the one that fills the record', async () => {
    const records = [...ten.slice(0, 5).map(attitude), described(stranger, length), ...ten.slice(5).map(attitude)];
    expect(rolls(await read(records))).toEqual(ten);
  });

  it('are read by the one that another record follows, where both come, also after a restart', async () => {
    const strange = (i: number) => logged(stranger, us(10 + i / 10), 7);
    const records = [described(stranger), ...ten.flatMap((i) => [attitude(i), strange(i), strange(i)])];
    const whole = await read(records, { batch: 4 });
    expect(rolls(whole)).toEqual(ten);
    const before = whole.batches.slice(0, 2).flatMap(({ observations }) => observations).length;
    const rest = await read(records, { batch: 4 }, whole.batches[1]!.cursor);
    expect(essence(rest.observations)).toEqual(essence(whole.observations.slice(before)));
  });

  it('are one after the other where a second log begins in the file', async () => {
    const table = described({ type: 128, name: 'FMT', format: 'BBnNZ', columns: 'Type,Length,Name,Format,Columns' });
    const moved: Type = { ...TYPES.ATT, type: TYPES.IMU.type };
    const other: Type = { ...TYPES.IMU, type: TYPES.ATT.type };
    const records = [
      ...ten.slice(0, 5).map(attitude),
      table,
      described(moved),
      described(other),
      ...ten.slice(5).map((i) => logged(moved, us(10 + i / 10), 0, i, 0, 0, 0, 0)),
      logged(other, us(12), 0, 0.01, 0.02, 0.03, 0.1, 0.2, -9.8),
    ];
    const taken = await read(records);
    expect(rolls(taken)).toEqual(ten);
    expect(of(taken, 'raw_imu')).toHaveLength(1);
  });
});

describe('a flight of which neither arming nor throttle is logged', () => {
  interface Moment {
    readonly height: number;
    readonly pressure?: number;
    readonly speed: number;
    readonly roll?: number;
  }
  const logOf = (moments: readonly Moment[]) =>
    moments.flatMap(({ height, pressure = height, speed, roll = 0 }, i) => [
      logged(TYPES.ATT, us(10 + i), 0, roll, 0, 0, 0, 0),
      logged(TYPES.BARO, us(10 + i), 0, pressure, 95_000, 20),
      logged(TYPES.XKF1, us(10 + i), 0, speed, 0, 0),
      logged(TYPES.POS, us(10 + i), 47.4, 8.5, 500 + height, height, height),
    ]);
  const armed = async (moments: readonly Moment[]) => {
    const taken = await read(logOf(moments));
    // The last state of each second.
    const byTime = new Map(of(taken, 'heartbeat').map(({ time, values }) => [time, (values.base_mode! & 128) !== 0]));
    return [...byTime.values()];
  };

  it('is one by height and speed, until it is down and stands', async () => {
    const flight = [0, 0, 3, 10, 10, 10, 0.5, 0, 0].map((height, i) => ({ height, speed: [2, 3].includes(i) ? 2 : 0.1 }));
    expect(await armed(flight)).toEqual([false, false, true, true, true, true, false, false, false]);
  });

  it('is one by its speed alone, and goes on while it tumbles', async () => {
    expect(await armed([0, 9, 9, 9].map((speed, i) => ({ height: 1.5, speed, roll: i > 1 ? 150 : 0 })))).toEqual([
      false,
      true,
      true,
      true,
    ]);
  });

  it('is none on a bench: on its side, or with an estimate or a barometer that drifts', async () => {
    const bench = (moment: Partial<Moment>) => armed(Array.from({ length: 5 }, () => ({ height: 0, speed: 0.1, ...moment })));
    for (const moment of [{ height: 20, roll: 90 }, { height: 20, pressure: 0.3 }, { pressure: 20 }])
      expect(await bench(moment)).toEqual(Array(5).fill(false));
  });
});
