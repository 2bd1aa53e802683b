import type { KeptRow, PipelineSchema } from '@quantstream/engine';
import { TestHosts, testSchema } from '@quantstream/engine/testing';
import { afterAll, expect, it } from 'vitest';
import { Past } from '../kept/past.js';
import { rankOf } from './rank.js';

const hosts = new TestHosts();
afterAll(() => hosts.dispose());

const [template] = testSchema.row.columns;
const column = (name: string, more = {}) => ({ ...template!, name, role: 'feature' as const, ...more });

/** Ranks ten rows of what each column becomes, behind a thousand of what it was. */
async function ranked(columns: readonly { name: string; ignoreBelow?: number; was: (n: number) => number; becomes: number }[]) {
  const row = { ...testSchema.row, columns: columns.map(({ name, was: _, becomes: __, ...more }) => column(name, more)) };
  const schema: PipelineSchema = { ...testSchema, row, models: [] };
  const past = new Past(schema, 2 ** 24);
  const rows = Array.from({ length: 1_010 }, (_, n): KeptRow => {
    const values = columns.map(({ was, becomes }) => (n < 1_000 ? was(n) : becomes));
    return { time: n, values, score: 0.1, threshold: 1, pValue: 0.5, anomalous: false, calibrated: true, models: {} };
  });
  past.ring.put('a', rows);
  const stretch = { from: 1_000, to: 1_010 };
  const { columns: found } = await rankOf(past, schema, hosts.sink(schema).hindsight, stretch, async () => {});
  return found;
}
const wave = (middle: number, size: number) => (n: number) => middle + size * Math.sin(n);

it('is not led by a column that hardly varies and has hardly moved', async () => {
  const found = await ranked([
    { name: 'flat', was: wave(62, 0.0005), becomes: 62.1 },
    { name: 'busy', was: wave(40, 3), becomes: 70 },
  ]);
  expect(found.map((one) => one.column)).toEqual(['busy', 'flat']);
  // It is a hundred and fifty of its distances away, which are next to nothing.
  expect(found[1]!.away).toBeLessThan(1);
});

it('is led by it where it has moved far', async () => {
  const found = await ranked([
    { name: 'flat', was: () => 62, becomes: 93 },
    { name: 'busy', was: wave(40, 3), becomes: 45 },
  ]);
  expect(found[0]).toMatchObject({ column: 'flat', away: expect.closeTo(50, 0) });
});

it('leaves out what the declaration of a column ignores', async () => {
  const jump = { was: wave(0, 1), becomes: 4 };
  const found = await ranked([
    { name: 'judged', ...jump },
    { name: 'ignored', ignoreBelow: 5, ...jump },
  ]);
  expect(found.map((one) => one.column)).toEqual(['judged']);
});
