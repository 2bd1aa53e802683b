import { sinkLaws } from '@quantstream/engine/testing';
import { describe } from 'vitest';
import plugin from '../src/index.js';
import { contents, embeddedPlace, POSTGRES } from './places.js';

describe('on the embedded database', () => {
  const place = embeddedPlace();
  sinkLaws(plugin, {
    config: async (n) => ({ url: (await place).url, store: ['reading'], schema: `place_${n}`, batch: 7 }),
    read: async (n) => contents((await place).url, `place_${n}`),
    close: async () => (await place).remove(),
  });
});

describe.skipIf(!POSTGRES)('on the PostgreSQL that QUANTSTREAM_TEST_POSTGRES names (skipped where it names none)', () => {
  const run = `laws_${process.pid}`;
  sinkLaws(plugin, {
    config: (n) => ({ url: POSTGRES, store: ['reading'], schema: `${run}_${n}` }),
    read: (n) => contents(POSTGRES!, `${run}_${n}`),
  });
});
