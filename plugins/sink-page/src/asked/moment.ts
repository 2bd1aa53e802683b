// One row and those around it: why it was called odd, or why not.

import type { Hindsight, KeptRow, PipelineSchema, Usual } from '@quantstream/engine';
import type { Block } from '../kept/block.js';
import type { Ring } from '../kept/ring.js';
import type { Moment, RowInfo } from '../wire.js';
import { maybe } from './bars.js';
import { usualBefore } from './key.js';

/** Rows that are shown before and behind. */
export const AROUND = 8;
/** Rows that tell how many there are a day. */
const RATE = 2_000;

export function momentOf(ring: Ring, schema: PipelineSchema, hindsight: Hindsight, key: string, time: number): Moment {
  const rows = placesAround(ring, key, time);
  if (rows.length === 0) return { row: null, around: [] };
  let nearest = 0;
  rows.forEach(({ block, i }, n) => {
    const best = rows[nearest]!;
    if (Math.abs(block.time(i) - time) < Math.abs(best.block.time(best.i) - time)) nearest = n;
  });
  const shown = rows.slice(Math.max(0, nearest - AROUND), nearest + AROUND + 1);
  const usual = usualBefore(ring, hindsight, key, shown[0]!.block.time(shown[0]!.i));
  const recent = ring.before(key, time + 1, RATE).map(({ block, i }) => block.row(i, undefined));
  const around = shown.map(({ block, i }) => {
    const info = infoOf(ring, schema, hindsight, usual, block, i, recent);
    if (!block.anomalous(i)) usual.learn(block.values(i));
    return info;
  });
  return { row: around[Math.min(AROUND, nearest)] ?? null, around };
}

/** The rows nearest to a moment, in order. */
function placesAround(ring: Ring, key: string, time: number): { block: Block; i: number }[] {
  const found = ring.before(key, time + 0.5, 2 * AROUND + 1);
  let more = 2 * AROUND + 1;
  for (const { block, first, last } of ring.within(key, { from: time + 0.5, to: Number.MAX_SAFE_INTEGER })) {
    for (let i = first; i <= last && more > 0; i++, more--) found.push({ block, i });
    if (more === 0) break;
  }
  return found;
}

function infoOf(
  ring: Ring,
  schema: PipelineSchema,
  hindsight: Hindsight,
  usual: Usual,
  block: Block,
  i: number,
  recent: readonly KeptRow[],
): RowInfo {
  const row = block.row(i, ring.reasonOf(block, i));
  const detail = block.details.get(i);
  const { columns } = schema.row;
  const often = hindsight.often(row.pValue, recent);
  return {
    time: row.time,
    values: Object.fromEntries(columns.map(({ name }, c) => [name, maybe(row.values[c]!)])),
    score: maybe(row.score),
    threshold: maybe(row.threshold),
    pValue: maybe(row.pValue),
    anomalous: row.anomalous,
    judged: block.reason(i) === 0,
    ...(row.reason === undefined ? {} : { reason: row.reason }),
    ...(often === '' ? {} : { often }),
    models: schema.models.map(({ name }) => {
      const said = row.models[name]!;
      const shares = detail?.contributions[name];
      const contributions =
        shares &&
        Object.entries(shares)
          .map(([column, share]) => ({ column, share }))
          .sort((a, b) => Math.abs(b.share) - Math.abs(a.share));
      return {
        name,
        score: maybe(said.score),
        threshold: maybe(said.threshold),
        pValue: maybe(said.pValue),
        ...(contributions && { contributions }),
      };
    }),
    away: Object.fromEntries(columns.map(({ name }, c) => [name, maybe(usual.away(c, row.values[c]!))])),
  };
}
