import { expect, it } from 'vitest';
import { random } from '../../src/api/index.js';
import { type Mutation, mutated } from './mutate.js';
import { MUTATIONS } from './mutations.js';
import { firstBroken } from './trials.js';
import { UNCAUGHT } from './uncaught.js';

const isUncaught = ({ plugin, name }: Mutation) => UNCAUGHT.some((one) => one.plugin === plugin && one.name === name);

/** Some of each kind; the other ones are tried in `laws.long.test.ts`. */
const SAMPLES = { source: 8, 'live-source': 2, features: 12, model: 10, sink: 10 };

const uniform = random(2);
const sample = Object.entries(SAMPLES).flatMap(([kind, count]) => {
  const all = MUTATIONS.filter((mutation) => mutation.plugin === kind && !isUncaught(mutation));
  return Array.from({ length: count }, () => all.splice(Math.floor(uniform() * all.length), 1)[0]!);
});

it.each(sample.map((mutation) => [mutation.plugin, mutation.name, mutation] as const))(
  'the laws catch of %s: %s',
  {
    timeout: 30_000,
  },
  async (plugin, _, mutation) => {
    expect(await firstBroken(plugin, mutated(mutation))).toMatch(/^.{20,}: .{10,}/s);
  },
);

it('what no law catches is listed, with why, and is less than a tenth of each kind', () => {
  for (const { plugin, name, why } of UNCAUGHT) {
    expect(MUTATIONS.filter((one) => one.plugin === plugin && one.name === name)).toHaveLength(1);
    expect(why.length).toBeGreaterThan(40);
  }
  for (const kind of Object.keys(SAMPLES)) {
    const all = MUTATIONS.filter(({ plugin }) => plugin === kind);
    expect(all.filter(isUncaught).length).toBeLessThanOrEqual(0.1 * all.length);
  }
});
