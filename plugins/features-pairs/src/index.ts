// Two instruments as one row: the spread between them, and how far it is from usual.

import { API_VERSION, type Column, columnOf, defineFeatures, type View } from '@quantstream/engine';
import { FAMILIES } from './columns.js';
import { choicesOf, configSchema } from './config.js';
import { initialState, PairExtractor } from './extractor.js';

const context = (name: string, about: string): Column => ({
  name,
  unit: 'quote',
  about,
  formula: 'price of the last trade before the end of the bar',
  role: 'context',
  warmUp: 1,
});
const CONTEXT = [context('first_price', 'Price of the first leg.'), context('second_price', 'Price of the second leg.')];

const NOTES = `
## Pairs

An entity is a group of two keys, which the pipeline file puts together; with a broker between the two halves of a pipeline, both keys are then in one
partition. A row is made at the end of every bar from the last price of each leg, stamped with the bar's start, as soon as both are known. While one of them has
not traded for \`staleAfter\`, the columns are missing and the bar stays out of the windows; when neither has, rows stop.

"Spread" here is the logarithm of the ratio of the prices less its mean over the window: 0.005 means that the first leg has become half a percent dearer in terms of
the second than it was on average. It leaves the bar itself out of the mean, so that a jump cannot hide itself. \`hedged_spread_N\` uses the hedge ratio instead of 1.
`;

/** Two keys as one entity: prices of a pair, brought together in bars of event time. */
export default defineFeatures({
  name: 'pairs',
  api: API_VERSION,
  about: 'Two instruments as one row: normalised spread, its z-score, correlation and hedge ratio.',
  config: configSchema,
  example: { legs: ['BTCUSDT', 'ETHUSDT'], columns: ['spread_3600', 'spread_z_3600', 'correlation_300'] },
  notes: NOTES,
  consumes: () => ({ trade: { price: 'quote' } }),
  row: (settings) => ({
    kind: 'pair',
    about: `${settings.legs.join(' and ')}, every ${settings.bar / 1_000} s.`,
    columns: [...CONTEXT, ...choicesOf(settings).map(columnOf)],
  }),
  catalogue: [
    ...CONTEXT,
    ...FAMILIES.map(
      ({ name, windowed, unit, about, formula, source, warmUp }): Column => ({
        name: windowed ? `${name}_N` : name,
        unit,
        about,
        formula,
        role: 'feature',
        ...(windowed ? {} : { warmUp: warmUp(0) }),
        ...(source ? { source } : {}),
      }),
    ),
  ],
  // Columns are independent of each other: choosing one more refuses no trained model.
  views: (settings) => {
    const spreads = choicesOf(settings).filter(({ family }) => family.name.includes('spread'));
    const views: View[] = [{ title: settings.legs.join(' and '), kind: 'lines', columns: CONTEXT.map(({ name }) => name) }];
    if (spreads.length > 0)
      views.push({
        title: 'Spread',
        kind: 'lines',
        columns: spreads.map((choice) => columnOf(choice).name),
        about: 'How far both prices have come apart.',
      });
    return views;
  },
  basis: ({ columns: _, ...rest }) => rest,
  stateVersion: 1,
  initialState,
  create: (settings, state) => new PairExtractor(settings, state),
});
