// The laws of explanations: what a model says of an odd row.

import { type Explanation, newExplanation } from '../../api/index.js';
import { random } from '../random.js';
import { explainedInto } from './states.js';
import { type Check, ModelTrial, shown } from './trial.js';

const MOST_REASONS = 3;
const SHIFTED_ROWS = 400;

/** What explanations promise, where a model gives any. */
export const EXPLANATION_LAWS: Readonly<Record<string, Check>> = {
  'contributions add up to total − baseline': (trial) =>
    explained(trial, 8, ({ contributions, total, baseline }) => {
      const sum = contributions.reduce((a, b) => a + b, 0);
      const allowed = (trial.laws.tolerance ?? 1e-9) * Math.max(1, Math.abs(total));
      return Math.abs(sum - (total - baseline)) <= allowed ? undefined : `sum ${sum}, total ${total}, baseline ${baseline}`;
    }),

  'the total of an explanation is the score, where the plugin says so': (trial) => {
    const { totalIsScore } = trial.laws;
    if (totalIsScore === undefined) return undefined;
    return explained(trial, 12, ({ total }, score) =>
      Math.abs(total - score) <= totalIsScore * Math.max(1, score) ? undefined : `total ${total}, score ${score}`,
    );
  },

  'an explanation does not depend on what was in it before': (trial) => explainedInto(trial, 60),

  'the first reason names the column that leads, unless it decides': (trial) => {
    if (trial.plugin.decides) return undefined;
    return explained(trial, 61, ({ contributions, reasons }) => {
      const shares = contributions.map((share) => (trial.laws.oddSign ?? 1) * share);
      const leading = shares.indexOf(Math.max(...shares));
      const [first] = reasons;
      return first === undefined || new RegExp(`\\bcolumn_${leading}\\b`).test(first)
        ? undefined
        : `column_${leading} leads, and the first reason is "${first}"`;
    });
  },

  'the direction is that of the shift, not of the value, unless it decides': (trial) => {
    const { directions = true, artifact } = trial.laws;
    const model = trial.make();
    if (!model.explain || trial.plugin.decides || !directions || artifact) return undefined;
    const far = (row: Float64Array) => row.map((value) => value + 10);
    for (const [i, row] of trial.rows(62).entries()) model.learn(far(row), i * 1_000, 1);
    const out = newExplanation(trial.width);
    for (let column = 0; column < trial.width; column++) {
      const row = far(trial.row((j) => j * 10 - (j === column ? 5 * (j + 1) : 0)));
      model.explain(row.slice(), out, 0);
      const said = out.directions[column]!;
      if (said > 0)
        return `column ${column} of ${shown(row)} was shifted down from ${10 + column * 10}, and has direction ${said}`;
    }
    return undefined;
  },

  'gives at most three reasons, unless it decides': ({ plugin, laws, width }) =>
    explained(new ModelTrial(plugin, laws.artifact ? laws : { ...laws, columns: Math.max(width, 7) }), 13, ({ reasons }) =>
      plugin.decides || reasons.length <= MOST_REASONS ? undefined : `${reasons.length} reasons: ${reasons.join('; ')}`,
    ),

  'the column that was shifted leads the explanation, in the right direction, unless it decides': (trial) => {
    const model = trial.make();
    if (!model.explain || trial.plugin.decides) return undefined;
    const { oddSign = 1, leads = 0.95, directions = true } = trial.laws;
    const next = trial.correlated(14);
    for (let i = 0; i < trial.count; i++) model.learn(next(), i * 1_000, 1);
    const uniform = random(15);
    const out = newExplanation(trial.width);
    const wrong: string[] = [];
    const astray: string[] = [];
    for (let i = 0; i < SHIFTED_ROWS; i++) {
      const column = Math.floor(uniform() * trial.width);
      const sign = uniform() < 0.5 ? -1 : 1;
      const row = next(column, sign * (8 + 12 * uniform()));
      model.explain(row, out, i * 1_000);
      const shares = out.contributions.map((share) => oddSign * share);
      const leading = shares.indexOf(Math.max(...shares));
      if (leading !== column) wrong.push(`column ${leading} leads ${shown(row)}, of which column ${column} was shifted`);
      if (directions && out.directions[column] !== sign)
        astray.push(`${shown(row)} has direction ${out.directions[column]} in column ${column}, which was shifted by ${sign}`);
    }
    const most = (1 - leads) * SHIFTED_ROWS;
    const failing = [wrong, astray].find((list) => list.length > most);
    return failing && `${failing.length} of ${SHIFTED_ROWS} rows, above all: ${failing[0]}`;
  },
};

/** Explains ordinary rows and wild ones by a model that has learned. @returns what is first found wrong, with its row */
function explained(
  trial: ModelTrial,
  seed: number,
  wrong: (out: Explanation, score: number) => string | undefined,
): string | undefined {
  const model = trial.learned(seed);
  if (!model.explain) return undefined;
  const out = newExplanation(trial.width);
  const odd = [...Array(trial.width).keys()].map((column) => trial.row((j) => j * 10 + (j === column ? -12 * (j + 1) : 0)));
  for (const row of [...trial.rows(9, 20), trial.row(() => 500), trial.row(() => 1e300), ...odd]) {
    model.explain(row, out, 0);
    const found = wrong(out, model.score(row, 0));
    if (found) return `${found}, of ${shown(row)}`;
  }
  return undefined;
}
