// The declaration of the subspace.

import { API_VERSION, defineModel } from '@quantstream/engine';
import { configSchema } from './config.js';
import { SubspaceModel } from './model.js';
import { componentsOf, initialState } from './state.js';

const NOTES = `
## The method

Most of what many columns do is few things: load, traffic, the hour. The directions in which they vary most are learned row by row by candid covariance-free incremental PCA (J. Weng, Y. Zhang, W. Hwang, IEEE TPAMI 25, 2003).
A row is odd by what those directions do not explain (its residual, Q) and by how far out along them it lies (its leverage, Hotelling's T²).
The score is the mean of both, each divided by what it usually is: about 1 for an ordinary row.

- **A window** of more than one row is looked at as one row of columns × window: for one column its latest values, whose shapes are the directions.
- **Robust:** columns are in deviations from their level, both from medians of the warm-up and moved by five deviations of a row at most; a row judged rarer than \`robust\` counts a hundredth.
- **Bounded:** beyond four deviations a value grows with its logarithm, and a direction that never varied counts as a hundredth of a squared deviation.
- **Cost:** about 0.3 µs a row at 3 columns, 1.2 at 10 and 6 at 40. State: 8 bytes for each direction, column and row of the window, and warmUp × columns until there are directions.
- **Weakness:** what goes on long is learned and becomes a direction. Kinds of rows that differ in no linear way are one cloud to it: that is what \`clusters\` is for.
- **Explanation:** what each column adds to the residual, and to the leverage by how it pulls along each direction; they sum to the score. The direction is that of what is not explained.
`;

/** Distance off and along the directions of what came before. Scores are multiples of what is usual, at least 0. */
export default defineModel({
  name: 'subspace',
  api: API_VERSION,
  about:
    'Principal components row by row: rows that are off the directions in which columns vary together, or far out along them, score high.',
  config: configSchema,
  example: { components: 8 },
  notes: NOTES,
  stateVersion: 1,
  initialState,
  stateBytes: (settings, columns) =>
    300 +
    8 * columns * Math.max(settings.warmUp, componentsOf(settings, columns) * settings.window) +
    8 * columns * (settings.window + 2),
  create: (settings, state, host) => new SubspaceModel(settings, state, host),
});
