// The laws of state: that it is plain, its own, and all there is.

import type { Laws } from '../law.js';
import { holding, objectsOf, strange } from '../plain.js';
import { difference, type FeaturesTrial } from './trial.js';

/** The state is walked after each of the first observations, and after one in so many others. */
const FIRST = 300;
const EVERY = 7;

/** What a features plugin promises of its state. */
export const STATE_LAWS: Laws<FeaturesTrial> = {
  'resumes bit for bit wherever the stream is cut, saved and loaded': (trial) => {
    const whole = trial.run();
    const last = trial.observations.length - 1;
    for (const cut of [0, 1, Math.floor(last / 3), Math.floor(last / 2), last - 1, last]) {
      const found = difference(trial, whole, trial.run({ cuts: new Set([cut]) }));
      if (found) return `cut after observation ${cut}: ${found}`;
    }
    const found = difference(trial, whole, trial.run({ cuts: new Set(trial.observations.keys()) }));
    return found && `cut after each observation: ${found}`;
  },

  'keeps its state as a tree of plain data and typed arrays': (trial) => firstFound(trial, (state) => strange(state)),

  'keeps no observation, nor a part of one': (trial) => {
    const owned = new Set(trial.observations.flatMap((o) => [o, o.values, o.text]).filter((part) => part !== undefined));
    return firstFound(trial, (state) => {
      const found = holding(state, owned);
      return found && `${found} is what it was given: it belongs to others`;
    });
  },

  'begins with a state of its own for each key': (trial) => {
    const found = holding(trial.fresh(), objectsOf(trial.fresh()));
    return found && `${found} is the same object for all keys`;
  },

  'is independent of other keys, and of extractors made before': (trial) => {
    const once = trial.run();
    const beside = difference(trial, once, trial.run({ beside: true }));
    if (beside) return `beside another key ${beside}`;
    if (trial.laws.grouped) return undefined;
    const renamed = trial.observations.map((o) => ({ ...o, key: `other-${o.key}` }));
    const other = difference(trial, once, trial.run({ observations: renamed }));
    return other && `for another key ${other}`;
  },
};

function firstFound(trial: FeaturesTrial, wrong: (state: unknown) => string | undefined): string | undefined {
  let found: string | undefined;
  trial.run({
    look(state, after) {
      if (found !== undefined || (after > FIRST && after % EVERY !== 0)) return;
      const here = wrong(state);
      if (here !== undefined) found = `${here}, ${after < 0 ? 'from the beginning' : `after observation ${after}`}`;
    },
  });
  return found;
}
