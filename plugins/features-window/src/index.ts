// The declaration of the window features.

import { API_VERSION, type Consumes, defineFeatures } from '@quantstream/engine';
import { CATALOGUE, toColumn } from './columns.js';
import { chosenOf, configSchema, fieldsOf, type Settings } from './config.js';
import { AtOneRate, initialState, RowByRow } from './extractor.js';

const NOTES = `
## Windows

A window is written behind its family: \`cpu_mean_12\` is over 12 rows, \`cpu_mean_5m\` over 5 minutes of event time. A window gives its first value once it is full, and leaves
missing values out. Each costs about the same whatever its length, and holds 80 bytes of state a row; several families of one field and window share it.
\`VALUE_change\` and \`VALUE_lag\` over time take the latest row that is at least that old, and less than twice that.

## Rows

With \`every: row\` a row stands at the time of its observation, in order of time. With a duration the row at t holds what was heard before t; through a silence rows go on with
missing values, so that \`VALUE_missing_share_N\` rises, and stop after \`silence\`. The end of a recording makes up no silence.
`;

/** Fields are optional: what a column cannot do without is said by the column, and a value that an observation lacks is missing. */
function consumes(settings: Settings): Consumes {
  const fields = fieldsOf(settings).map((field) => [field, { unit: settings.units[field] ?? '*', optional: true }] as const);
  return { [settings.type]: Object.fromEntries(fields) };
}

/** Windowed statistics of any numbers. */
export default defineFeatures({
  name: 'window',
  api: API_VERSION,
  about: 'Any numbers and their windows: mean, deviation, trend, rate, change, extremes, distance from what came before',
  config: configSchema,
  example: { units: { memory: 'MB' }, columns: ['cpu', 'cpu_mean_12', 'cpu_z_60', 'memory_slope_5m', 'hour_sin', 'hour_cos'] },
  notes: NOTES,
  consumes,
  row: (settings) => ({
    kind: 'sample',
    about: settings.every === 'row' ? `A row for each ${settings.type}.` : `A row every ${settings.every / 1_000} s.`,
    columns: chosenOf(settings).map((chosen) => toColumn(chosen, settings.type, settings.units[chosen.value] ?? '1')),
  }),
  all(emits, { type = 'reading', values }) {
    const fields = Object.keys(emits[String(type)]?.fields ?? {});
    if (fields.length === 0) throw new Error(`the source emits no ${type} with numbers, but ${Object.keys(emits).join(', ')}`);
    return values === undefined ? { columns: fields, values: fields } : { columns: fields };
  },
  basis: ({ columns: _, ...rest }) => rest,
  catalogue: CATALOGUE,
  stateVersion: 1,
  initialState,
  create: (settings, state) =>
    settings.every === 'row' ? new RowByRow(settings, state) : new AtOneRate(settings, settings.every, state),
});
