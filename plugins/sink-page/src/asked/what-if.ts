// What other settings would have raised, of the rows that are kept.

import type { Hindsight, KeptRow, PipelineSchema, Rehearsed } from '@quantstream/engine';
import type { Past } from '../kept/past.js';
import type { WhatIf, WhatIfLimit } from '../wire.js';
import { maybe } from './bars.js';

/** Episodes that are shown of each. */
const SHOWN = 500;

type Shown = WhatIf['budgets'][number]['shown'][number];

/** Other budgets. Lets others work in between. */
export async function whatIf(
  past: Past,
  hindsight: Hindsight,
  { from, to }: { readonly from: number; readonly to: number },
  budgets: readonly number[],
  breathe: () => Promise<void>,
): Promise<WhatIf> {
  const made = budgets.map((perDay) => ({ perDay, episodes: 0, rows: 0, shown: [] as Shown[], yaml: '' }));
  let rows = 0;
  let longest: readonly KeptRow[] = [];
  let always = 0;
  for (const key of past.ring.keys.keys()) {
    const all = [...past.ring.rowsOf(key, { from, to })];
    rows += all.length;
    if (all.length > longest.length) longest = all;
    always += hindsight.episodes(all, 0).length;
    for (const one of made) {
      count(one, key, hindsight.episodes(all, one.perDay));
      await breathe();
    }
  }
  for (const one of made) one.yaml = hindsight.yaml(one.perDay, longest);
  return { from, to, rows, now: maybe(hindsight.now(longest)), always, budgets: made };
}

/** Another limit of a column. */
export async function whatIfLimit(
  past: Past,
  hindsight: Hindsight,
  schema: PipelineSchema,
  asked: {
    readonly column: string;
    readonly is: 'above' | 'below';
    readonly value: number;
    readonly from: number;
    readonly to: number;
  },
  breathe: () => Promise<void>,
): Promise<WhatIfLimit> {
  const c = schema.row.columns.findIndex(({ name }) => name === asked.column);
  const made = { episodes: 0, rows: 0, shown: [] as Shown[] };
  for (const key of past.ring.keys.keys()) {
    const beyond = function* () {
      for (const { block, first, last } of past.ring.within(key, asked))
        for (let i = first; i <= last; i++) {
          const value = block.values(i)[c]!;
          const odd = asked.is === 'above' ? value > asked.value : value < asked.value;
          yield { time: block.time(i), odd, score: odd ? Math.abs(value - asked.value) : 0 };
        }
    };
    count(made, key, hindsight.joined(beyond()));
    await breathe();
  }
  const sign = asked.is === 'above' ? '>' : '<';
  const yaml = `${asked.column}_limit: { when: "${asked.column} ${sign} ${asked.value}", severity: warning }`;
  return { ...made, yaml };
}

function count(one: { episodes: number; rows: number; shown: Shown[] }, key: string, episodes: readonly Rehearsed[]): void {
  one.episodes += episodes.length;
  for (const { rows, start, end } of episodes) {
    one.rows += rows;
    if (one.shown.length < SHOWN) one.shown.push({ key, start, end });
  }
}
