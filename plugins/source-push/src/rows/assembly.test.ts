import { type ColumnPlan, columnsOf } from '@quantstream/engine/metrics';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { configSchema } from '../config.js';
import { Assembly } from './assembly.js';
import { Push } from './push.js';
import { Known } from './series.js';

const columns = (given: object): ColumnPlan[] => columnsOf(configSchema.parse({ key: 'host', columns: given }));
const refuse = () => {};

/** An assembly, and what it tells. */
function assembly(plans: readonly ColumnPlan[], join = 100) {
  const told: string[] = [];
  const known = new Known(plans, ['host'], 1_000, () => {});
  const one = new Assembly(plans, { type: 'reading', round: 0, join }, (reason) => void told.push(reason));
  const directory = known.directory('', '', refuse);
  const add = (
    host: string,
    metric: string,
    time: number,
    value: number,
    push = new Push(),
    now = 0,
    more: [string, string][] = [],
  ) => {
    const labels = new Map([['host', host], ...more]);
    const identity = JSON.stringify([metric, ...labels]);
    one.add((directory.find(identity) ?? directory.make(identity, metric, labels))!, time, value, push, now);
    return push;
  };
  return { one, add, told, known, directory };
}

describe('observations out of samples', () => {
  it.each([
    ['sum', 9],
    ['mean', 3],
    ['min', 2],
    ['max', 4],
    ['first', 3],
  ] as const)('have the %s of several series in one column', (combine, expected) => {
    const { one, add } = assembly(columns({ cpu: { metric: 'cpu', combine } }));
    [3, 2, 4].forEach((value, core) => {
      add('a', 'cpu', 1_000, value, new Push(), 0, [['core', String(core)]]);
    });
    one.tick(100);
    one.release(0);
    expect(one.take().map(({ values }) => values)).toEqual([{ cpu: expected }]);
  });

  it('have times of whole milliseconds, however finely these were stamped', () => {
    const { one, add } = assembly(columns({ cpu: 'cpu' }));
    for (const time of [1_000.25, 1_000.75, 2_000.5]) add('a', 'cpu', time, 1);
    one.tick(100);
    one.release(0);
    expect(one.take().map(({ time, sequence }) => [time, sequence])).toEqual([
      [1_000, 1_000],
      [2_000, 2_000],
    ]);
  });

  it.each([
    ['sum', 6],
    ['mean', 3],
    ['max', 4],
  ] as const)('have the %s of the rates of several series, of which one goes, one comes and one begins anew', (combine, both) => {
    const { one, add } = assembly(columns({ cpu: { metric: 'cpu', kind: 'rate', combine }, total: 'cpu' }));
    const say = (time: number, pods: Record<string, number>) => {
      for (const [pod, value] of Object.entries(pods)) add('a', 'cpu', time, value, new Push(), 0, [['pod', pod]]);
      one.tick(100);
      one.release(0);
      return one.take().map(({ values }) => values);
    };
    // The first sample of a series has no rate.
    expect(say(1_000, { x: 1_000, y: 5_000 })).toEqual([{ total: 6_000 }]);
    expect(say(11_000, { x: 1_020, y: 5_040 })).toEqual([{ cpu: both, total: 6_060 }]);
    expect(say(21_000, { x: 1_040, z: 7 })).toEqual([{ cpu: 2, total: 1_047 }]);
    expect(say(31_000, { x: 20, z: 47 })).toEqual([{ cpu: both, total: 67 }]);
    // A gap is a longer stretch, not a faster one.
    expect(say(51_000, { x: 60, z: 47 + 80 })).toEqual([{ cpu: both, total: 187 }]);
  });

  it('have the rates by the times of the samples, however these are rounded', () => {
    const one = new Assembly(
      columns({ cpu: { metric: 'cpu', kind: 'rate' } }),
      { type: 'reading', round: 60_000, join: 0 },
      refuse,
    );
    const series = new Known(columns({ cpu: { metric: 'cpu', kind: 'rate' } }), ['host'], 10, refuse)
      .directory('', '', refuse)
      .make('cpu', 'cpu', new Map([['host', 'a']]))!;
    for (const [time, value] of [
      [59_000, 10],
      [61_000, 20],
      [179_000, 138],
    ] as const) {
      one.add(series, time, value, new Push(), 0);
      one.tick(100);
    }
    one.release(0);
    expect(one.take().map(({ time, values }) => [time, values])).toEqual([
      [60_000, { cpu: 5 }],
      [120_000, { cpu: 1 }],
    ]);
  });

  it('have the rates of what says its growth instead of a total', () => {
    const plans = columns({ cpu: { metric: 'cpu', kind: 'rate' } });
    const { one, known } = assembly(plans);
    const series = known.directory('', '', refuse).make(
      'cpu',
      'cpu',
      new Map([
        ['host', 'a'],
        ['temporality', 'delta'],
      ]),
    )!;
    for (const [time, value] of [
      [10_000, 50],
      [20_000, 50],
      [30_000, 20],
      [50_000, 40],
    ] as const) {
      one.add(series, time, value, new Push(), 0);
      one.tick(100);
      one.release(0);
    }
    expect(one.take().map(({ time, values }) => [time, values.cpu])).toEqual([
      [20_000, 5],
      [30_000, 2],
      [50_000, 2],
    ]);
  });

  it('have the rates of the counters of objects as well', () => {
    const plans = columns({ cpu: { metric: 'cpu', kind: 'rate' }, load: 'load' });
    const { one, known } = assembly(plans);
    const entity = known.entity('a', '');
    for (const [time, cpu] of [
      [1_000, 10],
      [3_000, 14],
      [4_000, Number.NaN],
      [5_000, 6],
    ] as const)
      one.record(entity, time, Float64Array.of(cpu, 1), new Push(), 0);
    one.tick(0);
    one.release(0);
    expect(one.take().map(({ values }) => values)).toEqual([{ load: 1 }, { cpu: 2, load: 1 }, { load: 1 }, { cpu: 3, load: 1 }]);
  });

  it('are dropped where they lack what is not optional', () => {
    const plans = columnsOf(configSchema.parse({ key: 'host', columns: ['a', 'b'], optional: ['b'] }));
    const { one, add, told } = assembly(plans);
    add('x', 'b', 1_000, 1);
    const push = add('x', 'a', 2_000, 1);
    one.tick(100);
    one.release(0);
    expect(one.take().map(({ time }) => time)).toEqual([2_000]);
    expect(told).toEqual(['missing_value']);
    expect([push.open, push.upTo]).toEqual([0, 1]);
  });

  it('are known again when they are sent once more, and not what of them had not come', () => {
    const { one, add, told } = assembly(columns({ a: 'a', b: 'b' }));
    for (const time of [1_000, 2_000, 3_000, 4_000]) {
      add('x', 'a', time, 1);
      if (time !== 3_000) add('x', 'b', time, 1);
      // The first one and the one that lacks something are waited for.
      one.settle(new Push(), time);
      one.tick(time + 100);
    }
    one.release(0);
    expect(one.take()).toHaveLength(4);
    for (const time of [2_000, 3_000, 4_000]) add('x', 'a', time, 1);
    expect(told).toEqual(['repeated', 'out_of_order', 'repeated']);
  });

  it('are the same, each once and in order, however samples are dealt over requests and however long those take', () => {
    const sample = fc.record({
      host: fc.integer({ min: 0, max: 3 }),
      step: fc.integer({ min: 0, max: 5 }),
      metric: fc.constantFrom('a', 'b', 'c'),
    });
    fc.assert(
      fc.property(
        fc.uniqueArray(sample, { selector: ({ host, step, metric }) => `${host} ${step} ${metric}`, maxLength: 60 }),
        fc.array(fc.integer({ min: 1, max: 9 })),
        (samples, cuts) => {
          // Of each series in order of time, as all senders have it.
          samples.sort((one, other) => one.step - other.step);
          const { one, add, told } = assembly(columns({ a: 'a', b: 'b', c: 'c' }), 1e9);
          const pushes: Push[] = [];
          for (let at = 0, cut = 0; at < samples.length; cut++) {
            const push = new Push();
            const count = cuts[cut % Math.max(1, cuts.length)] ?? 5;
            for (const { host, step, metric } of samples.slice(at, at + count))
              add(`host-${host}`, metric, 1_000 * step + host, step, push, cut);
            one.settle(push, cut);
            pushes.push(push);
            at += count;
          }
          // Time goes on for those that lack something.
          one.tick(1e12);
          one.release(0);
          const taken = one.take();
          const late = told.filter((reason) => reason === 'late').length;
          expect(told.length).toBe(late);
          const values = taken.flatMap(({ key, time, values: found }) =>
            Object.keys(found).map((name) => `${key} ${time} ${name}`),
          );
          expect(new Set(values).size).toBe(values.length);
          expect(values.length + late).toBe(samples.length);
          expect(taken.map(({ time }) => time)).toEqual(taken.map(({ time }) => time).sort((a, b) => a - b));
          expect(new Set(taken.map(({ key, time }) => `${key} ${time}`)).size).toBe(taken.length);
          for (const push of pushes) expect([push.open, push.upTo <= taken.length]).toEqual([0, true]);
          expect(one.open + one.untaken).toBe(0);
        },
      ),
    );
  });
});

describe('what is remembered', () => {
  it('is bounded, whatever keys are made up', () => {
    const { known, directory } = assembly(columns({ a: 'a' }));
    for (let i = 0; i < 50_000; i++) {
      directory.make(`identity ${i}`, 'a', new Map([['host', `host-${i}`]]));
      known.entity(`other-${i}`, '');
    }
    expect(known.entities.size).toBeLessThanOrEqual(1_001);
    expect(known.size).toBeLessThanOrEqual(1_001);
  });
});
