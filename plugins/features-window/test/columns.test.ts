import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import plugin from '../src/index.js';
import { readings, rowsOf, START } from './rows.js';

interface Sample {
  readonly t: number;
  readonly x: number;
}

const mean = (list: readonly number[]) => list.reduce((sum, x) => sum + x, 0) / list.length;
const deviation = (list: readonly number[]) =>
  Math.sqrt(list.reduce((sum, x) => sum + (x - mean(list)) ** 2, 0) / (list.length - 1));

/** Each family as its formula says, from the present values of a window; `before` holds those of the window that ends before the row. */
const PLAINLY: Record<string, (inside: readonly Sample[], before: readonly Sample[], x: number) => number> = {
  mean: (inside) => mean(inside.map(({ x }) => x)),
  deviation: (inside) => (inside.length < 2 ? Number.NaN : deviation(inside.map(({ x }) => x))),
  slope: (inside) => {
    const [t, x] = [mean(inside.map((one) => one.t)), mean(inside.map((one) => one.x))];
    const square = inside.reduce((sum, one) => sum + (one.t - t) ** 2, 0);
    return inside.reduce((sum, one) => sum + (one.t - t) * (one.x - x), 0) / square;
  },
  min: (inside) => Math.min(...inside.map(({ x }) => x)),
  max: (inside) => Math.max(...inside.map(({ x }) => x)),
  range: (inside) => Math.max(...inside.map(({ x }) => x)) - Math.min(...inside.map(({ x }) => x)),
  z: (_, before, x) => {
    if (before.length < 2 || Number.isNaN(x)) return Number.NaN;
    const values = before.map((one) => one.x);
    return x === mean(values) ? 0 : (x - mean(values)) / deviation(values);
  },
};

describe('a windowed column', () => {
  const step = fc.tuple(
    fc.double({ min: 0.1, max: 5, noNaN: true }),
    fc.option(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { freq: 5 }),
  );
  const columns = Object.keys(PLAINLY).flatMap((family) => [`x_${family}_6`, `x_${family}_9s`]);

  it('is what its formula says, by rows and by time, whatever came before and whatever is missing', () => {
    fc.assert(
      fc.property(fc.array(step, { minLength: 12, maxLength: 60 }), fc.boolean(), (steps, wild) => {
        let seconds = 0;
        const samples = steps.map(([passes, value], i): Sample => {
          seconds += passes;
          // A value that would leave nothing of the others if it were added and taken away again.
          return { t: Math.round(seconds * 1_000) / 1_000, x: wild && i === 4 ? 1e15 : (value ?? Number.NaN) };
        });
        const rows = rowsOf({ columns }, readings(...samples.map(({ t, x }) => [t, Number.isNaN(x) ? {} : { x }] as const)));
        expect(rows).toHaveLength(samples.length);
        samples.forEach(({ t, x }, i) => {
          const present = (list: readonly Sample[]) => list.filter((one) => !Number.isNaN(one.x));
          const byRows = present(samples.slice(Math.max(0, i - 5), i + 1));
          const beforeRows = present(samples.slice(Math.max(0, i - 6), i));
          const byTime = present(samples.slice(0, i + 1).filter((one) => one.t > t - 9));
          const beforeTime = present(samples.slice(0, i).filter((one) => one.t > t - 9));
          for (const [family, plainly] of Object.entries(PLAINLY)) {
            const full = i >= (family === 'z' ? 6 : 5);
            close(
              rows[i]![`x_${family}_6`]!,
              full && (byRows.length > 0 || family === 'z') ? plainly(byRows, beforeRows, x) : Number.NaN,
              family,
            );
            const told = t - samples[0]!.t >= 9 && (byTime.length > 0 || family === 'z');
            close(rows[i]![`x_${family}_9s`]!, told ? plainly(byTime, beforeTime, x) : Number.NaN, family);
          }
        });
      }),
      { seed: 3, numRuns: 150 },
    );
  });

  function close(actual: number, expected: number, family: string): void {
    if (Number.isNaN(expected) || (family === 'z' && Math.abs(expected) >= 1e4)) {
      if (Number.isNaN(expected)) expect(actual, family).toBeNaN();
      else expect(Math.abs(actual)).toBe(1e4);
      return;
    }
    expect(Math.abs(actual - expected), `${family}: ${actual} and not ${expected}`).toBeLessThanOrEqual(
      1e-6 * (1 + Math.abs(expected)),
    );
  }

  it('looks back by rows, and by time at what is that old and less than twice that', () => {
    const columns = ['x_lag_2', 'x_change_2', 'x_lag_10s', 'x_change_10s'];
    const rows = rowsOf({ columns }, readings([0, { x: 1 }], [4, { x: 2 }], [10, { x: 4 }], [15, { x: 8 }], [40, { x: 16 }]));
    expect(rows.map(({ time: _, ...row }) => Object.values(row))).toEqual([
      [Number.NaN, Number.NaN, Number.NaN, Number.NaN],
      [Number.NaN, Number.NaN, Number.NaN, Number.NaN],
      [1, 3, 1, 3],
      [2, 6, 2, 6],
      [4, 12, Number.NaN, Number.NaN],
    ]);
  });

  it('has no scale where nothing ever moved: the slightest move is as far out as can be', () => {
    const rows = rowsOf(
      { columns: ['x_z_3'] },
      readings([0, { x: 5 }], [1, { x: 5 }], [2, { x: 5 }], [3, { x: 5 }], [4, { x: 5.1 }]),
    );
    expect(rows.map((row) => row.x_z_3)).toEqual([Number.NaN, Number.NaN, Number.NaN, 0, 1e4]);
  });
});

