// The declaration of the random cut forest.

import { API_VERSION, defineModel } from '@quantstream/engine';
import { configSchema } from './config.js';
import { migrated } from './migrate.js';
import { RandomCutForestModel } from './model.js';
import { initialState } from './state.js';

const NOTES = `
## The method

S. Guha, N. Mishra, G. Roy, O. Schrijvers: *Robust Random Cut Forest Based Anomaly Detection on Streams*, ICML 2016. Each tree holds a random sample of
the past that favours the recent, cut at random, longer sides more often. A row scores by how near the root a cut would part it from the sample, times
log₂(sampleSize + 1): 1 or below is ordinary, above is odd.

- **Cost:** about 14 µs a row (score and learn) with three columns, 30 µs with ten, 110 µs with forty. State per key at 50 × 256: 0.37 MB with three columns, 0.54 MB with ten, 1.3 MB with forty; a key at work holds 8 bytes more for each column and sampled row (0.3, 1.0 and 4.1 MB). With a shingle of four, four times as many columns count.
- **Scale:** a column with a wider range is cut more often, so columns must be on one scale: let the pipeline standardise them.
- **Missing values:** scored without them: their dimension takes no part in any cut. Learned with the last value seen in their place; a row
  is not learned while one of its columns was never seen.
- **Precision:** rows are rounded to 7 digits (float32), and beyond ±10³⁷ they count as that.
- **Weakness:** columns that say nothing dilute those that do, and after a lasting change everything is odd until the samples have
  turned over (about 10 × sampleSize rows). It learns what it finds odd as well: samples are hardly touched by rare rows.
- **Explanation:** each cut that parts the row from the others is credited to its column. Contributions sum to the score, with the direction in which
  the row lies outside; the largest leads. With a shingle, a column's earlier rows count for it too.
`;

/**
 * Random cut forest: S. Guha, N. Mishra, G. Roy, O. Schrijvers, "Robust Random Cut Forest Based Anomaly Detection on Streams",
 * ICML 2016. A row is odd where random cuts, longer sides cut more often, would set it apart early. It learns with every row.
 */
export default defineModel({
  name: 'random-cut-forest',
  api: API_VERSION,
  about: 'Random cut forest that learns with every row: rows that would change its trees near the root score high.',
  config: configSchema,
  example: { trees: 50, sampleSize: 256, shingle: 4 },
  notes: NOTES,
  acceptsMissing: true,
  stateVersion: 3,
  initialState,
  stateBytes: ({ trees, sampleSize, shingle }, columns) => 1_000 + trees * sampleSize * (26 + 4 * columns * shingle) + 24 * trees,
  migrate: (state, version, settings) =>
    version === 2 ? migrated(state as Parameters<typeof migrated>[0], settings) : undefined,
  create: (settings, state, host) => new RandomCutForestModel(settings, state, host),
});
