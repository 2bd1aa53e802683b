import { describe, expect, it } from 'vitest';
import { limitsOf } from './limits.js';

const columns = new Set(['a', 'b', 'c']);
const of = (when: string, more = {}) =>
  limitsOf({ rule: { when, severity: 'critical', for: 0, ...more } as Parameters<typeof limitsOf>[0][string] }, columns);

describe('limits of a rule', () => {
  it('are its comparisons with numbers, each with what has to hold besides', () => {
    const [a, b, ...rest] = of('a < 3 and b >= 0.5% and c == 1');
    expect(rest).toEqual([]);
    const text = 'rule: a < 3 and b >= 0.5% and c == 1';
    const flag = { column: 'c', sign: '==', value: 1 };
    expect(a).toEqual({
      ...{ column: 'a', is: 'below', value: 3, severity: 'critical', text, part: 'a < 3' },
      also: [{ column: 'b', sign: '>=', value: 0.005 }, flag],
    });
    expect(b).toMatchObject({ column: 'b', is: 'above', value: 0.005, part: 'b >= 0.5%', also: [{ column: 'a' }, flag] });
    expect(of('a > 1')[0]).not.toHaveProperty('also');
  });

  it('of a distance are two', () => {
    expect(of('abs(a) > 2').map(({ is, value }) => [is, value])).toEqual([
      ['above', 2],
      ['below', -2],
    ]);
  });

  it.each([
    ['a > 1 or b > 2', {}],
    ['a > 1 and b > c', {}],
    ['a > 1 and not (b > 2)', {}],
    ['a > 1 and abs(b) > 2', {}],
    ['a > 1', { for: 5_000 }],
    ['a > 1', { until: 'a < 0.5' }],
  ])('say that the rule %s asks for more than can be judged by them', (when, more) => {
    const [limit] = of(when, more);
    expect(limit).toMatchObject({ column: 'a', more: true });
    expect(limit).not.toHaveProperty('also');
  });
});
