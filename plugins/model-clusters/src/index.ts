// The declaration of the clusters.

import { API_VERSION, defineModel } from '@quantstream/engine';
import { configSchema } from './config.js';
import { ClustersModel } from './model.js';
import { initialState } from './state.js';

const NOTES = `
## The method

Rows come in kinds: idle, loaded, backing up. On-line k-means (J. MacQueen, 1967) keeps a centre for each, which every row of its kind moves a little; older rows fade.
The score is the squared distance to the nearest centre, in squared deviations of the columns, divided by what that distance usually is for rows of that centre: about 1 for an ordinary row.

- **First centres** come from the warm-up: spread as k-means++ spreads them, with places that are the same each time, then moved to the means of their rows (Lloyd).
- **Bounded:** beyond three deviations what a column adds grows with its logarithm, so that several columns that are a little off outshout one that is wild.
- **Robust:** a row moves a centre by three deviations of a column at most, divided by the rows of that centre; one judged rarer than \`robust\` counts a hundredth.
- **Cost:** about 1 µs a row at 3 columns and 3.5 at 10. State: 8 bytes for each centre and column, and warmUp × columns until there are centres.
- **Weakness:** a kind of rows that was not there in the warm-up gets no centre of its own: the nearest moves towards it slowly. Columns that go together within a kind are not seen: that is what \`mahalanobis\` is for.
- **Explanation:** what each column adds to the distance, divided in the same way; they sum to the score. The direction is that from the centre to the row.
`;

/** Distance to the nearest of the centres of what came before. Scores are multiples of the usual squared distance, at least 0. */
export default defineModel({
  name: 'clusters',
  api: API_VERSION,
  about: 'Distance to the nearest of several kinds of rows, each with a spread of its own: rows that are of no kind score high.',
  config: configSchema,
  example: { centres: 20 },
  notes: NOTES,
  stateVersion: 1,
  initialState,
  stateBytes: ({ centres, warmUp }, columns) =>
    300 + 8 * columns * Math.max(warmUp, centres) + 16 * columns + 16 * centres + 8 * columns,
  create: (settings, state, host) => new ClustersModel(settings, state, host),
});
