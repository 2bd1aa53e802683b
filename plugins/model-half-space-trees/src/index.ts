// The declaration of half-space trees.

import { API_VERSION, defineModel } from '@quantstream/engine';
import { configSchema } from './config.js';
import { HalfSpaceTreesModel } from './model.js';
import { initialState } from './state.js';

const NOTES = `
## The method

S. C. Tan, K. M. Ting, T. F. Liu: *Fast Anomaly Detection for Streaming Data*, IJCAI 2011. Each tree halves a random box around the data down to \`depth\`, at random columns.
A row is judged by how many rows of the last complete window lie in the first node on its way with less than a tenth of them:
\`score = 1 − log₂(1 + m) / log₂(2 + 2^depth)\`, m the density there in units of an even spread. 1 is odd, 0 is where everything is.

- **Cost:** about 15 µs a row (score and learn) with three columns, 20 µs with forty. The rows of two windows are all the state: 16 bytes × window × columns, 12 kB with three columns; trees are grown from them when a window turns over, in about a millisecond.
- **Range:** the trees halve a range that is fixed at the start; give it where it is known. Values outside it by more than its own length are all alike.
- **Weakness:** with many columns few splits fall on the odd one before the window is used up, and columns that say nothing cost most here. Where no rows are at all, all rows score the same.
- **Explanation:** each split on the way adds −log₂(2 × share of the rows that went the same way) to its column, a mean over trees. Contributions
  sum to −log₂ of the density at the end of the way (counts taken ½ larger); the largest leads, negative ones are where the row is in company.
`;

/**
 * Half-space trees: S. C. Tan, K. M. Ting, T. F. Liu, "Fast Anomaly Detection for Streaming Data", IJCAI 2011. Scores lie in (0, 1];
 * the paper's mass, turned so that high is odd.
 */
export default defineModel({
  name: 'half-space-trees',
  api: API_VERSION,
  about: 'Half-space trees over windows of rows: where few rows of the last window were, scores are high.',
  config: configSchema,
  example: { trees: 25, depth: 15, window: 250 },
  notes: NOTES,
  stateVersion: 2,
  initialState,
  stateBytes: ({ window, warmUp }, columns) => 200 + 8 * columns * (Math.max(warmUp, 2 * window) + 4),
  create: (settings, state, host) => new HalfSpaceTreesModel(settings, state, host),
});
