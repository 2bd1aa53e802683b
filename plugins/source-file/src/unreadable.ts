/** Looks at the first rows of a file before anything runs: one of which nothing can be read is refused with what would help. */

import { Mapper } from '@quantstream/engine/recordings';
import { originOf, type Settings } from './config.js';
import { type Named, refusal } from './files.js';
import { BEGINNING, type OpenReader, Page } from './formats/reader.js';
import { firstBytes } from './formats/text.js';
import type { Peeked } from './piped.js';

/** So many rows that cannot be read, and none that can, are no accident. */
const ENOUGH = 3;
const UNREADABLE = ['bad_time', 'bad_value', 'bad_sequence', 'bad_line'];

/** @throws QS_PLAN_DECLARATION where the first rows are looked at and none can be read */
export async function checkRows(file: Named, open: OpenReader, settings: Settings, text: boolean): Promise<void> {
  let refused = 0;
  let first: { detail: string; help: string } | undefined;
  const drop = (reason: string, detail: string, count = 1, cell?: unknown) => {
    if (!UNREADABLE.includes(reason)) return;
    refused += count;
    first ??= { detail, help: helpWith(reason, cell, settings) };
  };
  const host = { mapper: new Mapper(settings, drop, originOf(settings)), drop, now: () => 0 };
  const page = new Page();
  const looked = text ? { ...file, content: new Glimpse(await firstBytes(file)) } : file;
  const reader = await open(looked, BEGINNING, host);
  // A glimpse is read to its end, so that a quote that is never closed does not hide the rows behind it.
  while ((await reader.read(page)) && text);
  await reader.close();
  if (page.observations.length > 0 || refused < ENOUGH || !first) return;
  throw refusal(`none of the first ${refused} rows can be read: ${first.detail}${first.help}`);
}

/** The first bytes of a file, as if there were no more. */
class Glimpse implements Peeked {
  readonly size: number;
  readonly consumed: number;
  readonly truncated = undefined;
  private bytes: Buffer | undefined;

  constructor(bytes: Buffer) {
    this.size = bytes.length;
    this.consumed = bytes.length;
    this.bytes = bytes;
  }

  async begin(): Promise<Buffer> {
    return this.bytes ?? Buffer.alloc(0);
  }

  async read(): Promise<Buffer | undefined> {
    const { bytes } = this;
    this.bytes = undefined;
    return bytes && bytes.length > 0 ? bytes : undefined;
  }

  print(): readonly [number, number, number, number] {
    return [0, 0, 0, 0];
  }

  async close(): Promise<void> {}
}

/** What would help, where it is known; begins with a full stop. */
function helpWith(reason: string, cell: unknown, { words }: Settings): string {
  if (reason === 'bad_line') return '. Look at format and csv.delimiter: is that how the file is written?';
  const text = typeof cell === 'string' ? cell.trim() : '';
  if (reason === 'bad_time') {
    if (/^\d{1,2}[/.-]\d{1,2}[/.-]\d{2,4}/.test(text))
      return '. Month and day could be either way round there: write times as 2024-09-01 13:45:00, or as a number';
    if (/\d\s*[A-Z]{2,4}$/.test(text)) return '. Write the zone as Z or as an offset: 2024-09-01 13:45:00+02:00';
    return '. A time is written as 2024-09-01 13:45:00 (UTC unless it says otherwise), or is a number with timeUnit';
  }
  if (/^[+-]?\d{1,3}([,'\u2019 .]\d{3})+([.,]\d+)?$/.test(text))
    return '. Write numbers without separators between thousands: 50000.25';
  if (/^[+-]?\d+,\d+$/.test(text)) return '. Write numbers with a decimal point: 50000.25';
  if (/^[+-]?[\d.]+\s*[^\d\s.,]+$/.test(text)) return '. Write numbers without a unit';
  if (reason !== 'bad_value' || !/^[\p{L}_ -]+$/u.test(text)) return '';
  const known = Object.values(words).flatMap((given) => Object.keys(given));
  if (known.length > 0) return `. Of words, ${known.join(', ')} ${known.length > 1 ? 'are' : 'is'} known`;
  return '. Words are mapped to numbers with words: { side: { buy: 0, sell: 1 } }, by value';
}
