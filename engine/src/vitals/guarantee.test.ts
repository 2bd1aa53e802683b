import { describe, expect, it } from 'vitest';
import { guaranteeOf } from './guarantee.js';

describe('the guarantee of a sink', () => {
  it.each([
    [true, 'idempotent', 'effectively-once'],
    [true, 'at-least-once', 'at-least-once'],
    [false, 'idempotent', 'at-most-once'],
    [false, 'at-least-once', 'at-most-once'],
  ] as const)('with resumable %s and delivery %s is %s', (resumable, delivery, expected) => {
    expect(guaranteeOf({ resumable, delivery })).toBe(expected);
  });
});
