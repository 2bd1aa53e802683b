// The laws of a model's state: plain, its own, and untouched by whoever only asks.

import { newExplanation } from '../../api/index.js';
import { encode } from '../../state/codec.js';
import { holding, objectsOf, strange } from '../plain.js';
import { type Check, difference, type ModelTrial, shown } from './trial.js';

const EVERY = 17;
const WILD = [1e300, -1e300, Number.POSITIVE_INFINITY, 5e-324];

/** What a model promises of its state. */
export const STATE_LAWS: Readonly<Record<string, Check>> = {
  'scores and explanations that nobody asked for change nothing': (trial) => {
    const rows = trial.rows(50);
    const one = trial.run(rows);
    const other = trial.run(rows, { curious: true });
    return difference(one, other);
  },

  'score and explain leave the row that they were lent, wild values too': (trial) => {
    const model = trial.learned(51);
    const out = newExplanation(trial.width);
    for (const wild of WILD) {
      const row = trial.row((j) => (j === 0 ? wild : j * 10));
      const lent = row.slice();
      model.score(lent, 0);
      model.explain?.(lent, out, 0);
      const changed = lent.findIndex((value, j) => !Object.is(value, row[j]));
      if (changed >= 0) return `column ${changed} of ${shown(row)} is ${lent[changed]} afterwards`;
    }
    return undefined;
  },

  'keeps its state as a tree of plain data and typed arrays': (trial) => {
    let found: string | undefined;
    trial.run(trial.rows(52), {
      look(state, i) {
        if (found !== undefined || (i > 20 && i % EVERY !== 0)) return;
        const here = strange(state);
        if (here !== undefined) found = `${here}, after row ${i}`;
      },
    });
    return found;
  },

  'replaces what it keeps as immutable, and never changes it': (trial) => {
    const seen = new Map<unknown, string>();
    let found: string | undefined;
    trial.run(trial.rows(53), {
      look(state, i) {
        if (found !== undefined || i % EVERY !== 0 || typeof state !== 'object' || state === null) return;
        for (const [name, part] of Object.entries(state)) {
          if ((part as { immutable?: unknown } | null)?.immutable !== true) continue;
          const bytes = Buffer.from(encode((part as { value: unknown }).value)).toString('latin1');
          const before = seen.get(part);
          if (before !== undefined && before !== bytes) found = `state.${name} is another one after row ${i}, in the same place`;
          seen.set(part, bytes);
        }
      },
    });
    return found;
  },

  'begins with a state of its own, and is independent of models beside it': (trial) => {
    const shared = holding(trial.freshState(), objectsOf(trial.freshState()));
    if (shared) return `${shared} is the same object for all keys`;
    const rows = trial.rows(54);
    return difference(trial.run(rows), trial.run(rows, { beside: true }));
  },
};

/** Puts a model that has learned to the question with an explanation that holds something already. */
export function explainedInto(trial: ModelTrial, seed: number): string | undefined {
  const model = trial.learned(seed);
  if (!model.explain) return undefined;
  const row = trial.row((j) => j * 10 + (j === 0 ? -12 : 0));
  const clean = newExplanation(trial.width);
  model.explain(row.slice(), clean, 0);
  const used = newExplanation(trial.width);
  const { contributions, directions } = used;
  contributions.fill(7);
  directions.fill(-1);
  Object.assign(used, { baseline: 3, total: 11, reasons: ['what it said before'] });
  model.explain(row.slice(), used, 0);
  if (used.contributions !== contributions || used.directions !== directions)
    return 'contributions and directions are not written into the arrays that it was given';
  for (const part of ['contributions', 'directions', 'reasons'] as const) {
    const [a, b] = [[...clean[part]], [...used[part]]];
    if (a.length !== b.length || a.some((one, i) => !Object.is(one, b[i])))
      return `${part} are [${b}], and [${a}] where nothing was in it before`;
  }
  if (!Object.is(clean.total, used.total) || !Object.is(clean.baseline, used.baseline))
    return `total ${used.total} and baseline ${used.baseline}, and ${clean.total} and ${clean.baseline} where nothing was in it before`;
  return undefined;
}
