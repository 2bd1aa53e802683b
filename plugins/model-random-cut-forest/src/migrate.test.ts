// A state of layout 2 goes on as it would have.
import { readFileSync } from 'node:fs';
import { startModel } from '@quantstream/engine/testing';
import { expect, it } from 'vitest';
import plugin from './index.js';

const TYPES = { Float32Array, Float64Array, Int16Array, Int32Array } as const;

/** A forest of layout 2 after 60 rows, many of them equal; the next 40, and how that layout scored them. */
const former = JSON.parse(readFileSync(new URL('../test/layout-2.json', import.meta.url), 'utf8'));

it('gives the scores that the layout before would have given', () => {
  const settings = plugin.config.parse(former.config);
  const saved = Object.fromEntries(
    Object.entries(former.state as Record<string, number | [keyof typeof TYPES, ...number[]]>).map(([name, kept]) => {
      if (!Array.isArray(kept)) return [name, kept];
      const [type, ...numbers] = kept;
      return [name, TYPES[type].from(numbers)];
    }),
  );
  expect(plugin.migrate!(saved, 1, settings)).toBeUndefined();
  const state = plugin.migrate!(saved, 2, settings)!;
  const { model } = startModel({ ...plugin, initialState: () => state }, former.config, 2);
  const scores = (former.rows as number[][]).map((row, i) => {
    const score = model.score(Float64Array.from(row), i);
    model.learn(Float64Array.from(row), i, 1);
    return score;
  });
  expect(scores).toEqual(former.scores);
});
