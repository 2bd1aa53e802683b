import { describe, expect, it } from 'vitest';
import type { BacktestReport } from '../backtest.js';
import type { EvaluationReport } from './report.js';
import { backtestSentence, evaluationSentence } from './sentence.js';

const DAY = 86_400_000;

describe('the first sentence of an evaluation', () => {
  const detector = (name: string, found: number, more: object = {}) => ({
    name,
    events: 16,
    judgedEvents: 16,
    judged: 1,
    points: [{ perDay: 1, found }],
    ...more,
  });
  const say = (own: object = {}, others: object[] = [detector('|z|', 9), detector('random', 1)], perDay = 1) =>
    evaluationSentence({
      detectors: [detector('p', 14, { points: [{ perDay, found: 14 }], ...own }), ...others],
      options: { rates: [perDay] },
      unjudged: { learning: 400, 'missing: x': 2 },
    } as unknown as EvaluationReport);

  it('says what is found, at which price, beside the plainest detector, and how much was not judged', () => {
    expect(say({ judged: 0.97 })).toBe(
      'Finds 14 of 16 events at 1 false episode a day, |z| 9; 3.0 % of the time was not judged.',
    );
    expect(say({}, [detector('other', 15), detector('|z|', 9), detector('random', 1)], 10)).toBe(
      'Finds 14 of 16 events at 10 false episodes a day, other 15, |z| 9.',
    );
    expect(say({ judgedEvents: 14, judged: 0.99999 })).toContain('; of 2 events no row was judged; less than 0.1 % of the time');
  });

  it('says so where chance finds as much', () => {
    expect(say({}, [detector('|z|', 9), detector('random', 14)])).toContain('; chance finds as many.');
    expect(say({}, [detector('|z|', 9), detector('random', 15)])).toContain('; chance finds more.');
  });

  it('claims nothing where nothing was judged, or nothing was to be found', () => {
    expect(say({ judged: 0 })).toBe(
      'No row could be judged: learning (400 rows), missing: x (2 rows); none of 16 events could be found.',
    );
    expect(say({ events: 0 })).toContain('No labelled event lies in the recording');
  });
});

describe('the first sentence of a backtest', () => {
  const key = (anomaliesPerDay: number, days: number) => ({ anomaliesPerDay, days });
  const say = (more: object) =>
    backtestSentence({
      keys: [key(3.75, 3.2)],
      episodes: Array.from({ length: 12 }),
      judged: 1,
      from: 0,
      to: 3.2 * DAY,
      unjudged: { learning: 5 },
      ...more,
    } as unknown as BacktestReport);

  it('says how many, how often, and against which budget', () => {
    expect(say({ perDay: 1 })).toBe('12 episodes in 3.2 days: 3.8 odd rows a day against a budget of 1; all of it judged.');
    expect(say({ judged: 0.9 })).toBe('12 episodes in 3.2 days: 3.8 a day; 10 % of the time was not judged.');
    expect(say({ keys: [key(3, 3.2), key(1, 3.2)], perDay: 1 })).toContain(
      'of 2 keys: 2 odd rows a day and key against a budget of 1',
    );
    expect(say({ keys: [key(3, 3.2), key(1, 3.2)], perDay: 1, of: 'pipeline' })).toContain(
      'of 2 keys: 4.1 odd rows a day of all keys together against a budget of 1',
    );
    expect(say({ episodes: [] })).toBe('No episode in 3.2 days; all of it judged.');
  });

  it('makes up no day that was not recorded', () => {
    expect(say({ keys: [key(240, 1 / 24)], to: DAY / 24, perDay: 12 })).toBe(
      '12 episodes in 60 min: 10 odd rows, where a budget of 12 a day allows 0.5; all of it judged.',
    );
    expect(say({ keys: [key(240, 1 / 24)], to: DAY / 24 })).toBe('12 episodes in 60 min; all of it judged.');
  });

  it('says first that no row could be judged', () =>
    expect(say({ judged: 0, episodes: [], keys: [key(Number.NaN, 0)] })).toBe('No row could be judged: learning (5 rows).'));
});
