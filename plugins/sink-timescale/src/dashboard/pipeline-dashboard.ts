import {
  type AnnotationQuery,
  type Dashboard,
  GraphDrawStyle,
  LegendDisplayMode,
  SortOrder,
  StackingMode,
  TooltipDisplayMode,
  type VariableModel,
  VariableRefresh,
  VisibilityMode,
} from '@grafana/schema';
import {
  CandleStyle,
  type Options as CandlestickOptions,
  ColorStrategy,
  VizDisplayMode,
} from '@grafana/schema/dist/esm/raw/composable/candlestick/panelcfg/x/CandlestickPanelCfg_types.gen';
import type { Column, PipelineSchema } from '@quantstream/engine';
import { dashboard, type Section, type Shelf, shelves } from './layout.js';
import {
  barGauge,
  byName,
  fixed,
  geomap,
  type Override,
  promql,
  type Sketch,
  sql,
  stat,
  steps,
  table,
  timeseries,
} from './panels.js';
import { type Candle, QUERIES, type TableNames } from './queries.js';
import { COLOUR, DATABASE, spokenUnit, unitOf } from './theme.js';

/** What a dashboard is called. */
export interface Hint {
  readonly uid: string;
  readonly title: string;
  readonly tags?: readonly string[];
  /** Shortest distance of rows, a duration of Grafana's. Default: 1s. */
  readonly interval?: string;
}

/** A dashboard to be made, with what the views of its features say. */
interface Seen extends Hint {
  /** Columns that make a candle; drawn large, with volume below. */
  readonly candle?: Candle;
  /** Columns that add up over a bin, drawn as bars: volume, counts. */
  readonly sums: readonly string[];
  /** Columns to chart, in this order. Default: all features. */
  readonly columns?: readonly string[];
  /** Columns that say where it was, deg: drawn as a map. */
  readonly place?: { readonly latitude: string; readonly longitude: string };
}

function seenIn({ views, row }: PipelineSchema, hint: Hint): Seen {
  const [open, high, low, close, volume] = views.find(({ kind }) => kind === 'candle')?.columns ?? [];
  const [latitude, longitude] = views.find(({ kind }) => kind === 'map')?.columns ?? [];
  const of = (...kinds: string[]) => [
    ...new Set(views.filter(({ kind }) => kinds.includes(kind)).flatMap((view) => view.columns)),
  ];
  const charted = of('lines', 'states');
  const features = row.columns.some(({ name, role }) => role === 'feature' && charted.includes(name));
  return {
    ...hint,
    ...(open && high && low && close && volume ? { candle: { open, high, low, close, volume } } : {}),
    ...(latitude && longitude ? { place: { latitude, longitude } } : {}),
    ...(features ? { columns: charted } : {}),
    sums: [...(volume ? [volume] : []), ...of('bars')],
  };
}

export interface Shown {
  readonly schema: PipelineSchema;
  readonly tables: TableNames;
}

/** Anomalous values: red dots on the line. */
const DOTS: Override = byName('anomaly', {
  color: fixed(COLOUR.anomaly),
  'custom.drawStyle': GraphDrawStyle.Points,
  'custom.showPoints': VisibilityMode.Always,
  'custom.pointSize': 9,
  'custom.fillOpacity': 0,
});

/** The dashboard of a pipeline, derived from what its plugins declare. */
export function pipelineDashboard(shown: Shown, named: Hint): Dashboard {
  const { schema } = shown;
  const hint = seenIn(schema, named);
  return dashboard({
    uid: hint.uid,
    title: hint.title,
    about: `${schema.row.about} Every row with its score, every anomaly with its reason.`,
    tags: hint.tags ?? [],
    variables: variables(shown),
    annotations: annotations(shown.tables),
    sections: [
      { shelves: overview(shown, hint) },
      features(shown, hint),
      { title: 'Anomalies and alarms', shelves: alarms(shown) },
      { title: 'Stream and data quality', shelves: quality(shown, hint) },
      ...context(shown, hint),
    ],
  });
}

function variables({ schema, tables }: Shown): VariableModel[] {
  const variable = (name: string, label: string, description: string, query: string): VariableModel => ({
    type: 'query',
    name,
    label,
    description,
    datasource: DATABASE,
    query,
    refresh: VariableRefresh.onTimeRangeChanged,
    multi: false,
    includeAll: false,
  });
  const { pipeline } = schema;
  return [
    {
      ...variable('pipeline', 'Pipeline', 'the name in the pipeline file', QUERIES.pipelines(tables)),
      current: { text: pipeline, value: pipeline },
    },
    variable('key', 'Key', 'the entity that is watched: a symbol, a vehicle, a host', QUERIES.keys(tables)),
  ];
}

