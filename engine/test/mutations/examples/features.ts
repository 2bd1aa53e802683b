// An example of a features plugin: levels and rain of a gauge in windows of event time.

import type { Observation, Toolkit } from '../../../src/api/index.js';

/** How many means of windows a mean is compared with. */
const MEANS = 8;
const UNKNOWN = new Float64Array(MEANS).fill(Number.NaN);
const HOUR = 3_600_000;

interface Window {
  readonly start: number;
  /** Observations of both types, and those of levels. */
  inputs: number;
  readings: number;
  sum: number;
  low: number;
  high: number;
  /** The fastest rise from one reading to the next, m/h. */
  rise: number;
  flows: number;
  flow: number;
  rain: number;
  /** Whether something of it is known to be lost. */
  lost: boolean;
}

interface State {
  /** Windows that something may still come into, by their start. */
  readonly open: Window[];
  latest: Pick<Observation, 'time' | 'values'> | null;
  /** The mean of the last window, and a ring of those of the last ones. */
  last: number;
  readonly means: Float64Array;
  windows: number;
  /** Nothing up to here is sure to have come. */
  lostUntil: number;
}

const known = (value: number) => (Number.isFinite(value) ? value : Number.NaN);

export default ({ defineFeatures, duration, z }: Toolkit) =>
  defineFeatures({
    name: 'gauge',
    api: 1,
    about: 'Water level and rain of a gauge in windows of time',
    config: z.strictObject({
      every: duration('length of a window').default(900_000).meta({ unit: 'ms' }),
    }),
    consumes: () => ({
      level: { height: 'm', flow: { unit: 'm³/s', optional: true } },
      rain: { depth: 'mm' },
    }),
    row: () => ({
      kind: 'window',
      about: 'a window of time, stamped with its end',
      columns: [
        { name: 'height', unit: 'm', about: 'mean height', formula: 'Σ height / n', role: 'context' },
        { name: 'height_range', unit: 'm', about: 'highest less lowest', formula: 'max − min', role: 'feature' },
        {
          name: 'height_change',
          unit: 'm',
          about: 'change of the mean',
          formula: 'height − height₋₁',
          role: 'feature',
          warmUp: 2,
        },
        {
          name: 'height_offset',
          unit: 'm',
          about: 'against the last means',
          formula: 'height − mean₈',
          role: 'feature',
          warmUp: 2,
        },
        { name: 'rise', unit: 'm/h', about: 'fastest rise', formula: 'max Δheight / Δt', role: 'feature' },
        { name: 'flow', unit: 'm³/s', about: 'mean flow', formula: 'Σ flow / n', role: 'feature', needs: ['level.flow'] },
        { name: 'rain', unit: 'mm', about: 'rain', formula: 'Σ depth', role: 'feature' },
        { name: 'readings', unit: '1', about: 'readings of the level', formula: 'n', role: 'feature' },
      ],
    }),
    stateVersion: 1,
    initialState: (): State => ({
      open: [],
      latest: null,
      last: Number.NaN,
      means: UNKNOWN.slice(),
      windows: 0,
      lostUntil: 0,
    }),
    create: ({ every }, state) => {
      const windowAt = (time: number): Window => {
        const start = Math.floor(time / every) * every;
        let window = state.open.find((one) => one.start === start);
        if (window === undefined) {
          const bounds = { low: Number.POSITIVE_INFINITY, high: Number.NEGATIVE_INFINITY, rise: Number.NEGATIVE_INFINITY };
          const lost = start <= state.lostUntil;
          window = { start, inputs: 0, readings: 0, sum: 0, ...bounds, flows: 0, flow: 0, rain: 0, lost };
          state.open.push(window);
          state.open.sort((a, b) => a.start - b.start);
        }
        return window;
      };

      const fill = (row: Float64Array, { readings, sum, low, high, rise, flows, flow, rain, lost }: Window) => {
        const height = known(sum / readings);
        const before = state.means.filter((mean) => !Number.isNaN(mean));
        row[0] = height;
        row[1] = known(high - low);
        row[2] = height - state.last;
        row[3] = height - before.reduce((a, b) => a + b, 0) / before.length;
        row[4] = known(rise);
        row[5] = known(flow / flows);
        row[6] = lost ? Number.NaN : rain;
        row[7] = lost ? Number.NaN : readings;
        state.last = height;
        state.means[state.windows++ % MEANS] = height;
      };

      return {
        update({ type, time, values }, _rows) {
          const window = windowAt(time);
          window.inputs++;
          if (type === 'rain') {
            window.rain += values.depth!;
            return;
          }
          const height = values.height!;
          window.readings++;
          window.sum += height;
          window.low = Math.min(window.low, height);
          window.high = Math.max(window.high, height);
          if (values.flow !== undefined) {
            window.flows++;
            window.flow += values.flow;
          }
          // A late reading rises from nothing, and nothing from it.
          if (state.latest !== null && time <= state.latest.time) return;
          if (state.latest !== null) {
            const rise = (height - state.latest.values.height!) / ((time - state.latest.time) / HOUR);
            window.rise = Math.max(window.rise, rise);
          }
          state.latest = { time, values: { height } };
        },
        advance(watermark, rows) {
          while (state.open.length > 0 && state.open[0]!.start + every <= watermark) {
            const window = state.open.shift()!;
            const end = window.start + every;
            // The end of a recording is no silence.
            const ended = window.inputs === 0 && watermark === Number.POSITIVE_INFINITY;
            if (!ended) fill(rows.next(end), window);
            // A silence is told once, by a window that nothing came into.
            if (window.inputs > 0) windowAt(end);
          }
          return state.open.length > 0 ? state.open[0]!.start + every : Number.POSITIVE_INFINITY;
        },
        missing({ from, to }) {
          for (const window of state.open) if (window.start <= to && window.start + every > from) window.lost = true;
          state.lostUntil = Math.max(state.lostUntil, to);
        },
      };
    },
  });
