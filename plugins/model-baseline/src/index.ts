// The declaration of the baseline.

import { API_VERSION, defineModel } from '@quantstream/engine';
import { configSchema } from './config.js';
import { LADDER } from './ladder.js';
import { BaselineModel } from './model.js';
import { initialState, NUMBERS, ringOf } from './state.js';

const NOTES = `
## The method

A column is brought to scale by a robust running level and mean absolute deviation.
The next value is expected from the three rows before, from the row one period ago and the one before that, and from a constant: an autoregression whose weights follow by recursive least squares with exponential forgetting (L. Ljung: *System Identification*, 1999, section 11.2), and which begins with "as the row before".
How rare an error of that size is on its side is counted on a ladder of sizes half an octave apart, beside a prior of Student's t with three degrees of freedom that weighs ten rows; and so is the distance from the level.
The score is −ln of twice these shares, the level's by half, summed over columns, in nats.

- **Periods** up to 320 rows are found by the autocorrelation of the latest 640 rows, looked at every 2,048 rows, and sooner while young; longer ones are a matter of \`transform: { rhythm: auto }\`.
- **Bounded:** what is beyond all that was counted is as rare as a hundredth of one row among it: of 20,000 rows, 14 nats. An error is no less than half the smallest step of a column and half a percent of its usual spread. So a column that stood still and moves is one very odd row, and for the 32 rows that it takes to be the level some that are less so.
- **Robust:** one row moves weights, level and spread by four usual errors at most, and a row judged rarer than \`robust\` by a twentieth of that. What was far for 32 rows is the level from then on.
- **Pauses:** behind one of more than three usual gaps the rows before say nothing: values are judged by the level until three rows have come.
- **Cost:** about 0.6 µs for each row and column. State of a column: 0.7 kB, and 4 bytes for each of 640 rows where a period is looked for.
- **Weakness:** it finds where something begins and ends. What stays is expected from the second row on, and only its distance from the level goes on: put a distance of all columns beside it. Columns are judged one by one: values that do not go together are not seen.
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
  stateBytes: (settings, columns) => 400 + columns * (8 * NUMBERS + 8 * LADDER + 4 * ringOf(settings)),
  create: (settings, state, host) => new BaselineModel(settings, state, host),
});
