// The laws of waking: when rows come, whoever speaks.

import type { Laws } from '../law.js';
import { difference, type FeaturesTrial, moment } from './trial.js';

/** What a features plugin promises of `advance`. */
export const WAKE_LAWS: Laws<FeaturesTrial> = {
  'asks to be woken in the future, or not at all': (trial) => {
    for (const { watermark, wake } of trial.run().wakes) {
      if (Number.isNaN(wake)) return `asked at ${moment(watermark)}, it wants to be woken at NaN`;
      if (Number.isFinite(watermark) && wake <= watermark)
        return `asked at ${moment(watermark)}, it wants to be woken at ${moment(wake)}, which has passed`;
    }
    return undefined;
  },

  'gives the same rows when it is asked about silence more often than it wanted': (trial) =>
    difference(trial, trial.run(), trial.run({ nosy: true })),

  'asks to be woken in time: asked more often, no row comes sooner': (trial) => {
    // What comes late may open what is due before the time that it has asked for.
    const observations = trial.observations.toSorted((a, b) => a.time - b.time);
    const { rows } = trial.run({ observations, told: false });
    const sooner = trial.run({ observations, told: false, nosy: true }).rows;
    const at = rows.findIndex(({ moment }, i) => moment > (sooner[i]?.moment ?? moment));
    return at < 0 ? undefined : `row ${at} (${moment(rows[at]!.time)}) comes only when somebody speaks, or too late`;
  },

  'has nothing left when it is asked again at once': (trial) => {
    const { leftOver } = trial.run();
    return leftOver === 0 ? undefined : `asked at the end for the second time, it gives ${leftOver} more rows`;
  },
};
