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

  it('is nothing where nothing is waited for', () => {
    const { perDay: _, ...without } = alarms;
    expect(waitingOf({ alarms: without, models: [model(false)] })).toBeUndefined();
    expect(waitingOf({ alarms: { ...alarms, atLeastMs: 0 }, models: [model(false)] })).toBeUndefined();
    expect(waitingOf({ alarms, models: [model(true)] })).toBeUndefined();
  });
});
