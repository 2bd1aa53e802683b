// The laws of cursors and batches: where reading stands, and what was handed over.

import type { Laws } from '../law.js';
import { lateIn } from './times.js';
import { essenceOf, MOST_AFTER_STOP, MOST_BATCHES, type Reading, type SourceTrial, type Taken } from './trial.js';

const YEAR = 365 * 86_400_000;

/** What a source promises of batches, cursors and the stop. */
export const CURSOR_LAWS: Laws<SourceTrial> = {
  'leaves a batch as it was handed over': async (trial) => {
    const reading = await trial.whole();
    const values = new Set<unknown>();
    for (const [i, { batch, count, cursor, before }] of reading.batches.entries()) {
      if (batch.observations.length !== count)
        return `batch ${i} had ${count} observations, and has ${batch.observations.length} later`;
      if (batch.cursor !== cursor) return `the cursor of batch ${i} was ${cursor}, and is ${batch.cursor} later`;
      for (const [j, o] of batch.observations.entries()) {
        if (essenceOf(o) !== reading.essences[before + j])
          return `observation ${before + j} was ${reading.essences[before + j]}, and is ${essenceOf(o)} later`;
        if (values.has(o.values)) return `observation ${before + j} shares its values with another one`;
        values.add(o.values);
      }
    }
    return undefined;
  },

  'gives the same when it is read again, at another time': async (trial) => {
    if (!trial.recorded) return undefined;
    const [one, other] = [await trial.whole(), await trial.read({ ahead: YEAR })];
    return difference(one, other, 0, 0);
  },

  'gives the same however it is cut into batches, where its author says how': async (trial) => {
    const { cut } = trial.laws;
    if (cut === undefined) return undefined;
    const [whole, other] = [await trial.whole(), await trial.read({ config: cut })];
    const at = whole.essences.slice(0, other.essences.length).findIndex((essence, i) => essence !== other.essences[i]);
    if (at >= 0) return `observation ${at} is ${other.essences[at]}, and was ${whole.essences[at]}`;
    return lateIn(other);
  },

  'resumes exactly from any cursor that it yielded, or says null': async (trial) => {
    const whole = await trial.whole();
    const cursors = whole.batches.filter(({ cursor }) => cursor !== null);
    const { resumable } = trial;
    if (cursors.length > 0 !== resumable)
      return `${resumable ? 'no cursor comes' : 'cursors come'}, and the declaration says that it can${resumable ? '' : 'not'} be resumed`;
    for (const one of chosen(cursors)) {
      const after = one.before + one.count;
      const rest = await trial.read({ from: one.cursor, limit: whole.observations.length - after });
      const found = difference(whole, rest, after, whole.batches.indexOf(one) + 1, trial.recorded);
      if (found) return `resumed behind ${after} observations, ${found}`;
    }
    return undefined;
  },

  'has the rest after a commit': async (given) => {
    if (!given.recorded || given.laws.prepare === undefined) return undefined;
    const trial = given.fresh();
    try {
      const whole = await trial.whole();
      const cursors = whole.batches.filter(({ cursor }) => cursor !== null);
      const one = cursors[Math.floor(cursors.length / 2)];
      if (!one) return undefined;
      const source = await trial.open(trial.laws.config, whole);
      if (!source.commit) return undefined;
      await source.commit(one.cursor!);
      const after = one.before + one.count;
      const rest = await trial.read({ from: one.cursor, limit: whole.observations.length - after });
      const found = difference(whole, rest, after, whole.batches.indexOf(one) + 1);
      return found && `after commit behind ${after} observations, ${found}`;
    } finally {
      trial.hosts.dispose();
    }
  },

  'stops within a second of the abort, and closing twice is fine': async (trial) => {
    const started = Date.now();
    const reading = await trial.read({ stopAfter: 1, ms: 10_000 });
    const slow = reading.batches.length > 0 && reading.ended - started > 5_000;
    if (slow) return `it ends ${reading.ended - started} ms after it was told to stop`;
    // What has been heard may still be handed over.
    const most = trial.recorded ? MOST_AFTER_STOP : MOST_BATCHES - 1;
    return reading.afterStop > most ? `${reading.afterStop} batches and more come after the stop` : undefined;
  },
};

function chosen(cursors: readonly Taken[]): Taken[] {
  const some = [cursors[0], cursors[1], cursors[Math.floor(cursors.length / 2)], cursors.at(-1)];
  return [...new Set(some.filter((one) => one !== undefined))];
}

/** The first thing in which a reading differs from the rest of another one. */
function difference(whole: Reading, rest: Reading, after: number, batches: number, exact = true): string | undefined {
  const expected = whole.essences.slice(after);
  for (const [i, essence] of expected.entries()) {
    if (rest.essences[i] !== essence) return `observation ${after + i} is ${rest.essences[i] ?? 'not there'}, and was ${essence}`;
  }
  if (!exact) return undefined;
  for (const [i, { watermark, missing }] of whole.batches.slice(batches).entries()) {
    const other = rest.batches[i];
    // What ends early ends in a batch of its own.
    if (!other || i === rest.batches.length - 1) break;
    if (!Object.is(watermark, other.watermark))
      return `the watermark of batch ${batches + i} is ${other.watermark}, and was ${watermark}`;
    if (JSON.stringify(missing) !== JSON.stringify(other.missing))
      return `batch ${batches + i} tells ${JSON.stringify(other.missing)} as missing, and told ${JSON.stringify(missing)}`;
  }
  return undefined;
}
