// Open, high, low and close as candles, what is usual behind them, and the fifth column as bars at their feet.

import type { KeyHistory, Maybe } from '../../../src/wire.js';
import { colours, thin } from '../../shell/colours.js';
import { area, areaAhead, type Block, blocks, breaksOf, type Picture } from './parts.js';
import { Extent, scaleOf } from './scale.js';

/** Part of the height that the bars at the feet have. */
const FEET = 0.2;
/** A candle with its gap is at least so wide, CSS pixels. */
const LEAST = 5;

interface Candle {
  readonly time: number;
  readonly open: Maybe;
  readonly high: number;
  readonly low: number;
  readonly close: Maybe;
  readonly volume: number;
}

/** Candles of the parts of a stretch, several as one where there would be no room for them. */
function candlesIn(history: KeyHistory, columns: readonly string[], length: number): Candle[] {
  const [open, high, low, close, volume] = columns.map((name) => history.columns[name]);
  const groups = Map.groupBy(history.time.keys(), (i) => Math.floor(history.time[i]! / length));
  const candles: Candle[] = [];
  for (const indices of groups.values()) {
    const [first, last] = [indices[0]!, indices.at(-1)!];
    // A part of several candles opens where the one before it closed.
    const opened = history.step === 0 ? open?.last[first] : (candles.at(-1)?.close ?? open?.last[first]);
    const extent = new Extent();
    for (const i of indices) {
      extent.one(high?.max[i]);
      extent.one(low?.min[i]);
    }
    candles.push({
      time: history.time[last]!,
      open: opened ?? null,
      high: extent.max,
      low: extent.min,
      close: close?.last[last] ?? null,
      volume: Math.max(...indices.map((i) => volume?.max[i] ?? 0)),
    });
  }
  return candles;
}

/** @param pixel time that one pixel is wide, ms */
export function candlesOf(history: KeyHistory, columns: readonly string[], pixel: number, until: number): Picture {
  const { rise, fall, muted } = colours();
  const part = history.step || medianStep(history.time);
  const length = Math.max(1, Math.ceil((pixel * LEAST) / part)) * part;
  const candles = candlesIn(history, columns, length);
  const extent = new Extent();
  for (const { high, low } of candles) extent.see([high, low].filter(Number.isFinite));
  const whole = scaleOf(extent);
  const reach = whole.max - whole.min;
  const hasFeet = columns.length > 4;
  const scale = hasFeet ? { ...whole, min: whole.min - (reach * FEET) / (1 - FEET) } : whole;
  const most = Math.max(0, ...candles.map((one) => one.volume)) || 1;
  const usual = history.usual[columns[3]!];
  const bars: Block[] = candles.map((one) => ({
    from: one.time - length * 0.35,
    to: one.time + length * 0.35,
    low: scale.min,
    high: scale.min + (one.volume / most) * (scale.max - scale.min) * FEET * 0.9,
    colour: thin((one.close ?? 0) >= (one.open ?? 0) ? rise : fall, 0.45),
  }));
  return {
    scale,
    series: [
      ...(hasFeet ? [blocks(bars, 0)] : []),
      ...(usual ? [area(history, usual.low, usual.high, breaksOf(history), thin(muted, 0.14))] : []),
      ...areaAhead(history, columns[3]!, until, muted),
      {
        type: 'candlestick' as const,
        silent: true,
        barWidth: Math.max(1, (length / pixel) * 0.7),
        itemStyle: { color: rise, borderColor: rise, color0: fall, borderColor0: fall },
        data: candles.map(({ time, open, close, low, high }) => [time, open ?? Number.NaN, close ?? Number.NaN, low, high]),
        z: 2,
      },
    ],
  };
}

export function medianStep(time: readonly number[]): number {
  const steps = time.slice(1).map((one, i) => one - time[i]!);
  return steps.sort((x, y) => x - y)[Math.floor(steps.length / 2)] ?? 1_000;
}
