import { expect, it } from 'vitest';
import { checkSaved, readPosition } from './positions.js';

const read = (text: string) =>
  readPosition<{ kind: string; at: number }>(text, 'tide', 'levels', ({ kind }) => kind === 'levels');

it('a saved position is read if it is one of this kind', () => {
  expect(read('{"kind":"levels","at":7}').at).toBe(7);
  for (const text of ['{"kind":"live"}', 'null', '7', '', '{'])
    expect(() => read(text), text).toThrow(/^tide: the saved position is not one of levels: start afresh with --reset-state/);
});

it('its file must be there and hold what it held', () => {
  const saved = { name: 'a.csv', size: 500 };
  checkSaved('tide', saved, { path: '/in/a.csv', size: 500 });
  checkSaved('tide', saved, { path: '/in/a.csv', size: 501 });
  const failing = (more: object, file?: { path: string; size: number }) =>
    expect(() => checkSaved('tide', { ...saved, ...more }, file));
  failing({}).toThrow('tide: a.csv, where reading stopped, is gone: put it back, or start afresh with --reset-state');
  failing({ stream: 'pier' }).toThrow('a.csv, where reading pier stopped, is gone');
  const shorter = { path: '/in/a.csv', size: 9 };
  failing({}, shorter).toThrow('tide: /in/a.csv has 9 bytes and had 500 when reading stopped: put it back');
  failing({ atLeast: true }, shorter).toThrow('had at least 500 when');
});
