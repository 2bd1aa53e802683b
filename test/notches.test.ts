// Notch filters that miss what shakes, in made-up logs of a copter (ArduPilot) and a plane (PX4) with the fault in them, and nothing in those without.

import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { HEADER, logged, TYPES } from '../plugins/source-mavlink/test/dataflash.js';
import { BATCH_HEADER, batch, buffer, FIFO_DEFINED, type Tone } from '../plugins/source-mavlink/test/shaken.js';
import { data, definitions, parameter, TOPICS } from '../plugins/source-mavlink/test/ulog.js';
import { Bench } from './support.js';

const bench = new Bench();
afterAll(() => bench.dispose());

const SECONDS = 40;
const us = (second: number) => Math.round((60 + second) * 1e6);

/** What shakes: its frequency at a second of the flight, Hz, and how much, rad/s. */
interface Shaking {
  readonly frequency: (second: number) => number;
  readonly amplitude: number;
}
const tones = ({ frequency, amplitude }: Shaking, second: number): Tone[] => [
  { frequency: frequency(second), amplitude: [amplitude, amplitude / 2, 0] },
];

/** A copter at 12 m whose motors turn at 100 Hz, with a batch of its gyroscope every two seconds. */
function copter(parameters: Readonly<Record<string, number>>, shaking: Shaking, motors = shaking.frequency): Buffer {
  const records: Buffer[] = [HEADER, BATCH_HEADER];
  for (const [name, value] of Object.entries({ FRAME_CLASS: 1, ...parameters }))
    records.push(logged(TYPES.PARM, us(0), name, value));
  records.push(
    logged(TYPES.MSG, us(0), 'ArduCopter V4.5.7 (abcdef12)'),
    logged(TYPES.EV, us(0.1), 10),
    logged(TYPES.EV, us(0.2), 28),
  );
  for (let i = 0; i < SECONDS * 10; i++) {
    const t = i / 10;
    records.push(
      logged(TYPES.ATT, us(t), 1, 1, 1, 1, 10, 10),
      logged(TYPES.XKF1, us(t), 0, 0, 0, 0),
      logged(TYPES.POS, us(t), 47.4, 8.5, 500, 12, 12),
      logged(TYPES.RCOU, us(t), 1_500 + (i % 3), 1_500, 1_500, 1_500),
      logged(TYPES.CTUN, us(t), 0.4, 0.3, 12, 12),
      ...[0, 1, 2, 3].map((motor) => logged(TYPES.ESC, us(t), motor, motors(t) * 60, motors(t) * 60, 16, 5, 30, 1, 30, 0)),
    );
    if (i % 2 === 0)
      records.push(logged(TYPES.GPS, us(t), 0, 3, 200_000_000 + i * 100, 2_400, 12, 0.8, 47.4, 8.5, 500, 0, 63, 0));
    if (i % 20 === 10) records.push(...batch(i, 60 + t, tones(shaking, t), { gyro: true }));
  }
  return Buffer.concat(records);
}

/** A plane at 100 m whose gyroscope gives 1,000 samples a second out of its buffer. */
function plane(parameters: Readonly<Record<string, number>>, shaking: Shaking): Buffer {
  const parts: Buffer[] = [
    definitions(us(0), [
      ...FIFO_DEFINED,
      parameter('SYS_AUTOSTART', 2_100),
      ...Object.entries(parameters).map(([name, value]) => parameter(name, value)),
    ]),
    data(TOPICS.home, us(0), 47.4, 8.5, 400, 1, 1),
    data(TOPICS.status, us(0), 2, 4, 1, 0),
    data(TOPICS.land, us(0), 0),
  ];
  for (let i = 0; i < SECONDS * 50; i++) {
    const t = i / 50;
    parts.push(buffer(60 + t, tones(shaking, t), 1_000));
    if (i % 5 !== 0) continue;
    parts.push(
      data(TOPICS.attitude, us(t), [1, 0, 0, 0]),
      data(TOPICS.local, us(t), 20 * t, 0, -100, 20, 0, 0),
      data(TOPICS.global, us(t), 47.4 + (20 * t) / 111_195, 8.5, 500),
    );
    if (i % 10 === 0)
      parts.push(
        data(TOPICS.gps, us(t), 47.4 + (20 * t) / 111_195, 8.5, 500, 1_767_571_200e6 + t * 1e6, 0.8, 0.5, 0.2, 20, 0, 3, 12),
      );
  }
  return Buffer.concat(parts);
}

