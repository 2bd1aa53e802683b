// What every sink promises, by sentence.

import type { SinkBatch } from '../../api/index.js';
import { type Laws, unknownKeyPasses, within } from '../law.js';
import { testBatch } from './batch.js';
import { FAILURE_LAWS } from './failures.js';
import { FENCE_LAWS } from './fences.js';
import { RECORD_LAWS } from './records.js';
import { difference, EMPTY, frozen, type SinkTrial, shuffled } from './trial.js';

/** How long something may take that waits for nothing, ms. */
const SOON = 5_000;

/** What every sink promises, by the sentence that is the name of its test. */
export const SINK_LAWS: Laws<SinkTrial> = {
  'makes what it wrote visible, and an empty batch writes nothing': async (trial) => {
    const some = await trial.written(testBatch(0, 40));
    if (some.length === 0) return 'there is nothing to read after a batch of 40 observations and verdicts';
    return difference(some, await trial.written(EMPTY, testBatch(0, 40), EMPTY));
  },

  'has written all of a batch once write resolves, or keeps what is on its way': async (trial) => {
    if (trial.laws.defers) return undefined;
    const { n, sink } = await trial.open();
    const lent = structuredClone(testBatch(0, 20));
    await sink.write(lent);
    const at = await trial.read(n);
    // A batch is lent: what is done to it afterwards is nothing to the sink.
    for (const list of Object.values(lent) as object[][])
      for (const record of list) Object.assign(record, { key: 'changed', reason: 'changed' });
    await new Promise((resolve) => setTimeout(resolve, 250));
    const later = await trial.read(n);
    await sink.close();
    return difference(at, later) ?? difference(at, await trial.read(n));
  },

  'gives the same however the stream is cut into batches': async (trial) => {
    const cut = Array.from({ length: 8 }, (_, i) => ({ ...testBatch(i * 5, 5), missing: [] }));
    return difference(await trial.written(...cut), await trial.written({ ...testBatch(0, 40), missing: [] }));
  },

  'leaves its batch untouched: a frozen one is written': async (trial) => {
    const { n, sink } = await trial.open();
    const batch = frozen(structuredClone(testBatch(0, 20)));
    const written = await within(
      SOON,
      sink.write(batch).then(() => true),
    );
    await sink.close();
    if (!written) return 'a frozen batch is not written';
    return difference(await trial.read(n), await trial.written(testBatch(0, 20)));
  },

  'the same batch twice has the effect of once, in any order inside it, if it is idempotent': async (trial) => {
    if (trial.plugin.delivery !== 'idempotent') return undefined;
    const [first, second] = [testBatch(0, 40), testBatch(40, 40)];
    const once = await trial.written(first, second);
    const twice = difference(once, await trial.written(first, second, first, second));
    if (twice) return twice;
    // An episode's own updates stay in order: a later one replaces an earlier one.
    const mixed: SinkBatch = { ...first, observations: shuffled(first.observations, 1), verdicts: shuffled(first.verdicts, 2) };
    return difference(await trial.written(first), await trial.written(mixed));
  },

  'writes the same whenever it writes': async (trial) => {
    const { records } = await trial.kept({ now: Date.UTC(2026, 0, 2) }, testBatch(0, 20));
    return difference(records, (await trial.kept({ now: Date.UTC(2026, 0, 3) }, testBatch(0, 20))).records);
  },

  'can be opened again where it has written, and keeps what is there': async (trial) => {
    const { n, sink } = await trial.open();
    await sink.write(testBatch(0, 20));
    await sink.close();
    const before = await trial.read(n);
    const again = await trial.open(n);
    const found = difference(before, await trial.read(n));
    await again.sink.write(testBatch(20, 20));
    await again.sink.close();
    return found;
  },

  'can be closed twice, and before it was opened': async (trial) => {
    const { sink } = await trial.make();
    await sink.close();
    await sink.close();
    const opened = await trial.open();
    await opened.sink.close();
    await opened.sink.close();
    return undefined;
  },

  ...FENCE_LAWS,
  ...RECORD_LAWS,
  ...FAILURE_LAWS,

  'refuses an option that it does not know': async ({ plugin, laws, hosts }) =>
    unknownKeyPasses(plugin.config, await laws.config(1_000_000, hosts)),
};
