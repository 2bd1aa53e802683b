import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { random } from '@quantstream/engine/testing';
import { afterAll, describe, expect, it } from 'vitest';
import { measureFlights, measureHalves, measureOneVehicle, summaryOf } from '../scripts/flights.mjs';
import { Bench, sharedData } from './support.js';

const bench = new Bench();
afterAll(() => bench.dispose());

const flights = sharedData('uav', 'sitl');
describe.skipIf(!flights.present)(`recorded flights${flights.present ? '' : ` (skipped: ${flights.path} is absent)`}`, () => {
  it('have every fault named for what it is within three seconds by the median, and nothing in the flights without', async () => {
    const results = await measureFlights(flights.path);
    const summary = summaryOf(results);
    expect(summary).toMatchObject({ flights: 24, events: 16, nominalFlights: 9 });
    expect(
      results.flatMap(({ name, events }) =>
        events.filter(({ delay }) => Number.isNaN(delay)).map(({ kind }) => `${kind} of ${name}`),
      ),
    ).toEqual([]);
    expect(summary).toMatchObject({ found: 16, alarmed: 16 });
    expect(summary.firstFits).toBeGreaterThanOrEqual(15);
    expect(summary.medianDelay).toBeLessThanOrEqual(3);
    expect(results.filter(({ nominal }) => nominal).flatMap(({ falseEpisodes }) => falseEpisodes)).toEqual([]);
  }, 120_000);

  it('show all faults of one half with limits that the other half chose, both ways', async () => {
    const directions = await measureHalves(flights.path);
    for (const { results } of directions) {
      const { events, found, medianDelay } = summaryOf(results);
      expect([events, found]).toEqual([8, 8]);
      expect(medianDelay).toBeLessThanOrEqual(3);
    }
  }, 240_000);

  it('show half of the faults by what is unusual for the vehicle alone, without a limit and without a false episode', async () => {
    const { found, falseEpisodes } = await measureOneVehicle(flights.path);
    expect(falseEpisodes).toBe(0);
    expect(found).toBeGreaterThanOrEqual(7);
  }, 120_000);
});

const logs = sharedData('uav');
describe.skipIf(!logs.present)(
  `logs of real and crashed aircraft${logs.present ? '' : ` (skipped: ${logs.path} is absent)`}`,
  () => {
    interface Told {
      readonly start: number;
      readonly end: number;
      /** s since boot. */
      readonly clock: number;
      readonly findings: readonly { readonly name: string; readonly reason: string }[];
    }
    async function check(file: string): Promise<Told[]> {
      const { code, stdout, stderr } = await bench.start(['check', join(logs.path, file), '--no-html', '--json']).exit;
      expect(code, stderr).toBe(0);
      return JSON.parse(stdout).recordings[0].keys.flatMap(({ episodes }: { episodes: Told[] }) => episodes);
    }

    // When a motor was stopped (SERVOn_FUNCTION of PARM), or control was lost, s since boot.
    it.each([
      ['dataflash/quadx_m1.bin.gz', 70.77],
      ['dataflash/quadx_m1m4.bin.gz', 83.96],
      ['dataflash/beastayyg_log_0036_mechanical_failure.bin.gz', 368.8],
    ])(
      '%s: names what failed, within three seconds',
      async (file, failed) => {
        const [first, ...more] = await check(file);
        expect(more).toEqual([]);
        expect(first!.clock).toBeGreaterThan(failed);
        expect(first!.clock).toBeLessThan(failed + 3);
        expect(first!.findings[0]!.reason).toMatch(/^attitude: .* a motor, a propeller|^motors: number/);
      },
      60_000,
    );

    it('finds the GPS glitch that the autopilot has seen on the bench, for as long, and nothing else', async () => {
      const told = await check('brunoolivieri_2021-12-08-14-59-44.tlog.gz');
      expect(told.map(({ findings }) => findings.map(({ name }) => name))).toEqual([['GPS Glitch', 'gps_glitch_reported']]);
      // STATUSTEXT: 905.7 s to 918.0 s.
      expect(told[0]!.clock).toBeCloseTo(906, 0);
      expect((told[0]!.end - told[0]!.start) / 1_000).toBeCloseTo(12, 0);
    }, 60_000);

    it('finds an altitude hold that the estimate gives up, and nothing on the bench', async () => {
      const held = await check('dataflash/erle_pxf__copter__18-03-2014__althold_error.BIN.gz');
      expect(held.flatMap(({ findings }) => findings.map(({ name }) => name))).toContain('height_estimate');
      expect(await check('dataflash/brunoolivieri_00061-2021-11-21_18-03-38.bin.gz')).toEqual([]);
    }, 60_000);
  },
);