interface Report {
  readonly keys: readonly {
    readonly columns: Readonly<Record<string, { min: number; max: number; share: number }>>;
    readonly episodes: readonly { readonly findings: readonly { readonly name: string; readonly reason: string }[] }[];
  }[];
}

/** What a check says of a log, and its page. */
async function check(name: string, log: Buffer) {
  const [file, json, html] = [bench.write(name, log), bench.path(`${name}.json`), bench.path(`${name}.html`)];
  const { code, stderr } = await bench.start(['check', file, '--out', json, '--html', html], name).exit;
  expect(code, stderr).toBe(0);
  const report = (JSON.parse(readFileSync(json, 'utf8')) as { recordings: Report[] }).recordings[0]!;
  const [key] = report.keys;
  const findings = key!.episodes.flatMap((one) => one.findings);
  return {
    columns: key!.columns,
    findings,
    notches: findings.filter((one) => one.name.endsWith('notch_misses')),
    html: readFileSync(html, 'utf8'),
  };
}

const steady: Shaking = { frequency: () => 100, amplitude: 0.3 };
const rising: Shaking = { frequency: (second) => 90 + 2 * second, amplitude: 0.3 };
const HNTCH = { INS_HNTCH_ENABLE: 1, INS_HNTCH_FREQ: 60, INS_HNTCH_BW: 20, INS_HNTCH_REF: 1, INS_HNTCH_HMNCS: 1 };

describe('a notch that misses what shakes', () => {
  it('is named on a copter whose fixed notch was set for other propellers', async () => {
    const { notches, columns, html } = await check('copter-misses.bin', copter({ ...HNTCH, INS_HNTCH_MODE: 0 }, steady));
    expect(notches).toHaveLength(1);
    expect(notches[0]!.reason).toMatch(/shakes most at (?:99|100)[\d.]* Hz .*, (?:29|30)[\d.]* Hz outside of every notch/);
    expect(columns.peak_motor_ratio!.min).toBeCloseTo(1, 1);
    expect(columns.gyro_peak_amplitude!.max).toBeCloseTo(Math.hypot(0.3, 0.15), 1);
    expect(html).toContain('class="heat h9"');
  });

  it('is named on a plane whose motor was changed', async () => {
    const { notches } = await check('plane-misses.ulg', plane({ IMU_GYRO_NF0_FRQ: 60, IMU_GYRO_NF0_BW: 20 }, steady));
    expect(notches).toHaveLength(1);
    expect(notches[0]!.reason).toMatch(/outside of every notch/);
  });

  it('is not there where the notch follows the motors, which do not stay at one speed', async () => {
    const { notches, findings, columns } = await check('copter-follows.bin', copter({ ...HNTCH, INS_HNTCH_MODE: 3 }, rising));
    expect(notches).toEqual([]);
    expect(findings).toEqual([]);
    expect(columns.notch_miss).toMatchObject({ min: 0, max: 0 });
    expect(columns.gyro_peak_frequency!.max - columns.gyro_peak_frequency!.min).toBeGreaterThan(50);
  });

  it('is not there where the notch is in its place', async () => {
    const { notches, columns } = await check('plane-hits.ulg', plane({ IMU_GYRO_NF0_FRQ: 105, IMU_GYRO_NF0_BW: 20 }, steady));
    expect(notches).toEqual([]);
    expect(columns.notch_miss).toMatchObject({ min: 0, max: 0 });
  });

  it('is not said of what hardly shakes, nor where no notch is switched on', async () => {
    const faint = await check('copter-faint.bin', copter({ ...HNTCH, INS_HNTCH_MODE: 0 }, { ...steady, amplitude: 0.001 }));
    expect(faint.notches).toEqual([]);
    const none = await check('copter-none.bin', copter({}, steady));
    expect(none.notches).toEqual([]);
    expect(none.columns.notch_miss?.share ?? 0).toBe(0);
  });
});
