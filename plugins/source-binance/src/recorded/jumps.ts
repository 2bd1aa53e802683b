// Cuts the batches of recordings where the ids of single trades jump, and says what is lost there.

import type { SourceBatch } from '@quantstream/engine';
import { SingleTrades, type Tails } from '../wire/singles.js';
import type { Trade } from '../wire/trade.js';

/** What is added to a cursor of ordered rows. */
interface Cut {
  /** Of what is read from that cursor on, so many trades were handed over. */
  readonly skip: number;
  readonly singles: Tails | undefined;
}

/** The cursor of ordered rows, a JSON object, with a cut added; `begin` stands for none. */
function cursorOf(base: string | null, skip: number, singles: Tails): string {
  return `${base === null ? '{"kind":"begin"' : base.slice(0, -1)},"skip":${skip},"singles":${JSON.stringify(singles)}}`;
}

/** The two apart. What is no such cursor goes on as it is: who reads ordered rows says what is wrong with it. */
function readCut(text: string): Cut & { readonly base: string | null } {
  try {
    const { skip = 0, singles, ...ordered } = JSON.parse(text) as Partial<Cut> & { readonly kind?: string };
    return { skip, singles, base: ordered.kind === 'begin' ? null : JSON.stringify(ordered) };
  } catch {
    return { skip: 0, singles: undefined, base: text };
  }
}

/** @param read gives trades in order, from a cursor of its own */
export async function* cutAtJumps(
  read: (from: string | null) => AsyncIterable<SourceBatch>,
  from: string | null,
): AsyncGenerator<SourceBatch> {
  const cut = from === null ? undefined : readCut(from);
  const singles = new SingleTrades(cut?.singles);
  let base = cut?.base ?? null;
  let skip = cut?.skip ?? 0;
  for await (const { observations, cursor } of read(base)) {
    // The order of rows hands on what the readers made.
    const trades = observations as Trade[];
    let given = Math.min(skip, trades.length);
    if (given < trades.length) {
      for (const part of singles.parts(given > 0 ? trades.slice(given) : trades)) {
        given += part.trades.length;
        const whole = given === trades.length;
        const tails = singles.state();
        yield {
          observations: part.trades,
          ...(part.missing.length > 0 && { missing: part.missing }),
          cursor: cursor === null || !tails ? cursor : whole ? cursorOf(cursor, 0, tails) : cursorOf(base, given, tails),
        };
      }
    }
    skip -= Math.min(skip, trades.length);
    base = cursor;
  }
}
