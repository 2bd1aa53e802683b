import { describe, expect, it } from 'vitest';
import { type Example, mutated, textOf } from './mutate.js';
import { MUTATIONS } from './mutations.js';
import { firstBroken } from './trials.js';
import { UNCAUGHT } from './uncaught.js';

describe.each(['source', 'live-source', 'features', 'model', 'sink'] satisfies Example[])('the laws, tried on %s', (kind) => {
  it('are kept by the example', { timeout: 60_000 }, async () => {
    expect(await firstBroken(kind, textOf(kind))).toBeUndefined();
  });

  it('catch nine of ten mutations, and those that they do not catch are listed', { timeout: 600_000 }, async () => {
    const all = MUTATIONS.filter(({ plugin }) => plugin === kind);
    const uncaught: string[] = [];
    for (const mutation of all) if ((await firstBroken(kind, mutated(mutation))) === undefined) uncaught.push(mutation.name);
    expect(uncaught).toEqual(UNCAUGHT.filter(({ plugin }) => plugin === kind).map(({ name }) => name));
    expect(uncaught.length).toBeLessThanOrEqual(0.1 * all.length);
  });
});
