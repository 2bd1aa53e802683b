import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { measureFlights, measureHalves, measureOneVehicle, summaryOf } from '../scripts/flights.mjs';
import { Bench, sharedData } from './support.js';

const bench = new Bench();
afterAll(() => bench.dispose());

const flights = sharedData('uav', 'sitl');
describe.skipIf(!flights.present)(`recorded flights${flights.present ? '' : ` (skipped: ${flights.path} is absent)`}`, () => {
  it('show every fault within three seconds by the median, and nothing in the flights without', async () => {
    const results = await measureFlights(flights.path);
    const summary = summaryOf(results);
    expect(summary).toMatchObject({ flights: 24, events: 16, nominalFlights: 9 });
    expect(
      results.flatMap(({ name, events }) =>
        events.filter(({ delay }) => Number.isNaN(delay)).map(({ kind }) => `${kind} of ${name}`),
      ),
    ).toEqual([]);
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
      expect(told.map(({ findings }) => findings.map(({ name }) => name))).toEqual([['gps_glitch_reported']]);
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
