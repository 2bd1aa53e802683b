// How people of a domain look at a row: what pages and dashboards draw.

/**
 * One picture of a row's columns over time.
 * - `lines`: each column as a line;
 * - `bars`: each as bars from zero;
 * - `states`: each as a band of colours, for columns that count or name something;
 * - `heatmap`: columns of one unit as rows of colours, the first one below, such as bands of a spectrum (reports draw it, the live page does not);
 * - `candle`: open, high, low, close in this order, and the volume if there is a fifth;
 * - `map`: latitude and longitude (deg, WGS84) in this order, then what to show beside the place.
 */
export interface View {
  readonly title: string;
  readonly kind: 'lines' | 'bars' | 'states' | 'heatmap' | 'candle' | 'map';
  /** Names of columns of the row; `candle` and `map` need their order. */
  readonly columns: readonly string[];
  /** Of a `heatmap`: what stands beside each column, in their order; default: their names. */
  readonly labels?: readonly string[];
  /** What is to be seen in it, a sentence. */
  readonly about?: string;
}

/** When an entity does what it is there for, by a column of the row, and how people call that: what reports count as its time. */
export interface Operating {
  readonly column: string;
  /** Its values meanwhile. */
  readonly values: readonly number[];
  /** As it stands behind a length of time: `in the air`, `at work`. */
  readonly called: string;
  /** One such time, a singular noun: `flight`; default: `time`. */
  readonly once?: string;
}

/** A comparison of a column with a number. */
export interface Comparison {
  readonly column: string;
  readonly sign: '>' | '>=' | '<' | '<=' | '==' | '!=';
  readonly value: number;
}

/** A limit that a person has set for a column: beyond it, a model that decides by itself finds something wrong. */
export interface Limit {
  readonly column: string;
  /** Wrong above it, or wrong below it, in the column's unit. */
  readonly is: 'above' | 'below';
  readonly value: number;
  readonly severity: 'info' | 'warning' | 'critical';
  /** The rule as it stands in the pipeline file. */
  readonly text: string;
  /** The limit as it stands in that text: `fix_type < 3`. */
  readonly part?: string;
  /** What has to hold besides, all of it. */
  readonly also?: readonly Comparison[];
  /** The rule asks for more than the limit and that: it cannot be judged by these alone. */
  readonly more?: true;
}
