// Panels, as Grafana's schema has them.

import {
  BarGaugeDisplayMode,
  BarGaugeNamePlacement,
  BarGaugeSizing,
  BarGaugeValueMode,
  BigValueColorMode,
  BigValueGraphMode,
  BigValueJustifyMode,
  BigValueTextMode,
  type DataSourceRef,
  FieldColorModeId,
  type FieldConfigSource,
  GraphDrawStyle,
  type GraphFieldConfig,
  GraphGradientMode,
  LegendDisplayMode,
  LineInterpolation,
  type Panel,
  PercentChangeColorMode,
  SortOrder,
  type Threshold,
  ThresholdsMode,
  TooltipDisplayMode,
  VisibilityMode,
  VizOrientation,
} from '@grafana/schema';
import type { Options as BarGaugeOptions } from '@grafana/schema/dist/esm/raw/composable/bargauge/panelcfg/x/BarGaugePanelCfg_types.gen';
import type { Options as StatOptions } from '@grafana/schema/dist/esm/raw/composable/stat/panelcfg/x/StatPanelCfg_types.gen';
import type { Options as TableOptions } from '@grafana/schema/dist/esm/raw/composable/table/panelcfg/x/TablePanelCfg_types.gen';
import type { Options as TimeSeriesOptions } from '@grafana/schema/dist/esm/raw/composable/timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen';
import { COLOUR, DATABASE, PROMETHEUS } from './theme.js';

export type Target = Record<string, unknown>;
export type Override = FieldConfigSource['overrides'][number];
/** A panel before it has a place. */
export type Sketch = Omit<Panel, 'id' | 'gridPos'>;

interface Common {
  readonly title: string;
  /** What it shows, what it means, in which unit. */
  readonly about: string;
  readonly targets: Target[];
  readonly unit?: string;
  readonly overrides?: Override[];
}

const REF_IDS = 'ABCDEFGH';

/** A query of the database. */
export function sql(rawSql: string, index = 0, format: 'table' | 'time_series' = 'table'): Target {
  return { refId: REF_IDS[index], datasource: DATABASE, editorMode: 'code', format, rawQuery: true, rawSql };
}

/** A query of Prometheus over the time range; `instant`: its last value only. */
export function promql(expr: string, legendFormat: string, index = 0, instant = false): Target {
  return { refId: REF_IDS[index], datasource: PROMETHEUS, editorMode: 'code', expr, legendFormat, range: !instant, instant };
}

export const byName = (name: string, properties: Record<string, unknown>): Override => ({
  matcher: { id: 'byName', options: name },
  properties: Object.entries(properties).map(([id, value]) => ({ id, value })),
});

export const fixed = (colour: string) => ({ mode: FieldColorModeId.Fixed, fixedColor: colour });

/** Thresholds from the first colour on: `steps('green', [10, 'orange'], [60, 'red'])`. */
export function steps(first: string, ...more: readonly (readonly [number, string])[]): Threshold[] {
  return [{ color: first, value: null }, ...more.map(([value, color]) => ({ color, value }))];
}

function frame(type: string, { title, about, targets, unit, overrides }: Common): Sketch & { fieldConfig: FieldConfigSource } {
  return {
    type,
    title,
    description: about,
    datasource: (targets[0] as { datasource: DataSourceRef }).datasource,
    targets,
    fieldConfig: { defaults: { ...(unit ? { unit } : {}) }, overrides: overrides ?? [] },
  };
}

/** A map: the first query is a route, the second marks places; both have columns `latitude` and `longitude`, in deg. */
export function geomap({ routeColour, markColour, ...look }: Common & { routeColour: string; markColour: string }): Sketch {
  const location = { mode: 'coords', latitude: 'latitude', longitude: 'longitude' };
  const layer = (type: string, name: string, refId: string, colour: string, style: object) => ({
    type,
    name,
    filterData: { id: 'byRefId', options: refId },
    location,
    tooltip: true,
    config: { showLegend: false, style: { ...style, opacity: 0.9, color: { fixed: colour } } },
  });
  return {
    ...frame('geomap', look),
    options: {
      view: { id: 'fit', lat: 0, lon: 0, zoom: 15, allLayers: true, padding: 10, shared: false, noRepeat: false },
      controls: {
        showZoom: true,
        mouseWheelZoom: true,
        showAttribution: true,
        showScale: true,
        showMeasure: false,
        showDebug: false,
      },
      basemap: { type: 'default', name: 'base' },
      tooltip: { mode: 'details' },
      layers: [
        layer('route', 'track', 'A', routeColour, { lineWidth: 3 }),
        layer('markers', 'alarms', 'B', markColour, {
          size: { fixed: 7, min: 2, max: 15 },
          symbol: { mode: 'fixed', fixed: 'img/icons/marker/circle.svg' },
        }),
      ],
    },
  };
}

