// The laws of stores of checkpoints, as a test suite.

import { afterAll } from 'vitest';
import { type PluginModule, pluginFrom, type StorePlugin } from '../../api/index.js';
import { TestHosts } from '../host.js';
import { holdTo, unknownKeyPasses } from '../law.js';
import { STORE_LAWS } from './laws.js';
import { type StoreLaws, StoreTrial } from './trial.js';

export type { StoreLaws } from './trial.js';

/** Hundreds of cases on a database that is busy, ms. */
const PATIENCE = 180_000;

/** Holds a store of checkpoints to the laws, whatever it is made by. */
export function checkpointLaws(name: string, laws: StoreLaws): void {
  afterAll(async () => await laws.close?.());
  holdTo(name, 'store', STORE_LAWS, new StoreTrial(laws), PATIENCE);
}

/** A store plugin under test. */
export interface StorePluginLaws extends Omit<StoreLaws, 'open'> {
  /** The keys of `checkpoint:` beside `store` and `every`, as a user writes them. The n-th place is a pipeline called `test-n`. */
  readonly config: unknown;
}

/** The layout of states that the laws have; any will do. */
const LAYOUT = 7;

/** Holds a store plugin to the laws: `test/contract.test.ts` of the plugin calls this. */
export function storeLaws(module: PluginModule<StorePlugin>, laws: StorePluginLaws): void {
  const plugin = pluginFrom(module);
  const hosts = new TestHosts();
  const { config, close, ...rest } = laws;
  const made = (pipeline: string, layout = LAYOUT) =>
    plugin.create(plugin.config.parse(config), { ...hosts.outside('checkpoint'), pipeline, layout });
  checkpointLaws(plugin.name, {
    ...rest,
    open: (n) => made(`test-${n}`),
    close: async () => {
      await close?.();
      hosts.dispose();
    },
  });
  holdTo(
    plugin.name,
    'store',
    {
      'refuses an option that it does not know': () => unknownKeyPasses(plugin.config, config),
      'refuses the states of another layout by name': async (trial: StoreTrial) => {
        const n = trial.place();
        await trial.commit(n, 'one', { a: { state: '1' } });
        const later = await made(`layout-${n}`, LAYOUT + 1);
        const store = later.of('');
        try {
          await store.open();
          return 'it takes them';
        } catch (error) {
          const { code } = error as { code?: unknown };
          return code === 'QS_STATE_LAYOUT' ? undefined : `it fails with ${code}`;
        } finally {
          await store.close();
          await later.close();
        }
      },
    },
    new StoreTrial({ open: (n) => made(`layout-${n}`) }),
  );
}
