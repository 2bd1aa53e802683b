import { expect, it } from 'vitest';
import { sayDuration } from './units.js';

it('says lengths of time as people do', () => {
  expect([250, 8_000, 150_000, 86_400_000, 2_592_000_000].map(sayDuration)).toEqual([
    '250 ms',
    '8 s',
    '2.5 min',
    '24 h',
    '30 days',
  ]);
});