/** Nominal flights that limits and columns were looked at with, and those that only judge them. */
const DEVELOPMENT = [
  'nom01_auto_square_calm',
  'nom03_guided_random_wind6',
  'nom05_vertical_profile_wind3',
  'nom09_mavlink1_link',
];
const JUDGING = ['nom02_auto_survey_wind4', 'nom04_loiter_pilot_wind8', 'nom08_signed_mavlink2', 'plane_nom01_auto'];
/** Flights with a fault, and the rule that must speak of it. */
const FAULTS = [
  ['gps_b_glitch', 'gps_glitch'],
  ['motor_a_partial', 'motor_shift'],
  ['batt_a_sag', 'battery_sag'],
  ['baro_a_glitch', 'height_bad'],
  ['plane_a_airspeed', 'airspeed_wrong'],
] as const;

interface Frame {
  readonly at: number;
  readonly bytes: Buffer;
}

/** The frames of a telemetry log with their stamps, µs. */
function framesOf(path: string): Frame[] {
  const log = gunzipSync(readFileSync(path));
  const frames: Frame[] = [];
  for (let i = 0; i + 16 < log.length; ) {
    const second = log[i + 8] === 0xfd;
    const length = second ? 12 + log[i + 9]! + (log[i + 10]! & 1 ? 13 : 0) : 8 + log[i + 9]!;
    frames.push({ at: Number(log.readBigUInt64BE(i)), bytes: log.subarray(i + 8, i + 8 + length) });
    i += 8 + length;
  }
  return frames;
}

type Delivery = (frames: readonly Frame[], seed: number) => Frame[];
const inBursts: Delivery = (frames, seed) => {
  const uniform = random(seed);
  let end = 0;
  return frames.map(({ at, bytes }) => {
    while (at >= end) end = Math.max(end, at) + (0.6 + uniform() * 1.4) * 1e6;
    return { at: end, bytes };
  });
};
const reordered: Delivery = (frames, seed) => {
  const uniform = random(seed);
  return frames.map(({ at, bytes }) => ({ at: at + uniform() * 3e5, bytes })).sort((a, b) => a.at - b.at);
};
const twice: Delivery = (frames) =>
  frames.flatMap((frame) => [frame, { ...frame, at: frame.at + 95_000 }]).sort((a, b) => a.at - b.at);

/** The rules that speak of a flight as it is delivered. */
async function said(name: string, deliver: Delivery, seed: number): Promise<string[]> {
  const records = deliver(framesOf(join(flights.path, `${name}.tlog.gz`)), seed).map(({ at, bytes }) => {
    const stamp = Buffer.alloc(8);
    stamp.writeBigUInt64BE(BigInt(Math.round(at)));
    return Buffer.concat([stamp, bytes]);
  });
  const file = bench.write(`${name}.tlog`, Buffer.concat(records));
  const { checkRecording } = await import('../engine/dist/cli/recorded/check-recordings.js');
  const limits = resolve(import.meta.dirname, '..', 'plugins', 'features-uav', 'flight.yaml');
  const { report } = await checkRecording(file, limits, []);
  expect(report.late + report.ahead).toBe(0);
  return report.keys.flatMap(({ episodes, remarks }) => [
    // What flies, and nothing of how that went.
    ...remarks.filter(({ severity, describes }) => !(describes && severity === 'info')).map(({ text }) => text),
    ...episodes.flatMap(({ findings }) => findings.map((finding) => finding.name)),
  ]);
}

describe.skipIf(!flights.present)(
  `flights over links that pause${flights.present ? '' : ` (skipped: ${flights.path} is absent)`}`,
  () => {
    const deliveries = [
      ['in bursts of 0.6 to 2 s', inBursts],
      ['reordered by up to 0.3 s', reordered],
      ['twice, by two routers', twice],
    ] as const;

    it.each(deliveries)(
      'show nothing where nothing is wrong: %s',
      async (_, deliver) => {
        for (const [group, names] of [DEVELOPMENT, JUDGING].entries())
          for (const [i, name] of names.entries()) expect(await said(name, deliver, 10 * group + i), name).toEqual([]);
      },
      240_000,
    );

    it.each(deliveries)(
      'show what is wrong: %s',
      async (_, deliver) => {
        for (const [i, [name, rule]] of FAULTS.entries()) expect(await said(name, deliver, i), name).toContain(rule);
      },
      240_000,
    );
  },
);