function annotations(tables: TableNames): AnnotationQuery[] {
  const annotation = (name: string, iconColor: string, rawSql: string, enable: boolean): AnnotationQuery => ({
    name,
    enable,
    iconColor,
    datasource: DATABASE,
    target: { ...sql(rawSql), refId: 'Anno' },
  });
  return [
    annotation('Anomalies', COLOUR.anomaly, QUERIES.anomalyMarks(tables), true),
    annotation('Episodes', COLOUR.episode, QUERIES.episodeMarks(tables), true),
    annotation('Incidents', COLOUR.incident, QUERIES.incidentMarks(tables), true),
    annotation('Missing', COLOUR.missing, QUERIES.missingMarks(tables), true),
  ];
}

function overview(shown: Shown, hint: Seen): Shelf[] {
  const { tables, schema } = shown;
  const interval = hint.interval ?? '1s';
  const score = timeseries({
    title: 'Score and threshold',
    about:
      'How odd each row is for the leading model (higher is odder, a pure number) and the score above which it is an anomaly; the highest of each bin. Empty while the model learns.',
    targets: [sql(QUERIES.score(tables))],
    colour: COLOUR.score,
    interval,
    overrides: [
      byName('threshold', {
        color: fixed(COLOUR.anomaly),
        'custom.lineStyle': { fill: 'dash', dash: [8, 6] },
        'custom.fillOpacity': 0,
      }),
    ],
  });
  const each = timeseries({
    title: 'Score of each model',
    about: 'The highest score of each bin, model by model (a pure number).',
    targets: [sql(QUERIES.scores(tables), 0, 'time_series')],
    interval,
  });
  const several = schema.models.length > 1;
  return [
    { height: 4, panels: numbers(shown, hint) },
    ...(hint.candle ? [{ height: 13, panels: [candles(shown, hint.candle, interval)] }] : []),
    ...(hint.place ? [{ height: 13, panels: [map(tables, hint.place)] }] : []),
    { height: 8, panels: several ? [score, each] : [score] },
  ];
}

function numbers({ tables, schema }: Shown, hint: Seen): Sketch[] {
  const column = hint.candle?.close ?? schema.row.columns.find(({ role }) => role === 'feature')?.name;
  const declared = schema.row.columns.find(({ name }) => name === column);
  const count = (title: string, about: string, query: string, colour: string) =>
    stat({ title, about, targets: [sql(query)], unit: 'short', decimals: 0, steps: steps(COLOUR.good, [1, colour]) });
  return [
    ...(declared
      ? [
          stat({
            title: declared.name,
            about: `${declared.about} The latest value (${spokenUnit(declared.unit)}).`,
            targets: [sql(QUERIES.lastValue(tables, declared.name))],
            unit: unitOf(declared.unit),
            steps: steps(COLOUR.value),
            sparkline: true,
            interval: hint.interval ?? '1s',
          }),
        ]
      : []),
    count('Anomalies', 'Rows above the threshold in the time range.', QUERIES.anomalyCount(tables), COLOUR.anomaly),
    count(
      'Alarms',
      'Episodes that began in the time range: consecutive anomalies count once. What people would have been called for.',
      QUERIES.episodeCount(tables),
      COLOUR.anomaly,
    ),
    stat({
      title: 'Age of the data',
      about: 'Time since the event time of the newest stored row (seconds). Grows when the stream stands still.',
      targets: [sql(QUERIES.age(tables))],
      unit: 's',
      decimals: 1,
      steps: steps(COLOUR.good, [10, COLOUR.doubtful], [60, COLOUR.bad]),
    }),
    count(
      'Lost observations',
      'Observations in the time range that are known to be lost and could not be fetched again; a stretch of unknown length counts as one.',
      QUERIES.lostCount(tables),
      COLOUR.doubtful,
    ),
  ];
}

function map(tables: TableNames, { latitude, longitude }: NonNullable<Seen['place']>): Sketch {
  return geomap({
    title: 'Track',
    about:
      'Where it was in the time range (deg, WGS84), the mean of each bin. Red: where an alarm was raised, with its reason. The map below comes from the internet.',
    targets: [sql(QUERIES.track(tables, latitude, longitude)), sql(QUERIES.oddPlaces(tables, latitude, longitude), 1)],
    routeColour: COLOUR.value,
    markColour: COLOUR.anomaly,
  });
}

