import { API_VERSION, defineModel } from '@quantstream/engine';
import { configSchema } from './config.js';
import { ascendingScores, fit, Prepared } from './fitted.js';
import { IsolationForestModel, initialState } from './model.js';
import { fromPayload, toPayload } from './payload.js';
import { makeScorer } from './score.js';

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
  stateVersion: 1,
  initialState,
  create: (settings, state, host) => new IsolationForestModel(settings, state, host),
  train(rows, settings) {
    const { values, count, columns } = rows;
    const fitted = fit(values, count, columns.length, settings, 1);
    return { payload: toPayload(fitted), scores: ascendingScores(makeScorer(fitted.forest), values, count, columns.length) };
  },
  load: (payload, columns) => new Prepared(fromPayload(payload, columns), columns),
});
