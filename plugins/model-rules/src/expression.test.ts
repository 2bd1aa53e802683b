import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ExpressionError, readCondition } from './expression.js';

const COLUMNS = ['spread', 'volume', 'fix'];
const ask = (text: string, spread = 0.006, volume = 10, fix = Number.NaN) =>
  readCondition(text, COLUMNS).of(Float64Array.of(spread, volume, fix));

describe('conditions', () => {
  it.each<[string, boolean | undefined]>([
    ['spread > 0.005', true],
    ['spread > 0.5%', true],
    ['abs(-spread) >= 0.006 and volume < 11', true],
    ['spread > 1 or volume == 10', true],
    ['not spread > 1', true],
    ['not (spread < 1 and volume > 1)', false],
    ['spread * 1000 - 1 > 2 + 3 * 1', false],
    ['-spread < -5e-3', true],
    ['max(spread, volume / 5, 1) == 2', true],
    ['min(volume, 3) != 3', false],
    ['1 < 2 or 1 < 0 and 1 < 0', true],
    ['2 - 1 - 1 == 0', true],
  ])('%s is %s', (text, expected) => {
    expect(ask(text)).toBe(expected);
  });

  it('are unknown where a value is missing, unless the rest decides', () => {
    expect(ask('fix < 3')).toBeUndefined();
    expect(ask('not fix < 3')).toBeUndefined();
    expect(ask('fix < 3 and volume > 100')).toBe(false);
    expect(ask('fix < 3 or volume > 1')).toBe(true);
    expect(ask('fix < 3 or volume > 100')).toBeUndefined();
    expect(ask('max(fix, 1) > 0')).toBeUndefined();
    expect(ask('volume / 0 > 1')).toBeUndefined();
  });

  it('know the columns that they name, each once', () => {
    expect(readCondition('volume > 1 and spread > volume', COLUMNS).columns).toEqual([0, 1]);
    expect(readCondition('1 > 0', COLUMNS).columns).toEqual([]);
  });

  it.each([
    ['spraed > 1', 'the model has no column "spraed"; it has spread, volume, fix. Did you mean "spread"?', 0],
    ['spread >', 'found the end', 8],
    ['spread > 1 volume', 'found "volume"', 11],
    ['spread', 'a number stands where a condition is expected', 0],
    ['(spread > 1) + 2 > 1', 'a condition stands where a number is expected', 13],
    ['spread > 1 & volume > 2', '"&" means nothing here', 11],
    ['sqrt(spread) > 1', 'there is no function "sqrt"; there are abs, min, max', 0],
    ['abs(spread, 1) > 1', 'abs takes 1 values, not 2', 0],
    ['(spread > 1', 'expected ")", found the end', 11],
    ['spread > 1 and', 'found the end', 14],
    ['1 < spread < 2', 'found "<"', 11],
  ])('%s is refused, and the place is shown', (text, message, at) => {
    let error: unknown;
    try {
      readCondition(text, COLUMNS);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(ExpressionError);
    const lines = (error as Error).message.split('\n');
    expect(lines[0]).toContain(message);
    expect(lines[1]!.slice(4)).toBe(text);
    expect(lines[2]!.indexOf('^') - 4).toBe(at);
  });

  it('of any text are either read or refused, never anything else', () => {
    const pieces = fc.constantFrom(
      'spread',
      'volume',
      '1',
      '0.5%',
      '(',
      ')',
      '<',
      '>=',
      'and',
      'or',
      'not',
      'abs',
      ',',
      '+',
      '-',
      '/',
      '§',
      ' ',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 14 }), (parts) => {
        try {
          expect([true, false, undefined]).toContain(readCondition(parts.join(' '), COLUMNS).of(Float64Array.of(1, 2, 3)));
        } catch (error) {
          expect(error).toBeInstanceOf(ExpressionError);
        }
      }),
      { numRuns: 2_000, seed: 1 },
    );
  });
});
