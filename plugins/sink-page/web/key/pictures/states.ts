// Columns that count or name something, as bands of colours: one row each.

import type { KeyHistory } from '../../../src/wire.js';
import { colours } from '../../shell/colours.js';
import { medianStep } from './candle.js';
import { type Block, blocks, breaksOf, type Picture } from './parts.js';

/** @param say what a value of a column is called */
export function statesOf(
  history: KeyHistory,
  columns: readonly string[],
  say: (column: string, value: number) => string,
): Picture {
  const breaks = breaksOf(history);
  const { series } = colours();
  const length = history.step || medianStep(history.time);
  const list: Block[] = [];
  for (const [row, name] of columns.entries()) {
    const values = history.columns[name]?.last ?? [];
    const low = columns.length - 1 - row + 0.1;
    let start = 0;
    for (let i = 1; i <= history.time.length; i += 1) {
      if (i < history.time.length && values[i] === values[start] && !breaks.has(i)) continue;
      const value = values[start];
      if (value !== null && value !== undefined) {
        const to = breaks.has(i) || i === history.time.length ? history.time[i - 1]! : history.time[i]! - length;
        const colour = series[Math.abs(Math.round(value)) % series.length]!;
        list.push({ from: history.time[start]! - length, to, low, high: low + 0.8, colour, text: say(name, value) });
      }
      start = i;
    }
  }
  return { scale: { min: 0, max: columns.length, step: columns.length + 1 }, series: [blocks(list)], names: columns };
}
