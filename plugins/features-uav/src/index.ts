// The declaration of the UAV features.

import { fileURLToPath } from 'node:url';
import { API_VERSION, defineFeatures } from '@quantstream/engine';
import { CONTEXT, consumesOf, featureColumn, partsOf } from './catalogue.js';
import { CATALOGUE, columnsOf, configSchema } from './config.js';
import { grown, initialState, type State, TelemetryExtractor } from './extractor.js';
import { DISTURBS } from './flight/causes.js';
import { PHASE } from './flight/flight.js';
import { remarksOf } from './flight/remarks.js';
import { wearIn } from './flight/wear.js';
import { settingOf } from './parameters/names.js';
import { parameterRemarks } from './parameters/parameters.js';
import { outlinesOf } from './parts/geofence.js';
import { BAND_COLUMNS } from './shaking/bands.js';
import { viewsOf } from './views.js';

const NOTES = `Rows stand at multiples of \`every\` in event time; the row at t holds what was said before t. A vehicle's first row is the first such
time after its first observation. A column without a window in its name shows its last value until that is older than \`staleAfter\`. A field
that the vehicle does not send is missing, never 0.

**Phases.** Columns that mean something only in the air are missing on the ground, so take-off, touch-down and the bench are not judged. Silence in
flight is judged: rows go on for \`lostAfter\` with growing \`link_age\`, everything else goes missing. A reboot of the autopilot begins anew.

**Words.** What the autopilot says of itself is told with the row behind it: \`STATUSTEXT\` by its severity, put together where it comes in pieces, changes of mode,
arming and state, and which sensors and subsystems it calls unhealthy for a second or more (SYS_STATUS). While no flight is judged only what is critical counts, and what refuses arming does not; what says that something is over is nothing wrong.

**Parameters.** A parameter that is changed in flight is told with its old and its new value, as a warning where it becomes dangerous by that: fail-safes that are off, a fence
that only reports, filters that do not fit the loop. What is dangerous stands before the findings of \`engine check\`, each with the page that says so.

**Autopilots.** \`RAW_IMU\` is read in the units of ArduPilot (mG, mrad/s, mgauss). PX4 sends its estimator as ESTIMATOR_STATUS, which is read as well; it has no
EKF_STATUS_REPORT, FENCE_STATUS, WIND (WIND_COV instead) and RAW_IMU, so columns made of them are missing there; its VIBRATION measures something else, with
4.905 and 9.81 m/s² in place of 30 and 60 as the levels of caution and alarm in its log viewer.`;

/** Telemetry of an aircraft, sent in messages of many rates, as rows of one rate. */
export default defineFeatures({
  name: 'uav',
  api: API_VERSION,
  about:
    'Telemetry of unmanned aircraft at one rate: battery, vibration, estimator, GPS, compass, barometer, motors, airspeed, link and geofence',
  config: configSchema,
  example: { every: '200ms', columns: ['sag', 'vibration', 'satellites'] },
  notes: NOTES,
  consumes: (settings) => consumesOf(partsOf(settings)),
  row: (settings) => ({
    kind: 'telemetry',
    about: `State of the aircraft every ${settings.every / 1_000} s.`,
    columns: [
      ...CONTEXT,
      ...settings.columns.map((name) => featureColumn(CATALOGUE.find((column) => column.name === name)!)),
      ...(settings.spectrum ? BAND_COLUMNS : []),
    ],
  }),
  views: (settings) => viewsOf([...CONTEXT.map(({ name }) => name), ...columnsOf(settings)]),
  operating: () => ({
    column: 'phase',
    values: [PHASE.takeoff, PHASE.flying, PHASE.landing],
    called: 'in the air',
    once: 'flight',
  }),
  basis: ({ columns: _columns, words: _words, ...basis }) => basis,
  check: {
    endings: ['.tlog', '.tlog.gz', '.bin', '.bin.gz', '.ulg', '.ulg.gz', '.log', '.log.gz'],
    pipeline: fileURLToPath(new URL('../flight.yaml', import.meta.url)),
  },
  outlines: ({ fence }, { parts, flight }) => outlinesOf(fence, parts.geofence, flight),
  remarks: (_, { flight, parameters, parts }) =>
    remarksOf(flight, parameterRemarks(parameters, flight, (parts.battery as { used?: number } | undefined)?.used ?? Number.NaN)),
  // A board that was put into another vehicle is another one.
  identity: (_, { identity, flight }) => (identity === '' ? '' : `${identity} ${flight.about.split(/[ ,;]/)[0]!}`.trim()),
  wear: ({ columns, words }) => (words ? wearIn(columns) : []),
  disturbs: DISTURBS,
  settings: { type: 'parameter', of: ({ values, text }) => settingOf(text?.name ?? '', values.value ?? Number.NaN) },
  catalogue: [...CONTEXT, ...CATALOGUE.map(featureColumn), ...BAND_COLUMNS],
  stateVersion: 7,
  initialState,
  migrate: (state, version, settings) => (version >= 2 && version <= 6 ? grown(state as State, settings) : undefined),
  create: (settings, state) => new TelemetryExtractor(settings, state),
});
