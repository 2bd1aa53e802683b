// The declaration of the baseline.

import { API_VERSION, defineModel } from '@quantstream/engine';
import { configSchema } from './config.js';
import { BaselineModel } from './model.js';
import { initialState, NUMBERS, ringOf } from './state.js';

const NOTES = `
## The method

A column is brought to scale by a robust running level and mean absolute deviation.
The next value is expected from the three rows before, from the row one period ago and the one before that, and from a constant: an autoregression whose weights follow by recursive least squares with exponential forgetting (L. Ljung: *System Identification*, 1999, section 11.2), and which begins with "as the row before".
The error in its usual size is taken to follow Student's t with three degrees of freedom; the score is the surprise \`2 · log(1 + z²/3)\`, summed over columns, in nats.

- **Periods** up to 320 rows are found by the autocorrelation of the latest 640 rows, looked at every 2,048 rows, and sooner while young; longer ones are a matter of \`transform: { rhythm: auto }\`.
- **Bounded:** from ten usual errors on the surprise grows by a quarter of the logarithm alone. An error is no less than half the smallest step of a column and half a percent of its usual spread, so that a column that stood still and moves is one odd row, and no more.
- **Robust:** one row moves weights, level and spread by four usual errors at most, and a row judged rarer than \`robust\` by a twentieth of that. What stays far on one side is followed twice as fast every 16 rows.
- **Pauses:** behind one of more than three usual gaps the rows before say nothing: values are judged by the level until three rows have come.
- **Cost:** about 0.6 µs for each row and column. State of a column: 312 bytes, and 4 bytes for each of 640 rows where a period is looked for.
- **Weakness:** it finds where something begins and ends. What stays is expected from the second row on: put a distance or clusters beside it. Columns are judged one by one: values that do not go together are not seen.
- **Explanation:** the surprise of each column; they sum to the score. Reasons say what was expected, within two usual errors.
`;

/** Each column against what its own past lets expect. Scores are sums over columns of the surprise of an error, in nats, at least 0. */
export default defineModel({
  name: 'baseline',
  api: API_VERSION,
  about:
    'Each column against its own expectation: its level, the rows before, and its period. Finds where something begins to be odd.',
  config: configSchema,
  example: { memory: 1_500 },
  notes: NOTES,
  stateVersion: 1,
  initialState,
  stateBytes: (settings, columns) => 400 + columns * (8 * NUMBERS + 4 * ringOf(settings)),
  create: (settings, state, host) => new BaselineModel(settings, state, host),
});
