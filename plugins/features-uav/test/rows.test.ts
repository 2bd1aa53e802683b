import type { Observation, Rows } from '@quantstream/engine';
import { TestHosts } from '@quantstream/engine/testing';
import { afterAll, describe, expect, it } from 'vitest';
import plugin from '../src/index.js';
import { battery, jumble, makeFlight, observe, T } from './telemetry.js';

const hosts = new TestHosts();
afterAll(() => hosts.dispose());

interface Row {
  /** ms after T. */
  readonly at: number;
  readonly [column: string]: number;
}

/** Drives an extractor as the engine does, and flushes it at the end unless told not to. */
function rowsOf(
  observations: readonly Observation[],
  raw: object = {},
  { lateness = 0, until = Number.POSITIVE_INFINITY } = {},
): Row[] {
  const config = plugin.config.parse(raw);
  const extractor = plugin.create(config, plugin.initialState(config), hosts.host());
  const { columns } = plugin.row(config);
  const rows: Row[] = [];
  const pending: { at: number; values: Float64Array }[] = [];
  const sink: Rows = {
    next(time) {
      pending.push({ at: time - T, values: new Float64Array(columns.length).fill(Number.NaN) });
      return pending.at(-1)!.values;
    },
  };
  let wake = Number.POSITIVE_INFINITY;
  let watermark = Number.NEGATIVE_INFINITY;
  const advanceTo = (time: number) => {
    watermark = Math.max(watermark, time);
    while (wake <= watermark) wake = extractor.advance!(wake, sink);
  };
  for (const observation of observations) {
    advanceTo(observation.time - lateness);
    extractor.update(observation, sink);
    if (wake === Number.POSITIVE_INFINITY) wake = extractor.advance!(watermark, sink);
  }
  if (Number.isFinite(until)) advanceTo(T + until);
  else extractor.advance!(Number.POSITIVE_INFINITY, sink);
  for (const { at, values } of pending) rows.push({ at, ...Object.fromEntries(columns.map(({ name }, i) => [name, values[i]])) });
  return rows;
}

describe('telemetry rows', () => {
  it('average voltage, current and vibration since the row before, and take the latest of the rest', () => {
    const rows = rowsOf([
      battery(100, 12, 10),
      battery(900, 11, 20),
      observe('vibration', 200, { vibration_x: 1, vibration_y: 3, vibration_z: 2 }),
      observe('vibration', 700, { vibration_x: 5, vibration_y: 0, vibration_z: 4 }),
      observe('gps_raw_int', 300, { satellites_visible: 9 }),
      observe('gps_raw_int', 800, { satellites_visible: 10 }),
      observe('global_position_int', 950, { lat: -35.5, lon: 149.25, relative_alt: 20.5 }),
      battery(1_000, 10, 30),
    ]);
    expect(rows).toEqual([
      {
        at: 1_000,
        latitude: -35.5,
        longitude: 149.25,
        age: 0.05,
        voltage: 11.5,
        current: 15,
        vibration: 4,
        satellites: 10,
        altitude: 20.5,
      },
      {
        at: 2_000,
        latitude: -35.5,
        longitude: 149.25,
        age: 1,
        voltage: 10,
        current: 30,
        vibration: 5,
        satellites: 10,
        altitude: 20.5,
      },
    ]);
  });

  it('hold a value until it is older than staleAfter, and then miss it while others go on', () => {
    const observations = [
      battery(500, 12, 10),
      ...[1_500, 2_500, 3_500, 4_500].map((ms) => observe('gps_raw_int', ms, { satellites_visible: 8 })),
    ];
    const rows = rowsOf(observations);
    expect(rows.map(({ at, voltage, satellites }) => [at, voltage, satellites])).toEqual([
      [1_000, 12, Number.NaN],
      [2_000, 12, 8],
      [3_000, 12, 8],
      [4_000, Number.NaN, 8],
      [5_000, Number.NaN, 8],
    ]);
  });

  it('miss a field that its sender left out, though the rest of the message is there', () => {
    const rows = rowsOf([battery(500, 12), observe('gps_raw_int', 600, {}), observe('vibration', 700, { vibration_z: 2 })]);
    expect(rows).toMatchObject([{ voltage: 12, current: Number.NaN, satellites: Number.NaN, vibration: 2 }]);
  });

  it('go on for staleAfter in a silence, then stop, and begin again with the next observation', () => {
    const rows = rowsOf([battery(500, 12, 10), battery(60_100, 11, 12)]);
    expect(rows.map(({ at, voltage, age }) => [at, voltage, age])).toEqual([
      [1_000, 12, 0.5],
      [2_000, 12, 1.5],
      [3_000, 12, 2.5],
      [61_000, 11, 0.9],
    ]);
    expect(rowsOf([battery(500, 12)], {}, { until: 100_000 }).map(({ at }) => at)).toEqual([1_000, 2_000, 3_000]);
  });

  it('are not made up at the end of a recording', () => {
    expect(rowsOf([battery(500, 12), battery(1_200, 12)]).map(({ at }) => at)).toEqual([1_000, 2_000]);
  });

  it('are the same when observations come late, if lateness allows for them', () => {
    const flight = makeFlight(500);
    const inOrder = rowsOf(flight);
    const late = rowsOf(jumble(flight, 2_500), {}, { lateness: 2_500 });
    expect(late).toHaveLength(inOrder.length);
    late.forEach((row, i) => {
      // A mean is a sum in another order; everything else is exact.
      for (const [name, value] of Object.entries(row)) {
        if (Number.isNaN(value)) expect(inOrder[i][name], name).toBeNaN();
        else expect(value, name).toBeCloseTo(inOrder[i][name], 9);
      }
    });
  });
});

describe('the declaration', () => {
  it('lets a column be left out that the vehicle cannot fill, and names what each needs', () => {
    const { columns } = plugin.row(plugin.config.parse({ columns: ['satellites'] }));
    expect(columns.map(({ name, role, needs }) => [name, role, needs])).toEqual([
      ['latitude', 'context', undefined],
      ['longitude', 'context', undefined],
      ['age', 'context', undefined],
      ['satellites', 'feature', ['gps_raw_int.satellites_visible']],
    ]);
    const consumes = plugin.consumes(plugin.config.parse({}));
    for (const { needs } of plugin.catalogue!) {
      for (const [type, field] of (needs ?? []).map((need) => need.split('.')))
        expect(consumes[type][field]).toMatchObject({ optional: true });
    }
  });

  it('refuses values that are stale before the next row, and columns that are unknown or chosen twice', () => {
    const problems = (raw: object) => plugin.config.safeParse(raw).error?.issues.map(({ path }) => path.join('.'));
    expect(problems({ every: '5s' })).toEqual(['staleAfter']);
    expect(problems({ columns: ['voltage', 'voltage'] })).toEqual(['columns.1']);
    expect(problems({ columns: ['volts'] })).toEqual(['columns.0']);
    expect(problems({ every: '0.5ms' })).toEqual(['every']);
    expect(problems({ every: '5s', staleAfter: '5s' })).toBeUndefined();
  });
});
