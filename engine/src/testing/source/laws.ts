// What every source promises, by sentence.

import { type Laws, unknownKeyPasses } from '../law.js';
import { CURSOR_LAWS } from './cursors.js';
import { firstWrong } from './declared.js';
import { HOSTILE_LAWS } from './hostile.js';
import { LIVE_LAWS } from './live.js';
import { TIME_LAWS } from './times.js';
import { essenceOf, type Reading, type SourceTrial } from './trial.js';

/** What every source promises, by the sentence that is the name of its test. */
export const SOURCE_LAWS: Laws<SourceTrial> = {
  'emits only what it declares, and all that it promises': async (trial) => {
    const reading = await trial.whole();
    if (reading.observations.length === 0) return `no observation comes${saidOf(reading)}`;
    return firstWrong(trial.plugin.emits(trial.config), reading);
  },

  'drops nothing of good input': async (trial) => {
    const { drops } = await trial.whole();
    const found = drops.find((drop) => !trial.laws.drops?.includes(drop.slice(0, drop.indexOf(':'))));
    return found && `it drops ${found.slice(0, 200)}`;
  },

  'gives the observations that its author expects, where there are any': async (trial) => {
    const { observations } = await trial.whole();
    for (const expected of trial.laws.expected ?? []) {
      const { key, type, sequence } = expected;
      const found = observations.find((o) => o.key === key && o.type === type && o.sequence === sequence);
      const said = `observation ${sequence} of ${key}`;
      if (!found) return `${said} does not come`;
      const [one, other] = [essenceOf(found), essenceOf({ ...expected, received: 0 })];
      if (one !== other) return `${said} is ${one}, and should be ${other}`;
    }
    return undefined;
  },

  'gives all that a recording holds, where its author says how much that is': async (trial) => {
    const { count } = trial.laws;
    if (count === undefined) return undefined;
    const { observations, drops } = await trial.read({ limit: Number.POSITIVE_INFINITY });
    if (drops.length > 0) return `it drops ${drops[0]!.slice(0, 200)}`;
    return observations.length === count ? undefined : `${observations.length} observations come, and should be ${count}`;
  },

  'has ids that grow per key and type, and mostly follow each other where they are contiguous': async (trial) => {
    const emits = trial.plugin.emits(trial.config);
    const last = new Map<string, number>();
    let [followed, jumps] = [0, 0];
    let jump = '';
    for (const { key, type, sequence } of (await trial.whole()).observations) {
      const before = last.get(`${key}\n${type}`);
      last.set(`${key}\n${type}`, sequence);
      if (before === undefined) continue;
      if (!(sequence > before)) return `after ${before} of ${key} comes ${sequence}`;
      if (emits[type]!.sequence !== 'contiguous') continue;
      if (sequence === before + 1) followed++;
      else if (jumps++ === 0) jump = `after ${before} of ${key} comes ${sequence}`;
    }
    return jumps > followed ? `${jumps} ids of ${jumps + followed} do not follow the one before, the first: ${jump}` : undefined;
  },

  ...TIME_LAWS,
  ...CURSOR_LAWS,

  'counts and reports bad input, and the rest flows': async (trial) => {
    const { broken } = trial.laws;
    if (!broken) return undefined;
    const reading = await trial.read({ config: broken.config, limit: Number.POSITIVE_INFINITY });
    for (const reason of new Set([...reading.dropped.keys(), ...Object.keys(broken.dropped)])) {
      if (!/^[a-z][a-z0-9_]*$/.test(reason)) return `the reason "${reason}" is not snake_case`;
      const [found, expected] = [reading.dropped.get(reason) ?? 0, broken.dropped[reason] ?? 0];
      if (found !== expected) return `${found} are dropped as ${reason}, and should be ${expected}${saidOf(reading)}`;
    }
    const { length } = reading.observations;
    if (length !== broken.observations) return `${length} observations come, and should be ${broken.observations}`;
    return firstWrong(trial.plugin.emits(trial.plugin.config.parse(broken.config)), reading);
  },

  'says that a configuration leads nowhere': async (trial) => {
    if (trial.laws.nowhere === undefined) return undefined;
    try {
      const { troubles } = await trial.read({ config: trial.laws.nowhere, ms: 3_000 });
      return troubles.some((why) => why !== undefined) ? undefined : 'what is not there looks like what is empty';
    } catch {
      return undefined;
    }
  },

  ...HOSTILE_LAWS,
  ...LIVE_LAWS,

  'refuses an option that it does not know': ({ plugin, laws }) => unknownKeyPasses(plugin.config, laws.config),
};

const saidOf = ({ drops }: Reading) => (drops.length > 0 ? `; it drops ${drops[0]!.slice(0, 200)}` : '');