export interface GraphLook extends Common {
  readonly custom?: GraphFieldConfig;
  /** One colour for the first series; others override it. */
  readonly colour?: string;
  readonly min?: number;
  readonly max?: number;
  /** Shortest bin, a duration of Grafana's. */
  readonly interval?: string;
  /** A time range of its own, from now back. */
  readonly timeFrom?: string;
  readonly legend?: 'list' | 'table' | 'none';
  readonly noValue?: string;
}

const LINE: GraphFieldConfig = {
  drawStyle: GraphDrawStyle.Line,
  lineInterpolation: LineInterpolation.Linear,
  lineWidth: 1,
  fillOpacity: 8,
  gradientMode: GraphGradientMode.Opacity,
  showPoints: VisibilityMode.Never,
  spanNulls: false,
};

export function timeseries(look: GraphLook): Sketch {
  const panel = frame('timeseries', look);
  const table = look.legend === 'table';
  const options: TimeSeriesOptions = {
    legend: {
      showLegend: look.legend !== 'none',
      displayMode: table ? LegendDisplayMode.Table : LegendDisplayMode.List,
      placement: 'bottom',
      calcs: table ? ['lastNotNull', 'max'] : [],
    },
    tooltip: { mode: TooltipDisplayMode.Multi, sort: SortOrder.Descending },
  };
  Object.assign(panel.fieldConfig.defaults, {
    color: look.colour ? fixed(look.colour) : { mode: FieldColorModeId.PaletteClassic },
    custom: { ...LINE, ...look.custom },
    ...(look.min === undefined ? {} : { min: look.min }),
    ...(look.max === undefined ? {} : { max: look.max }),
    ...(look.noValue ? { noValue: look.noValue } : {}),
  });
  return {
    ...panel,
    options: { ...options },
    ...(look.interval ? { interval: look.interval } : {}),
    ...(look.timeFrom ? { timeFrom: look.timeFrom, hideTimeOverride: false } : {}),
  };
}

export interface StatLook extends Common {
  readonly steps: Threshold[];
  /** How a series becomes a number. */
  readonly calc?: 'lastNotNull' | 'max' | 'sum';
  readonly sparkline?: boolean;
  readonly decimals?: number;
  readonly interval?: string;
  readonly mappings?: NonNullable<FieldConfigSource['defaults']['mappings']>;
}

export function stat(look: StatLook): Sketch {
  const panel = frame('stat', look);
  const options: StatOptions = {
    reduceOptions: { values: false, calcs: [look.calc ?? 'lastNotNull'], fields: '' },
    orientation: VizOrientation.Auto,
    textMode: BigValueTextMode.Auto,
    wideLayout: true,
    colorMode: BigValueColorMode.Value,
    graphMode: look.sparkline ? BigValueGraphMode.Area : BigValueGraphMode.None,
    justifyMode: BigValueJustifyMode.Auto,
    percentChangeColorMode: PercentChangeColorMode.Standard,
    showPercentChange: false,
  };
  Object.assign(panel.fieldConfig.defaults, {
    color: { mode: FieldColorModeId.Thresholds },
    thresholds: { mode: ThresholdsMode.Absolute, steps: look.steps },
    mappings: look.mappings ?? [],
    noValue: '–',
    ...(look.decimals === undefined ? {} : { decimals: look.decimals }),
  });
  return { ...panel, options: { ...options }, ...(look.interval ? { interval: look.interval } : {}) };
}

export function table(look: Common & { readonly sortBy: string }): Sketch {
  const panel = frame('table', look);
  const options: TableOptions = { frameIndex: 0, showHeader: true, sortBy: [{ displayName: look.sortBy, desc: true }] };
  Object.assign(panel.fieldConfig.defaults, { custom: { align: 'auto', filterable: true, cellOptions: { type: 'auto' } } });
  return { ...panel, options: { ...options } };
}

export function barGauge(look: Common & { readonly noValue: string }): Sketch {
  const panel = frame('bargauge', look);
  const options: BarGaugeOptions = {
    reduceOptions: { values: true, calcs: [], fields: '' },
    orientation: VizOrientation.Horizontal,
    displayMode: BarGaugeDisplayMode.Gradient,
    valueMode: BarGaugeValueMode.Text,
    namePlacement: BarGaugeNamePlacement.Left,
    showUnfilled: true,
    sizing: BarGaugeSizing.Auto,
    minVizWidth: 8,
    minVizHeight: 16,
    maxVizHeight: 40,
    legend: { showLegend: false, displayMode: LegendDisplayMode.List, placement: 'bottom', calcs: [] },
  };
  Object.assign(panel.fieldConfig.defaults, { color: fixed(COLOUR.anomaly), min: 0, noValue: look.noValue });
  return { ...panel, options: { ...options } };
}
