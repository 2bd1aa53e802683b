// The declaration of tails.

import { API_VERSION, defineModel } from '@quantstream/engine';
import { configSchema } from './config.js';
import { TailsModel } from './model.js';
import { initialState } from './state.js';

const NOTES = `
## The method

The idea of Z. Li et al.: *ECOD: Unsupervised Outlier Detection Using Empirical Cumulative Distribution Functions*, 2022, on a moving window:
\`score = Σ −log(2 · min(P(X ≤ x), P(X ≥ x)))\` over the columns, in nats, each term at least 0. An ordinary column adds 1 on average. Probabilities are those of 199 quantiles
of the window; beyond 0.5 % and 99.5 % of a generalised Pareto tail fitted by probability-weighted moments (J. Hosking, J. Wallis 1987), so that
values never seen differ as well.

- **Robust:** of the rows judged rarer than \`robust\` one in fifty is learned: an outburst does not become its own yardstick, a lasting change does.
  A wild value counts as at most 20 median ones when a tail is fitted.
- **Missing values:** such a column adds nothing.
- **Scale:** none is needed; it reads rows as they are.
- **Cost:** about 2 µs a row with three columns, 6 µs with ten, 23 µs with forty, half of it for refits. State per key: 8 bytes × window × columns, so 0.8 MB with ten columns.
- **Weakness:** each column by itself: it does not see ordinary values that do not go together, and columns that say the same add up twice.
- **Explanation:** the score itself, by column, with the direction. Contributions sum to the score; the largest leads.
`;

/**
 * Streaming two-sided tail probabilities of each column (after ECOD, Z. Li et al. 2022) with generalised Pareto ends. Scores are
 * sums of −log(2p) ≥ 0, in nats.
 */
export default defineModel({
  name: 'tails',
  api: API_VERSION,
  about: 'Extremes of single columns: each value against the tails of its own recent past.',
  config: configSchema,
  example: { window: 10_000 },
  notes: NOTES,
  acceptsMissing: true,
  stateVersion: 2,
  initialState,
  stateBytes: ({ window }, columns) => 200 + columns * (8 * window + 1_800),
  create: (settings, state, host) => new TailsModel(settings, state, host),
});