describe('a plain column', () => {
  it('gives the rate of a counter, which begins anew at 0 when it falls', () => {
    const rows = rowsOf(
      { columns: ['sent_rate'] },
      readings([0, { sent: 100 }], [10, { sent: 150 }], [12, {}], [20, { sent: 200 }], [25, { sent: 10 }]),
    );
    expect(rows.map((row) => row.sent_rate)).toEqual([Number.NaN, 5, Number.NaN, 5, 2]);
  });

  it('says how long a value has stood still, through what is missing', () => {
    const rows = rowsOf(
      { columns: ['x_since_change'] },
      readings([0, { x: 1 }], [5, { x: 1 }], [7, {}], [9, { x: 1 }], [12, { x: 2 }]),
    );
    expect(rows.map((row) => row.x_since_change)).toEqual([0, 5, Number.NaN, 9, 0]);
  });

  it('knows the time of day and week: the start is a Monday', () => {
    const columns = ['hour_sin', 'hour_cos', 'weekday_sin', 'weekday_cos'];
    const [midnight, six, noon] = rowsOf({ columns, values: ['x'] }, readings([0, {}], [6 * 3_600, {}], [12 * 3_600, {}]));
    expect(columns.map((name) => midnight![name])).toEqual([0, 1, 0, 1].map((x) => expect.closeTo(x, 6)));
    expect([six!.hour_sin, six!.hour_cos, noon!.hour_cos]).toEqual([1, 0, -1].map((x) => expect.closeTo(x, 6)));
  });

  it('are conditions where they are of the clock: nobody is told of the hour, and a pipeline without models leaves it out', () => {
    const config = plugin.config.parse({ units: { x: '1' }, columns: ['x', 'hour_sin', 'weekday_cos'] });
    expect(plugin.row(config).columns.map(({ name, role }) => [name, role])).toEqual([
      ['x', 'feature'],
      ['hour_sin', 'condition'],
      ['weekday_cos', 'condition'],
    ]);
  });
});

describe('rows at one rate', () => {
  it('stand for what was heard before them, by the mean or otherwise', () => {
    const observations = readings([0, { x: 1 }], [9, { x: 4 }], [4, { x: 1 }], [10, { x: 7 }], [25, { x: 9 }]);
    const take = (how: string) => rowsOf({ columns: ['x'], every: '10s', take: how }, observations, 6_000).map(({ x }) => x);
    expect(take('mean')).toEqual([2, 7, 9]);
    expect(take('last')).toEqual([4, 7, 9]);
    expect(take('min')).toEqual([1, 7, 9]);
    expect(take('max')).toEqual([4, 7, 9]);
    expect(take('sum')).toEqual([6, 7, 9]);
    expect(rowsOf({ columns: ['x'], every: '10s' }, observations, 6_000).map(({ time }) => time - START)).toEqual([
      10_000, 20_000, 30_000,
    ]);
  });

  it('go on through a silence with missing values, for as long as is said', () => {
    const observations = readings([0, { x: 1 }], [35, { x: 2 }], [200, { x: 3 }]);
    const rows = rowsOf({ columns: ['x', 'x_missing_share_4'], every: '10s', silence: '40s' }, observations);
    expect(rows.map(({ time, x }) => [(time - START) / 1_000, x])).toEqual([
      [10, 1],
      [20, Number.NaN],
      [30, Number.NaN],
      [40, 2],
      [50, Number.NaN],
      [60, Number.NaN],
      [70, Number.NaN],
      [210, 3],
    ]);
    expect(rows.slice(3).map((row) => row.x_missing_share_4)).toEqual([0.5, 0.75, 0.75, 0.75, 0.75]);
  });
});

describe('the configuration', () => {
  it.each([
    [{ columns: ['cpu_mean_0'] }, 'the window of "cpu_mean_0" is to be'],
    [{ columns: ['cpu_deviation_1'] }, 'from 2 to'],
    [{ columns: ['cpu', 'cpu'] }, '"cpu" is chosen twice'],
    [{ columns: ['cpu_mean_12'], values: ['gpu'] }, '"cpu" is none of the values gpu; did you mean "gpu"?'],
    [{ columns: ['cpu_meen_12'], values: ['cpu'] }, '"cpu_meen_12" is no column'],
    [{ columns: ['cpu'], units: { memory: '%' } }, 'no column is made of "memory"'],
    [{ columns: ['cpu'], silence: '1m' }, 'there is no telling silence'],
    [{ columns: ['cpu'], every: '1m', silence: '1s' }, 'silence is shorter than every'],
  ])('%j is refused', (wrong, why) => {
    expect(JSON.stringify(plugin.config.safeParse(wrong).error?.issues)).toContain(why.replaceAll('"', '\\"'));
  });

  it('takes a field for itself whose name ends like a column, where it is told so', () => {
    const plain = { columns: ['disk_rate', 'disk_rate_mean_3'] };
    const fields = (raw: object) => Object.keys(plugin.consumes(plugin.config.parse(raw)).reading!);
    expect(fields(plain)).toEqual(['disk', 'disk_rate']);
    expect(fields({ ...plain, values: ['disk_rate'] })).toEqual(['disk_rate']);
  });

  it('asks for units only where they are given, and says them of columns', () => {
    const config = plugin.config.parse({ columns: ['cpu_slope_5m', 'load_mean_5m'], units: { cpu: '%' } });
    expect(plugin.consumes(config)).toEqual({
      reading: { cpu: { unit: '%', optional: true }, load: { unit: '*', optional: true } },
    });
    expect(plugin.row(config).columns.map(({ unit, needs }) => [unit, needs])).toEqual([
      ['%/s', ['reading.cpu']],
      ['1', ['reading.load']],
    ]);
  });
});
