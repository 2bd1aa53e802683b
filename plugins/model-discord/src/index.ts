// The declaration of the discord.

import { API_VERSION, defineModel } from '@quantstream/engine';
import { configSchema } from './config.js';
import { DiscordModel } from './model.js';
import { initialState, lagsOf, ringOf } from './state.js';

const NOTES = `
## The method

A discord is the stretch of a series that is least like any other (E. Keogh, J. Lin, A. Fu: *HOT SAX*, 2005); a left discord is least like any *before* it (Y. Lu and others: *Matrix Profile XXIV, DAMP*, 2022), which is what a stream can know.
The latest \`window\` rows of each column are compared with every window of as many rows that ended one to \`memory\` rows before them, both brought to their own mean and deviation.
The distance to the nearest is divided by what that distance usually is; the score is the sum of the squared ratios over columns, about 1 for each.

- **All windows, not some:** the sums of products of the row before are kept, and each follows by one product more and one less (*Matrix Profile I*, 2016). Each is also worked out anew from time to time, so that rounding does not add up.
- **Amplitude counts where it is uncommon:** the deviation that a window is brought to scale by is no less than a quarter and no more than 1.2 times what is usual in the column. So noise on a flat stretch is no shape, and a spike or a swing that is far too large is one that was not seen.
- **Bounded:** a value counts for at most 50 mean absolute deviations from the level, and a usual distance for no less than 0.05.
- **Recurring shapes** are near to their first occurrence, as long as that is in memory.
- **Cost:** about 8 ns for each row, column and remembered window. State of a column: 40 bytes for each.
- **Weakness:** it speaks while the odd stretch is within the window, so up to \`window\` rows behind its end. What swings more slowly than \`memory\` reaches, or is noise alone, has no shape to be missed: nearest windows are far apart always. It is for few keys.
- **Explanation:** the squared ratio of each column; they sum to the score. The direction is that of the latest value against the one in the nearest window.
`;

/** The latest window of each column against the nearest earlier one. Scores are sums of squared ratios to the usual distance, at least 0. */
export default defineModel({
  name: 'discord',
  api: API_VERSION,
  about: 'The shape of the latest rows against all shapes before: stretches that are unlike any earlier one score high.',
  config: configSchema,
  example: { window: 50 },
  notes: NOTES,
  stateVersion: 1,
  initialState,
  stateBytes: (settings, columns) => 200 + columns * (400 + 32 * ringOf(settings) + 8 * lagsOf(settings)),
  create: (settings, state, host) => new DiscordModel(settings, state, host),
});
