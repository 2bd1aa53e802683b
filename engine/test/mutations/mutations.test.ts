import { describe, expect, it } from 'vitest';
import { mutated, textOf } from './mutate.js';
import { MUTATIONS } from './mutations.js';

describe('the mutations', () => {
  it('each change one place of an example that is there once', () => {
    for (const mutation of MUTATIONS) expect(mutated(mutation)).not.toBe(textOf(mutation.plugin));
  });

  it('are told apart by plugin and name, and are different changes', () => {
    expect(new Set(MUTATIONS.map(({ plugin, name }) => `${plugin}: ${name}`)).size).toBe(MUTATIONS.length);
    expect(new Set(MUTATIONS.map(({ plugin, find, replace }) => `${plugin}: ${find} → ${replace}`)).size).toBe(MUTATIONS.length);
    expect(new Set(MUTATIONS.map(mutated)).size).toBe(MUTATIONS.length);
  });

  it.each(['source', 'features', 'model', 'sink'])('are at least eighteen of each kind: %s', (kind) => {
    expect(MUTATIONS.filter(({ plugin }) => plugin.endsWith(kind)).length).toBeGreaterThanOrEqual(18);
  });
});
