// What a store of checkpoints promises when what it wrote is damaged.

import type { Laws } from '../law.js';
import { random } from '../random.js';
import { bytes, differs, type Everything, put, type StoreTrial, type Wanted } from './trial.js';

const CASES = 500;
/** Checkpoints that are made before something is damaged. */
const MADE = 5;

/** Makes some checkpoints, by two processes. @returns what each holds, the newest last */
async function history(trial: StoreTrial, n: number, uniform: () => number): Promise<Everything[]> {
  const made: Everything[] = [];
  let states: Record<string, Required<Wanted>> = {};
  const keys = 1 + Math.floor(uniform() * 6);
  const some = (count: number) =>
    trial.with(n, async (store) => {
      for (let i = made.length; i < count; i++) {
        states = { ...states };
        for (let k = 0; k < keys; k++) {
          if (i > 0 && uniform() > 0.6) continue;
          const wanted = { state: `${'.'.repeat(Math.floor(uniform() * 60))}${i}`, wake: i * 10 + k, parts: ['forest'] };
          states[`key ${k}`] = wanted;
          put(store, `key ${k}`, wanted);
        }
        await store.commit(bytes(`meta ${i}`));
        made.push({ meta: `meta ${i}`, states });
      }
    });
  await some(MADE - 2);
  await some(MADE);
  return made;
}

export const DAMAGE_LAWS: Laws<StoreTrial> = {
  'goes back to an older checkpoint where one is damaged, says so, and never takes damage for a beginning': async (trial) => {
    const { damage, cases = CASES } = trial.laws;
    if (!damage) return undefined;
    const came = { whole: 0, older: 0, refused: 0 };
    for (let seed = 1; seed <= cases; seed++) {
      const uniform = random(seed);
      const n = trial.place();
      const made = await history(trial, n, uniform);
      const done = await damage(n, uniform);
      const at = (what: string) => `case ${seed} (${done}): ${what}`;
      let found: Awaited<ReturnType<StoreTrial['found']>>;
      try {
        found = await trial.found(n, ['forest']);
      } catch (error) {
        const { code, message } = error as { code?: unknown; message: string };
        if (code !== 'QS_STATE_CORRUPT' && code !== 'QS_STATE_LAYOUT') return at(`it fails with ${code}: ${message}`);
        if (!message.includes('--reset-state')) return at(`it does not name the way on: ${message}`);
        came.refused++;
        continue;
      }
      const { warnings, ...everything } = found;
      const which = made.findIndex(({ meta }) => meta === everything.meta);
      if (which < 0) return at(everything.meta === undefined ? 'it begins anew' : `it brings back ${everything.meta}`);
      const wrong = differs(everything, made[which]);
      if (wrong) return at(wrong);
      if (which === made.length - 1) came.whole++;
      else if (warnings.length === 0) return at(`it goes back to ${everything.meta} and says nothing`);
      else came.older++;
    }
    // A law that met no damage would prove nothing.
    if (cases >= 100 && (came.older < cases / 20 || came.older + came.refused < cases / 4))
      return `of ${cases} cases ${came.whole} hit nothing, ${came.older} went back, ${came.refused} were refused: too few to prove anything`;
    return undefined;
  },
};
