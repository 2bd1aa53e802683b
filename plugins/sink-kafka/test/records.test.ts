import { testBatch, testSchema } from '@quantstream/engine/testing';
import { expect, it } from 'vitest';
import { recordsOf } from '../src/records.js';

it('a record of an observation lacks the moment of arrival, and no value, whatever that is called', () => {
  const observation = { key: 'a', type: 'reading', sequence: 1, time: 1, received: 2, values: { received: 3, sent: Number.NaN } };
  const [record] = recordsOf({ ...testBatch(0, 0), observations: [observation] }, 'observations', 't', testSchema);
  expect(JSON.parse(record!.value)).toEqual({
    key: 'a',
    type: 'reading',
    sequence: 1,
    time: 1,
    values: { received: 3, sent: null },
  });
});
