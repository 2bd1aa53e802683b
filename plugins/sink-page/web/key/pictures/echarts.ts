// The parts of ECharts that the page needs, and no others.

import { BarChart, CandlestickChart, CustomChart, LineChart, ScatterChart } from 'echarts/charts';
import { GridComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';

export type {
  BarSeriesOption,
  CandlestickSeriesOption,
  CustomSeriesOption,
  LineSeriesOption,
  ScatterSeriesOption,
} from 'echarts/charts';
export type { EChartsType } from 'echarts/core';

import type {
  BarSeriesOption,
  CandlestickSeriesOption,
  CustomSeriesOption,
  LineSeriesOption,
  ScatterSeriesOption,
} from 'echarts/charts';

export type SeriesOption =
  | BarSeriesOption
  | CandlestickSeriesOption
  | CustomSeriesOption
  | LineSeriesOption
  | ScatterSeriesOption;

use([LineChart, BarChart, CandlestickChart, CustomChart, ScatterChart, GridComponent, CanvasRenderer]);

export { init };
