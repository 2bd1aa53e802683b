import { newExplanation } from '@quantstream/engine';
import { modelLaws, TestHosts, testColumns } from '@quantstream/engine/testing';
import { afterAll, describe, expect, it } from 'vitest';
import plugin from '../src/index.js';

const hosts = new TestHosts();
afterAll(() => hosts.dispose());
const columns = testColumns('spread', 'volume');
const config = (rules: object) => plugin.config.parse({ rules });
const make = (rules: object, state = {}) => plugin.create(config(rules), state, hosts.model(columns));

/** Scores and learns one row a second. */
function run(model: ReturnType<typeof make>, spreads: readonly number[]): number[] {
  return spreads.map((spread, i) => {
    const row = Float64Array.of(spread, 1);
    const score = model.score(row, i * 1_000);
    model.learn(row, i * 1_000, 1);
    return score;
  });
}

// An outlier of the kit, twenty deviations off, is beyond these limits; ordinary rows seldom are.
modelLaws(plugin, {
  config: {
    rules: {
      far: { when: 'abs(column_0) > 2.5 or abs(column_1 - 10) > 5', until: 'abs(column_0) < 1', severity: 'critical' },
      long: { when: 'column_2 < 21', for: '2s' },
    },
  },
  columns: 3,
  rows: 300,
});

describe('a rule', () => {
  it('fires at once, scores by its severity, and stops when its condition does', () => {
    expect(run(make({ wide: { when: 'abs(spread) > 0.5%' } }), [0.004, 0.006, -0.006, 0.005])).toEqual([0, 2, 2, 0]);
    expect(run(make({ wide: { when: 'spread > 0.5%', severity: 'info' } }), [0.006])).toEqual([1]);
  });

  it('says which part is at fault, where it knows', () => {
    const model = make({ wide: { when: 'spread > 1', subsystem: 'feed' }, high: { when: 'spread > 2' } });
    const out = newExplanation(columns.length);
    const row = Float64Array.of(3, 1);
    model.score(row, 0);
    model.learn(row, 0, 1);
    model.explain!(row, out, 0);
    expect(out.topics!.map(({ name, subsystem }) => [name, subsystem])).toEqual([
      ['wide', 'feed'],
      ['high', undefined],
    ]);
    expect(plugin.config.safeParse({ rules: { wide: { when: 'spread > 1', subsystem: 'The feed' } } }).success).toBe(false);
  });

  it('waits until its condition has held for as long as asked, without a break', () => {
    const model = make({ wide: { when: 'spread > 1', for: '2s', severity: 'critical' } });
    expect(run(model, [2, 2, 0, 2, 2, 2, 2, 0])).toEqual([0, 0, 0, 0, 0, 3, 3, 0]);
  });

  it('goes on until its other condition holds', () => {
    const model = make({ wide: { when: 'spread > 5', until: 'spread < 4' } });
    expect(run(model, [6, 4.5, 4.5, 3, 4.5])).toEqual([2, 2, 2, 0, 0]);
  });

  it('ends with a missing value, but one with until waits for what is known', () => {
    expect(run(make({ wide: { when: 'spread > 5' } }), [6, Number.NaN, 6])).toEqual([2, 0, 2]);
    expect(run(make({ wide: { when: 'spread > 5', until: 'spread < 4' } }), [6, Number.NaN, 3])).toEqual([2, 2, 0]);
  });

  it('says its message with values filled in, which columns it looked at, and how bad it is; of several the worst first', () => {
    const model = make({
      wide: { when: 'spread > 1 and volume > 0', message: 'spread {spread} at volume {volume}', severity: 'critical' },
      any: { when: 'spread > 1' },
      never: { when: 'spread > 100' },
    });
    const out = newExplanation(2);
    model.explain!(Float64Array.of(2.34567, 5), out, 0);
    expect(out).toMatchObject({
      reasons: ['spread 2.35 at volume 5', 'any: spread > 1'],
      severity: 'critical',
      total: 3,
      baseline: 0,
    });
    expect([...out.contributions]).toEqual([1.5, 1.5]);
  });

  it('is refused before anything opens where it names what is not there', () => {
    const wrong = plugin.check!(
      config({ a: { when: 'spraed > 1' }, b: { when: 'spread > 1', message: '{colour}' }, c: { when: 'spread > 1' } }),
      columns,
    );
    expect(wrong).toHaveLength(2);
    expect(wrong[0]).toMatch(/^rule a, when: the model has no column "spraed".*Did you mean "spread"\?\n/);
    expect(wrong[1]).toContain('rule b: the message names {colour}');
  });
});
