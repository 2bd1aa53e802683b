// The laws of fences: what a sink does with what an earlier holder of a partition still sends.

import type { Holder, SinkBatch } from '../../api/index.js';
import type { Laws } from '../law.js';
import { testBatch } from './batch.js';
import { difference, type SinkTrial } from './trial.js';

const from = (batch: SinkBatch, partition: number, epoch: number): SinkBatch => ({
  ...batch,
  holder: { partition, epoch } satisfies Holder,
});
/** Epochs are large: a store may begin them at a time of the clock. */
const EPOCH = 1_800_000_000_000;
const codeOf = (error: unknown): unknown => (error as { code?: unknown })?.code;

export const FENCE_LAWS: Laws<SinkTrial> = {
  'writes nothing of an earlier holder of a partition once a later one has written, if it fences': async (trial) => {
    if (trial.plugin.fence !== true) return undefined;
    for (const large of [false, true]) {
      const batch = (start: number) => testBatch(start, large ? 40 : 3);
      const { n, sink: earlier } = await trial.open();
      const { sink: later } = await trial.open(n);
      const { sink: third } = await trial.open(n);
      await earlier.write(from(batch(0), 3, EPOCH));
      await earlier.write(from(batch(40), 4, EPOCH));
      await later.write(from(batch(80), 3, EPOCH + 1));
      const before = await trial.read(n);
      const told = [
        await earlier.write(from(batch(120), 3, EPOCH)).then(() => 'nothing', codeOf),
        await earlier.write(from(batch(0), 3, EPOCH)).then(() => 'nothing', codeOf),
        await third.write(from(batch(120), 3, EPOCH - 1)).then(() => 'nothing', codeOf),
      ];
      if (told.some((code) => code !== 'QS_FENCED')) return `an earlier holder was told ${told}`;
      const found = difference(before, await trial.read(n));
      if (found) return `an earlier holder has written: ${found}`;
      // Another partition is another's to hold, and what nobody holds is written as ever.
      await earlier.write(from(batch(160), 4, EPOCH));
      await later.write(from(batch(200), 3, EPOCH + 1));
      await third.write(batch(240));
      for (const sink of [earlier, later, third]) await sink.close();
      const again = await trial.open(n);
      const late = await again.sink.write(from(batch(280), 3, EPOCH)).then(() => 'nothing', codeOf);
      await again.sink.close();
      if (late !== 'QS_FENCED') return `opened again, it tells an earlier holder ${late}`;
      const plain = await trial.kept({}, batch(0), batch(40), batch(80), batch(160), batch(200), batch(240));
      const all = new Set(await trial.read(n));
      const lost = plain.records.find((record) => !all.has(record));
      if (lost !== undefined) return `${lost.slice(0, 200)} was not written`;
    }
    return undefined;
  },

  'writes what a holder sends as it writes the rest, if it does not fence': async (trial) => {
    if (trial.plugin.fence === true) return undefined;
    const plain = await trial.written(testBatch(0, 20), testBatch(20, 20));
    return difference(plain, await trial.written(from(testBatch(0, 20), 1, EPOCH), from(testBatch(20, 20), 1, EPOCH - 1)));
  },
};