function candles({ tables, schema }: Shown, candle: Candle, interval: string): Sketch {
  const unit = schema.row.columns.find(({ name }) => name === candle.close)?.unit ?? '1';
  const options: CandlestickOptions = {
    mode: VizDisplayMode.CandlesVolume,
    candleStyle: CandleStyle.Candles,
    colorStrategy: ColorStrategy.OpenClose,
    colors: { up: COLOUR.up, down: COLOUR.down, flat: COLOUR.muted },
    fields: { open: 'open', high: 'high', low: 'low', close: 'close', volume: 'volume' },
    // The red dots are a field beside those of the candle.
    includeAllFields: true,
    legend: { showLegend: true, displayMode: LegendDisplayMode.List, placement: 'bottom', calcs: [] },
    tooltip: { mode: TooltipDisplayMode.Multi, sort: SortOrder.None },
  };
  const panel = timeseries({
    title: `${schema.row.kind[0]!.toUpperCase()}${schema.row.kind.slice(1)}s`,
    about: `Open, high, low and close (${spokenUnit(unit)}) with volume below. Red dots: bars that were judged anomalous, at their close; red lines: the same with their reasons.`,
    targets: [sql(QUERIES.candles(tables, candle))],
    interval,
    overrides: [DOTS],
  });
  return { ...panel, type: 'candlestick', options: { ...options } };
}

function features({ tables, schema }: Shown, hint: Seen): Section {
  const { columns } = schema.row;
  const used = hint.columns
    ? hint.columns.flatMap((name) => columns.find((column) => column.name === name) ?? [])
    : columns.filter(({ role }) => role === 'feature');
  const panels = used.map((column) => columnPanel(column, tables, hint));
  return { title: hint.columns ? 'Columns' : 'What the models see', shelves: shelves(panels, panels.length === 4 ? 2 : 3, 8) };
}

/** A column with its extremes as a band around the mean. */
function columnPanel({ name, about, formula, unit }: Column, tables: TableNames, hint: Seen): Sketch {
  const hidden = {
    'custom.lineWidth': 0,
    'custom.fillOpacity': 0,
    'custom.hideFrom': { legend: true, tooltip: false, viz: false },
  };
  return timeseries({
    title: name,
    about: `${about} In ${spokenUnit(unit)}: ${formula}. The line is the mean of a bin, the band its extremes, a red dot an anomalous row.`,
    targets: [sql(QUERIES.band(tables, name))],
    unit: unitOf(unit),
    colour: COLOUR.value,
    interval: hint.interval ?? '1s',
    overrides: [
      byName('lowest', hidden),
      byName('highest', { ...hidden, 'custom.fillBelowTo': 'lowest', 'custom.fillOpacity': 15 }),
      DOTS,
    ],
  });
}

function alarms({ tables, schema }: Shown): Shelf[] {
  const text = { 'custom.width': 175 };
  const number = { decimals: 3, 'custom.width': 95 };
  const reason = { 'custom.minWidth': 320, 'custom.wrapText': true };
  return [
    {
      height: 11,
      widths: [17, 7],
      panels: [
        table({
          title: 'Anomalies and why',
          about:
            'Every row above the threshold in the time range, the newest first (at most 500): score and threshold are pure numbers, the p-value is the share of training rows that scored as high, alarm is true where an episode began.',
          targets: [sql(QUERIES.anomalies(tables))],
          sortBy: 'time',
          overrides: [
            byName('time', text),
            byName('score', {
              ...number,
              color: fixed(COLOUR.anomaly),
              'custom.cellOptions': { type: 'color-text' },
            }),
            byName('threshold', number),
            byName('p-value', number),
            byName('reason', reason),
            byName('alarm', { 'custom.width': 70 }),
            byName('model', { 'custom.width': 90 }),
          ],
        }),
        barGauge({
          title: 'What drives them',
          about: 'Mean size of what each column contributed to the scores of the anomalies in the time range (a pure number).',
          targets: [sql(QUERIES.drivers(tables))],
          noValue: 'no anomalies',
        }),
      ],
    },
    {
      height: 9,
      widths: [15, 9],
      panels: [
        table({
          title: 'Episodes',
          about: 'Consecutive anomalies as one thing, the newest first (at most 200): an alarm is raised once for each.',
          targets: [sql(QUERIES.episodes(tables))],
          sortBy: 'start',
          overrides: [
            byName('start', text),
            byName('duration', { unit: 's', 'custom.width': 90 }),
            byName('rows', { 'custom.width': 65 }),
            byName('peak score', number),
            byName('threshold', number),
            byName('status', { 'custom.width': 75 }),
            byName('reason', reason),
          ],
        }),
        timeseries({
          title: 'Alarms per day',
          about: 'Episodes by the day on which they began (UTC), whatever the time range of the dashboard.',
          targets: [sql(QUERIES.alarmsPerDay(tables))],
          colour: COLOUR.anomaly,
          timeFrom: '30d',
          min: 0,
          legend: 'none',
          custom: { drawStyle: GraphDrawStyle.Bars, fillOpacity: 70, lineWidth: 0 },
        }),
      ],
    },
    ...(schema.alarms.incidents ? [{ height: 8, panels: [incidents(tables)] }] : []),
  ];
}

