import { API_VERSION, defineFeatures } from '@quantstream/engine';
import { AGE, CONSUMES, contextColumn, featureColumn, PLACE, SIGNALS } from './columns.js';
import { configSchema, signalsOf } from './config.js';
import { initialState, TelemetryExtractor } from './extractor.js';

const CONTEXT = [...PLACE.map(contextColumn), AGE];

const NOTES = `Rows stand at multiples of \`every\` in event time; the row at t holds what was heard before t. A vehicle's first row is the first such
time after its first observation. Through a silence rows go on, with the last values until they are stale, for \`staleAfter\`; then they stop, and
begin again with the next observation. Column names carry no window because \`every\` belongs to the whole row.`;

/** Telemetry of an aircraft, sent in messages of many rates, as rows of one rate. */
export default defineFeatures({
  name: 'uav',
  api: API_VERSION,
  about: 'Telemetry of unmanned aircraft at one rate: battery, vibration, satellites and height',
  config: configSchema,
  example: { every: '200ms', columns: ['voltage', 'current'] },
  notes: NOTES,
  consumes: () => CONSUMES,
  row: (settings) => ({
    kind: 'telemetry',
    about: `State of the aircraft every ${settings.every / 1_000} s.`,
    columns: [...CONTEXT, ...signalsOf(settings).slice(PLACE.length).map(featureColumn)],
  }),
  catalogue: [...CONTEXT, ...SIGNALS.map(featureColumn)],
  stateVersion: 1,
  initialState,
  create: (settings, state) => new TelemetryExtractor(settings, state),
});
