// The declaration of the isolation forest.

import { API_VERSION, defineModel } from '@quantstream/engine';
import { configSchema } from './config.js';
import { ascendingScores, fit, Prepared } from './fitted.js';
import { IsolationForestModel, initialState } from './model.js';
import { fromPayload, toPayload } from './payload.js';
import { makeScorer } from './score.js';

const NOTES = `
## The method

F. T. Liu, K. M. Ting, Z.-H. Zhou: *Isolation Forest*, ICDM 2008. Each tree splits a sub-sample (drawn without replacement) at random columns and
values down to depth ⌈log₂ sampleSize⌉; \`score = 2^(−E[h] / c(sampleSize))\`, h the depth at which a row ends up. Near 1 is odd, about 0.5 and below ordinary.

- **Cost:** about 1.7 µs a row and 4 ms a fit with 100 × 256 on three columns ([measurements](../../docs/decisions/0001-own-isolation-forest.md)).
  State per key: the window (8 bytes × rows × columns) and some 0.3 MB for the forest.
- **Weakness:** it hardly sees a row that is extreme in one column only, since most trees split on others first; and \`contamination\`
  raises its share of rows whether anything is wrong or not. Columns of very different scale are no problem, irrelevant ones are.
- **Explanation:** a column's contribution is how much its splits lengthened (+) or shortened (−) the path against the expectation; contributions sum to
  the mean path of the row minus that of the root. The most negative one leads.
- **Trained models:** \`engine train\` writes one, and \`scripts/export_sklearn_forest.py\` makes one of a scikit-learn forest, which then scores here to 1e-9
  what it scores there. See [model artifacts](../../docs/model-artifacts.md).
`;

/**
 * Isolation Forest: F. T. Liu, K. M. Ting, Z.-H. Zhou, "Isolation Forest", ICDM 2008. Rows that random splits separate from
 * the others after few cuts are odd. Scores lie in (0, 1): near 1 is odd, about 0.5 and below ordinary.
 *
 * A refit happens at stated row counts and draws from the seed and the number of the fit alone, so that replays and restarts
 * agree bit for bit.
 */
export default defineModel({
  name: 'isolation-forest',
  api: API_VERSION,
  about: 'Isolation Forest on a sliding window: rows that few random cuts set apart score high.',
  config: configSchema,
  example: { trees: 100, sampleSize: 256, seed: 42 },
  notes: NOTES,
  stateVersion: 1,
  initialState,
  stateBytes: ({ window }, columns) => 200 + 8 * window * columns,
  create: (settings, state, host) => new IsolationForestModel(settings, state, host),
  train(rows, settings) {
    const { values, count, columns } = rows;
    const fitted = fit(values, count, columns.length, settings, 1);
    return { payload: toPayload(fitted), scores: ascendingScores(makeScorer(fitted.forest), values, count, columns.length) };
  },
  load: (payload, columns) => new Prepared(fromPayload(payload, columns), columns),
});