function incidents(tables: TableNames): Sketch {
  return table({
    title: 'Incidents',
    about: 'Episodes of several keys that began together, of all keys, the newest first (at most 200).',
    targets: [sql(QUERIES.incidents(tables))],
    sortBy: 'start',
    overrides: [
      byName('start', { 'custom.width': 175 }),
      byName('duration', { unit: 's', 'custom.width': 90 }),
      byName('keys', { 'custom.width': 65 }),
      byName('first key', { 'custom.width': 160 }),
      byName('severity', { 'custom.width': 85 }),
      byName('status', { 'custom.width': 75 }),
      byName('reason', { 'custom.minWidth': 320, 'custom.wrapText': true }),
    ],
  });
}

function quality({ tables, schema }: Shown, hint: Seen): Shelf[] {
  const of = '{pipeline="$pipeline"}';
  const interval = hint.interval ?? '1s';
  const rates = Object.entries(tables.observations).map(([type, name]) =>
    timeseries({
      title: `Stored ${type}s`,
      about: `${schema.observations[type]!.about}: how many were stored a second, by event time.`,
      targets: [sql(QUERIES.rate(name, type))],
      unit: 'cps',
      colour: COLOUR.value,
      min: 0,
      interval,
      legend: 'none',
    }),
  );
  return [
    ...shelves(
      [
        ...rates,
        timeseries({
          title: 'Lag',
          about: 'How far event time is behind the clock of the engine (seconds).',
          targets: [promql(`quantstream_lag_seconds${of}`, '{{instance}}')],
          unit: 's',
          colour: COLOUR.value,
        }),
        timeseries({
          title: 'Dropped input',
          about: 'Input that could not be used, by reason (a second).',
          targets: [promql(`sum by (reason) (rate(quantstream_dropped_total${of}[$__rate_interval]))`, '{{reason}}')],
          unit: 'cps',
          min: 0,
          noValue: 'nothing was dropped',
        }),
      ],
      3,
      8,
    ),
    {
      height: 8,
      panels: [
        timeseries({
          title: 'Rows without a score',
          about: 'Rows that were stored but not judged, by reason: the model was learning, or a column was missing.',
          targets: [sql(QUERIES.unscored(tables), 0, 'time_series')],
          unit: 'short',
          min: 0,
          interval,
          custom: {
            drawStyle: GraphDrawStyle.Bars,
            fillOpacity: 60,
            lineWidth: 0,
            stacking: { mode: StackingMode.Normal, group: 'A' },
          },
          noValue: 'every row was judged',
        }),
        table({
          title: 'What is missing',
          about: 'Stretches of observations that are known to be lost and touch the time range; * stands for all keys.',
          targets: [sql(QUERIES.missing(tables))],
          sortBy: 'from',
          overrides: [byName('from', { 'custom.width': 175 }), byName('to', { 'custom.width': 175 })],
        }),
      ],
    },
  ];
}

/** Columns for people; those of a candle are on top already, and its volume again in a panel of its own. */
function context({ tables, schema }: Shown, hint: Seen): Section[] {
  const { candle, sums } = hint;
  const shown = candle ? [candle.open, candle.high, candle.low, candle.close] : [];
  const columns = schema.row.columns.filter(({ name, role }) => role === 'context' && !shown.includes(name));
  if (columns.length === 0) return [];
  const panels = columns.map((column) =>
    sums.includes(column.name)
      ? timeseries({
          title: column.name,
          about: `${column.about} Sum of each bin (${spokenUnit(column.unit)}).`,
          targets: [sql(QUERIES.sum(tables, column.name))],
          unit: unitOf(column.unit),
          colour: COLOUR.value,
          min: 0,
          interval: hint.interval ?? '1s',
          legend: 'none',
          custom: { drawStyle: GraphDrawStyle.Bars, fillOpacity: 60, lineWidth: 0 },
        })
      : columnPanel(column, tables, hint),
  );
  return [{ title: 'Context', shelves: shelves(panels, 3, 8) }];
}
