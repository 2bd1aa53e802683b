// The declaration of the Mahalanobis distance.

import { API_VERSION, defineModel } from '@quantstream/engine';
import { configSchema } from './config.js';
import { MahalanobisModel } from './model.js';
import { initialState } from './state.js';

const NOTES = `
## The method

P. C. Mahalanobis: *On the generalised distance in statistics*, 1936. \`score = D² = (x − μ)ᵀ Σ⁻¹ (x − μ)\` with mean and covariance weighted towards the recent.
For normal rows it is distributed as χ² with as many degrees as columns, so its mean is the number of columns. It sees what single
columns hide: two values, each ordinary, that do not go together.

- **Bounded:** from 10,000 a column on D² grows with its logarithm alone.
  With \`tails: student\` the score is \`Σ 2 · log(1 + y²/3)\` over the deviations y along the axes of the Cholesky factor, in nats: several columns that are a little off outshout one that is wild.
- **Robust:** a row counts min(1, c / D²), c the 99.9 % point of χ²; one judged rarer than \`robust\` a hundredth of that. Weights fade all the
  same, so a lasting change is taken over after some half-lives. The first estimate counts warm-up rows less that lie more than 8
  robust deviations from the median of a column. A variance is at least a hundredth of the plain one over ten half-lives, or a column that seldom moves would seem constant.
- **Cost:** about 0.2 µs a row with three columns, 1 µs with ten, 11 µs with forty, and a few milliseconds for the first explanation after a
  factorisation of forty. State per key: 8 bytes × (columns² + 4 × columns), and warmUp × columns until the first estimate.
- **Weakness:** one ellipsoid. Rows of several kinds stretch it until what lies between them looks ordinary, and heavy tails make it deaf or nervous.
  It reads rows as they are: a transform that squeezes tails costs it more than it helps on markets.
- **Explanation:** symmetric whitening of the correlation matrix P (A. Kessy, A. Lewin, K. Strimmer: *Optimal whitening and decorrelation*, 2018):
  \`φ = (P^(−1/2) z)²\`, which sums to D², or is scaled to sum to the score. The direction is that of the whitened value: above or below what the other columns let expect.
`;

/**
 * Mahalanobis distance from an exponentially weighted, robust mean and covariance that learn with every row. Scores are D² ≥ 0,
 * whose mean is d for d normal columns and which is bounded from 10,000 d on; with the tails of Student they are surprises in nats.
 */
export default defineModel({
  name: 'mahalanobis',
  api: API_VERSION,
  about: 'Distance from a moving mean in units of a moving covariance: values that do not go together score high.',
  config: configSchema,
  example: { halfLife: 3_600 },
  notes: NOTES,
  stateVersion: 1,
  initialState,
  stateBytes: ({ warmUp }, columns) => 200 + 8 * columns * Math.max(warmUp, columns + 5),
  create: (settings, state, host) => new MahalanobisModel(settings, state, host),
});
