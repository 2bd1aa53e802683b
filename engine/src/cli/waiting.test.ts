import { describe, expect, it } from 'vitest';
import { waitingOf } from './waiting.js';

const model = (decides: boolean) => ({ name: 'm', plugin: 'm', columns: [], decides });
const alarms = { perDay: 2, of: 'key' as const, atLeastMs: 86_400_000, cooldownMs: 0, minimumMs: 0 };

describe('what is said of how long a pipeline listens first', () => {
  it('is how long the budget calibrates, and that rules do not wait', () => {
    expect(waitingOf({ alarms, models: [model(false)] })).toMatch(
      /^no row is called odd before its models have warmed up, .*, and then 24 h of .*atLeast\): history/,
    );
    expect(waitingOf({ alarms, models: [model(false), model(true)] })).toContain('but for what rules decide');
  });

  it('is also that a calibration of less than a day promises no budget', () => {
    expect(waitingOf({ alarms: { ...alarms, atLeastMs: 3_600_000 }, models: [model(false)] })).toContain(
      '60 min of event time have passed (alarms.calibration.atLeast): history that comes first counts, and is judged as fast as it comes; perDay is promised only once a day',
    );
    expect(waitingOf({ alarms, models: [model(false)] })).not.toContain('promised');
  });

  it('is nothing where nothing is waited for', () => {
    const { perDay: _, ...without } = alarms;
    expect(waitingOf({ alarms: without, models: [model(false)] })).toBeUndefined();
    expect(waitingOf({ alarms: { ...alarms, atLeastMs: 0 }, models: [model(false)] })).toBeUndefined();
    expect(waitingOf({ alarms, models: [model(true)] })).toBeUndefined();
  });
});
