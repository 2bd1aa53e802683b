// What would help where none of the first lines of a recording can be read.

import { QuantStreamError } from '@quantstream/engine';
import type { DropReason } from '../wire/trade.js';

/** So many lines that cannot be read, and none that can, are no accident. */
const ENOUGH = 3;
const LOOKED_AT = 50;

/** Who reads the tables that are none of ours. */
export const OTHER_TABLES =
  'Any other table, such as one that ccxt wrote, is read by source-file: source: { use: file, with: { path, time, key, values } }';

/** Keeps the first complaint about a recording, and says when there have been enough. */
export class Complaints {
  private count = 0;
  private first: { reason: DropReason; line: number; problem: string } | undefined;

  add(reason: DropReason, line: number, problem: string): void {
    this.count++;
    this.first ??= { reason, line, problem };
  }

  get areEnough(): boolean {
    return this.count >= LOOKED_AT;
  }

  /** @throws QS_SOURCE_FAILED where no line could be read and there were more than a few */
  check(path: string): void {
    const { first, count } = this;
    if (!first || count < ENOUGH) return;
    throw new QuantStreamError(
      'QS_SOURCE_FAILED',
      `binance: none of the first ${count} lines of ${path} can be read: line ${first.line}: ${first.problem}${helpWith(first.reason, first.problem)}`,
    );
  }
}

function helpWith(reason: DropReason, problem: string): string {
  const market = /a frame of market (\w+)/.exec(problem)?.[1];
  if (reason === 'other_market') return market ? `. Set market: ${market}` : '';
  const cell = /"(.*)"/.exec(problem)?.[1] ?? '';
  if (/^\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}/.test(cell))
    return '. Month and day could be either way round there: write times as 2024-09-01 13:45:00, or as milliseconds since the epoch';
  if (/^time /.test(problem) && /\d\s*[A-Z]{2,4}$/.test(cell))
    return '. Write the zone as Z, as UTC, or as an offset: 2024-09-01 13:45:00+02:00';
  if (/^time /.test(problem)) return '. A time is written as 2024-09-01 13:45:00 (UTC), or as a number since the epoch';
  if (/^["+-]?\d{1,3}(?:['’ .]\d{3})+/.test(cell) || /columns where/.test(problem))
    return `. Write numbers without separators between thousands, and with a point: 50000.25; or commas stand within quotes. ${OTHER_TABLES}`;
  return '';
}
