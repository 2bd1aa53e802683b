// Columns as lines over what is usual for them; between two parts of a long stretch, all that they were.

import type { KeyHistory } from '../../../src/wire.js';
import { colours, thin } from '../../shell/colours.js';
import { aheadOf, area, areaAhead, type Block, blocks, breaksOf, dots, line, type Picture } from './parts.js';
import { Extent, scaleOf } from './scale.js';

/** A column, and its place among those of its picture: its colour. */
export interface Shown {
  readonly name: string;
  readonly place: number;
}

const colourOf = ({ place }: Shown) => colours().series[place % colours().series.length]!;

/** @param limits values that are to be in sight if they are near, @param until where the picture ends */
export function linesOf(history: KeyHistory, columns: readonly Shown[], limits: readonly number[], until: number): Picture {
  const breaks = breaksOf(history);
  const extent = new Extent();
  for (const { name } of columns) {
    const series = history.columns[name];
    if (series) extent.see(series.min).see(series.max).see(series.last);
  }
  for (const { name } of columns) {
    const band = history.usual[name];
    if (band) extent.near(band.low, 0.6).near(band.high, 0.6);
    const ahead = aheadOf(history, name, until);
    if (ahead) extent.near(ahead.low, 1.5).near(ahead.high, 1.5);
  }
  extent.near(limits, 2.5);
  const series = columns.flatMap((one) => {
    const [values, band, colour] = [history.columns[one.name], history.usual[one.name], colourOf(one)];
    return [
      ...(band ? [area(history, band.low, band.high, breaks, thin(colour, columns.length > 2 ? 0.1 : 0.16))] : []),
      ...areaAhead(history, one.name, until, colour),
      ...(values && history.step > 0 ? [area(history, values.min, values.max, breaks, thin(colour, 0.35), 1)] : []),
      ...(values ? [line(history, values.last, breaks, colour, { z: 3 })] : []),
    ];
  });
  return { scale: scaleOf(extent), series };
}

/** Columns as bars from zero. */
export function barsOf(
  history: KeyHistory,
  columns: readonly Shown[],
  width: number,
  limits: readonly number[],
  until: number,
): Picture {
  const extent = new Extent();
  extent.one(0);
  for (const { name } of columns) extent.see(history.columns[name]?.max ?? []).see(history.columns[name]?.min ?? []);
  extent.near(limits, 2.5);
  const breaks = breaksOf(history);
  return {
    scale: scaleOf(extent),
    series: columns.flatMap((one) => {
      const colour = colourOf(one);
      const band = history.usual[one.name];
      const values = history.columns[one.name]?.max ?? [];
      return [
        ...(band ? [area(history, band.low, band.high, breaks, thin(colour, 0.16))] : []),
        ...areaAhead(history, one.name, until, colour),
        {
          type: 'bar' as const,
          silent: true,
          barWidth: Math.max(1, width / columns.length),
          itemStyle: { color: thin(colour, 0.8) },
          data: history.time.map((time, at) => [time, values[at] ?? null]),
        },
      ];
    }),
  };
}

/** The score with its threshold, and where there was none. */
export function scoreOf(history: KeyHistory): Picture {
  const breaks = breaksOf(history);
  // Where a rule has decided there is none, and 0 stands for it.
  const threshold = history.threshold.map((value) => value || null);
  const extent = new Extent();
  extent.one(0);
  extent.see(history.score).see(threshold);
  const { accent, critical, muted } = colours();
  const grey: Block[] = [];
  for (const [i, time] of history.time.entries()) {
    if (history.state[i] !== 'unjudged' || i === 0 || breaks.has(i)) continue;
    const [from, before] = [history.time[i - 1]!, grey.at(-1)];
    if (before?.to === from) grey.splice(-1, 1, { ...before, to: time });
    else grey.push({ from, to: time, low: extent.min, high: 2 * extent.max + 1, colour: thin(muted, 0.14) });
  }
  const above = history.time.flatMap((time, i): [number, number][] => {
    const score = history.score[i] ?? null;
    return history.state[i] === 'anomalous' && score !== null ? [[time, score]] : [];
  });
  return {
    scale: scaleOf(extent, 2),
    series: [
      blocks(grey, 0),
      line(history, history.score, breaks, accent, { areaStyle: { color: thin(accent, 0.12) }, z: 2 }),
      line(history, threshold, breaks, muted, { lineStyle: { type: 'dashed', width: 1.2, color: muted }, z: 3 }),
      dots(above, critical, 4),
    ],
  };
}
