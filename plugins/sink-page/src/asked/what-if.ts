// What other settings would have raised, of the rows that are kept.

import type { Comparison, Hindsight, KeptRow, Limit, PipelineSchema, Rehearsed } from '@quantstream/engine';
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
    /** What the limit is that it takes the place of. */
    readonly was?: number;
    readonly from: number;
    readonly to: number;
  },
  breathe: () => Promise<void>,
): Promise<WhatIfLimit> {
  const places = new Map(schema.row.columns.map(({ name }, i) => [name, i]));
  const c = places.get(asked.column)!;
  const limit = schema.limits.find(({ column, is, value }) => column === asked.column && is === asked.is && value === asked.was);
  const also = (limit?.also ?? []).map((one) => ({ ...one, place: places.get(one.column)! }));
  const made = { episodes: 0, rows: 0, shown: [] as Shown[] };
  for (const key of past.ring.keys.keys()) {
    const beyond = function* () {
      for (const { block, first, last } of past.ring.within(key, asked))
        for (let i = first; i <= last; i++) {
          const value = block.values(i)[c]!;
          const beyond = asked.is === 'above' ? value > asked.value : value < asked.value;
          const odd = beyond && also.every((one) => holds(one, block.values(i)[one.place]!));
          yield { time: block.time(i), odd, score: odd ? Math.abs(value - asked.value) : 0 };
        }
    };
    count(made, key, hindsight.joined(beyond()));
    await breathe();
  }
  return { ...made, yaml: limit?.part === undefined ? newRule(asked) : changedRule(limit, limit.part, asked.value) };
}

const HOLDS: Readonly<Record<Comparison['sign'], (a: number, b: number) => boolean>> = {
  '>': (a, b) => a > b,
  '>=': (a, b) => a >= b,
  '<': (a, b) => a < b,
  '<=': (a, b) => a <= b,
  '==': (a, b) => a === b,
  '!=': (a, b) => a !== b && !Number.isNaN(a),
};
const holds = ({ sign, value }: Comparison, of: number): boolean => HOLDS[sign](of, value);

function newRule({ column, is, value }: { readonly column: string; readonly is: Limit['is']; readonly value: number }): string {
  return `${column}_limit: { when: "${column} ${is === 'above' ? '>' : '<'} ${value}", severity: warning }`;
}

/** The rule as it stands in the file, with another number. */
function changedRule({ text, severity, value: was }: Limit, part: string, value: number): string {
  const colon = text.indexOf(': ');
  const [name, when] = [text.slice(0, colon), text.slice(colon + 2)];
  // Of \`abs(x) > 3\` the lower limit is the negative of what stands there.
  const shown = part.startsWith('abs') && was < 0 ? -value : value;
  const number = /(>=?|<=?)\s*-?\d+(?:\.\d+)?(?:e[+-]?\d+)?\s*%?/i;
  return `${name}: { when: "${when.replace(
    part,
    part.replace(number, (_, sign: string) => `${sign} ${shown}`),
  )}", severity: ${severity} }`;
}

function count(one: { episodes: number; rows: number; shown: Shown[] }, key: string, episodes: readonly Rehearsed[]): void {
  one.episodes += episodes.length;
  for (const { rows, start, end } of episodes) {
    one.rows += rows;
    if (one.shown.length < SHOWN) one.shown.push({ key, start, end });
  }
}
