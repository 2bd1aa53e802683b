// The parts of ECharts that the page needs, and no others.

import type { BarSeriesOption, CandlestickSeriesOption, CustomSeriesOption, LineSeriesOption } from 'echarts/charts';
import { BarChart, CandlestickChart, CustomChart, LineChart } from 'echarts/charts';
import { GridComponent } from 'echarts/components';
import { init, use } from 'echarts/core';
import { CanvasRenderer } from 'echarts/renderers';

export type { CustomSeriesOption, LineSeriesOption } from 'echarts/charts';
export type { EChartsType } from 'echarts/core';
export type SeriesOption = BarSeriesOption | CandlestickSeriesOption | CustomSeriesOption | LineSeriesOption;

use([LineChart, BarChart, CandlestickChart, CustomChart, GridComponent, CanvasRenderer]);

export { init };
