// The laws of judgement: what a score and its version mean.

import { messageOf } from '../../api/index.js';
import { elsewhere, unknownKeyPasses } from '../law.js';
import { type Check, difference, ModelTrial, shown } from './trial.js';

/** Ordinary rows that the median score is of. */
const INLIERS = 201;
/** Rows that a version is tried on. */
const PROBES = 20;
const MANY = 7;

/** What a model promises of scores, versions and configuration. */
export const JUDGEMENT_LAWS: Readonly<Record<string, Check>> = {
  'a model that has learned nothing gives no score, unless it decides or was trained ahead': (trial) => {
    if (trial.plugin.decides || trial.laws.artifact) return undefined;
    for (const row of trial.rows(30, 5)) {
      const score = trial.make().score(row.slice(), 0);
      if (!Number.isNaN(score)) return `${shown(row)} scores ${score} before anything was learned`;
    }
    return undefined;
  },

  'each column by itself, far out, lifts the score; also with one column or many, where their number is left open': (trial) => {
    // A configuration may be made for so many columns, as their range is.
    const { artifact, columns: fixed } = trial.laws;
    const widths = artifact || fixed !== undefined ? [trial.width] : [trial.width, 1, MANY];
    for (const columns of widths) {
      const found = farOut(new ModelTrial(trial.plugin, { ...trial.laws, columns }));
      if (found) return columns === trial.width ? found : `with ${columns} columns ${found}`;
    }
    return undefined;
  },

  'a row has the same score while the version is the same, and some row another one when it changes, where it is fitted now and again':
    (trial) => {
      if (!trial.laws.fits) return undefined;
      const probes = trial.rows(31, PROBES);
      const model = trial.make();
      const scores = () => probes.map((row) => model.score(row.slice(), 0));
      let before = { version: model.version, scores: scores() };
      for (const [i, row] of trial.rows(32).entries()) {
        model.learn(row.slice(), i * 1_000, 1);
        // Often enough to see each version, and not after each row.
        if (i % 7 !== 0 && model.version === before.version) continue;
        const now = { version: model.version, scores: scores() };
        const other = now.scores.findIndex((score, j) => !Object.is(score, before.scores[j]));
        if (now.version === before.version && other >= 0)
          return `after row ${i} ${shown(probes[other]!)} scores ${now.scores[other]} instead of ${before.scores[other]}, and the version is still "${now.version}"`;
        if (now.version !== before.version && other < 0)
          return `after row ${i} the version is "${now.version}" instead of "${before.version}", and no score has changed`;
        before = now;
      }
      return undefined;
    },

  'ordinary rows are mostly no anomalies, where it decides': (trial) => {
    if (!trial.plugin.decides) return undefined;
    const model = trial.learned(33);
    const odd = trial.rows(34, INLIERS).filter((row) => model.score(row.slice(), 0) > 0);
    return odd.length > INLIERS / 2
      ? `${odd.length} of ${INLIERS} ordinary rows score above 0, ${shown(odd[0]!)} first`
      : undefined;
  },

  'has no clock and draws nothing that cannot be drawn again: in another century it gives the same': (trial) =>
    difference(
      trial.run(trial.rows(35)),
      elsewhere(() => trial.run(trial.rows(35))),
    ),

  'looks at its seed, where it has one': (trial) => {
    const { config } = trial.laws;
    const seeded = (seed: number) => new ModelTrial(trial.plugin, { ...trial.laws, config: { ...(config as object), seed } });
    try {
      if ((trial.plugin.config.parse({ ...(config as object), seed: 7 }) as { seed?: unknown }).seed !== 7) return undefined;
    } catch {
      return undefined;
    }
    if (trial.laws.artifact) return undefined;
    const rows = trial.rows(36);
    const same = difference(seeded(7).run(rows), seeded(8).run(rows)) === undefined;
    return same ? 'seeds 7 and 8 give the same scores' : undefined;
  },

  'is used to a lasting change of level after as many rows as its author says': (trial) => {
    const { adapts } = trial.laws;
    if (adapts === undefined) return undefined;
    const model = trial.learned(37);
    const shift = (row: Float64Array) => row.map((value, j) => value + 50 * (j + 1));
    const median = medianOf(trial.rows(38, INLIERS).map((row) => model.score(row, 0)));
    for (const [i, row] of trial.rows(39, adapts).entries()) model.learn(shift(row), i * 1_000, 1);
    const after = medianOf(trial.rows(40, INLIERS).map((row) => model.score(shift(row), 0)));
    const early = trial.learned(37);
    const before = medianOf(trial.rows(40, INLIERS).map((row) => early.score(shift(row), 0)));
    return after > (median + before) / 2
      ? `the new level scores ${after}, ${before} at first, what it had learned before ${median}`
      : undefined;
  },

  'refuses an option that it does not know': ({ plugin, laws }) => unknownKeyPasses(plugin.config, laws.config),
};

export function medianOf(scores: number[]): number {
  return scores.sort((a, b) => a - b)[Math.floor(scores.length / 2)]!;
}

function farOut(trial: ModelTrial): string | undefined {
  if (trial.plugin.decides) return undefined;
  try {
    const model = trial.learned(41);
    const rows = trial.rows(42, INLIERS);
    const median = (change: (row: Float64Array) => Float64Array) => medianOf(rows.map((row) => model.score(change(row), 0)));
    const usual = median((row) => row.slice());
    for (let column = 0; column < trial.width; column++) {
      for (const by of [20, -20]) {
        const odd = median((row) => row.with(column, column * 10 + by * (column + 1)));
        if (!(odd > usual))
          return `rows whose column ${column} is shifted by ${by} deviations score ${odd} in the median, ordinary ones ${usual}`;
      }
    }
    return undefined;
  } catch (error) {
    return `it throws: ${messageOf(error)}`;
  }
}
