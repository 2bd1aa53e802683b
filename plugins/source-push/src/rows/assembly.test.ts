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
