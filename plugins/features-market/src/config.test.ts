import { describe, expect, it } from 'vitest';
import { choose, configSchema } from './config.js';

function issuesOf(config: unknown): string[] {
  const { error } = configSchema.safeParse(config);
  return (error?.issues ?? []).map((issue) => `${issue.path.join('.')}: ${issue.message}`);
}

describe('configuration', () => {
  it('has the bars and columns of the trained model as defaults', () => {
    expect(configSchema.parse({})).toEqual({
      input: 'trades',
      bar: 1_000,
      empty: 'skip',
      carryFor: 3_600_000,
      columns: ['rsi_14', 'volatility_20', 'volume_change'],
    });
  });

  it.each([
    ['rsi14', 'rsi_14'],
    ['rsi', 'rsi_20'],
    ['RSI_14', 'rsi_14'],
    ['volatilty_30', 'volatility_30'],
    ['volume_chnage', 'volume_change'],
    ['volume_change_20', 'volume_change'],
    ['rsi_014', 'rsi_14'],
    ['return_volatility', 'return_volatility_20'],
  ])('does not know %s and names the nearest column, %s', (wrong, right) => {
    expect(issuesOf({ columns: ['log_return', wrong] })).toEqual([
      `columns.1: no column is called "${wrong}"; did you mean ${right}?`,
    ]);
  });

  it('names all mistakes at once, with their places', () => {
    const issues = issuesOf({ columns: ['rsi_1', 'range', 'range', 'volatility_100001'] });
    expect(issues).toEqual([
      'columns.0: "rsi_1": the window is 1 bars, expected 2 to 100000',
      'columns.2: "range" is chosen twice',
      'columns.3: "volatility_100001": the window is 100001 bars, expected 2 to 100000',
    ]);
  });

  it('tells the plain column from the windowed one of the same name', () => {
    expect(choose('log_return')).toMatchObject({ window: 0, family: { windowed: false } });
    expect(choose('log_return_60')).toMatchObject({ window: 60, family: { windowed: true } });
  });

  it('refuses bars of parts of a millisecond, no columns and unknown keys', () => {
    expect(issuesOf({ bar: '0.5ms' })[0]).toMatch(/^bar: expected whole milliseconds/);
    expect(issuesOf({ columns: [] })).toHaveLength(1);
    expect(issuesOf({ bars: '1s' })[0]).toMatch(/bars/);
    expect(configSchema.parse({ bar: '5m' }).bar).toBe(300_000);
  });
});
