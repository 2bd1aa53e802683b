// What was odd in a stretch: columns and keys, the oddest first.

import type { Hindsight, PipelineSchema, Usual } from '@quantstream/engine';
import { oddOf } from '../kept/block.js';
import type { Past } from '../kept/past.js';
import type { Rank } from '../wire.js';
import { usualBefore } from './key.js';

/** Columns and keys that are named. */
const NAMED = 50;
/** Farther than this a column is simply elsewhere, usual distances. */
const FARTHEST = 1_000;

/** A column that hardly varies is no further away than its distance in hundredths of what it usually is. */
const STEADY = 0.01;

/**
 * How far a value is from usual, in usual distances. A column whose distances are next to nothing would lead whatever happened: they count as
 * a hundredth of the column's mean at least, and differences that its declaration ignores are none.
 */
function awayOf({ mean, distance }: Usual, column: number, value: number, ignored: number): number {
  const from = value - mean[column]!;
  const scale = Math.max(distance[column]!, STEADY * Math.abs(mean[column]!));
  const beyond = Math.max(0, Math.abs(from) - ignored);
  return scale > 0 ? (Math.sign(from) * beyond) / scale : from === 0 ? 0 : Number.NaN;
}

/** By how far the mean of each column's rows is from usual; keys by their oddest row. Lets others work in between. */
export async function rankOf(
  past: Past,
  schema: PipelineSchema,
  hindsight: Hindsight,
  { from, to, key: only }: { readonly from: number; readonly to: number; readonly key?: string },
  breathe: () => Promise<void>,
): Promise<Rank> {
  const columns: { column: string; key: string; away: number; peak: number }[] = [];
  const keys: { key: string; odd: number; column: string }[] = [];
  const features = schema.row.columns.flatMap(({ name, role, ignoreBelow = 0 }, c) =>
    role === 'feature' ? [{ name, c, ignoreBelow }] : [],
  );
  for (const key of only === undefined ? [...past.ring.keys.keys()] : [only]) {
    const usual = usualBefore(past.ring, hindsight, key, from);
    const [sums, peaks, counts] = [0, 1, 2].map(() => new Float64Array(features.length)) as [
      Float64Array,
      Float64Array,
      Float64Array,
    ];
    let odd = Number.NEGATIVE_INFINITY;
    for (const { block, first, last } of past.ring.within(key, { from, to }))
      for (let i = first; i <= last; i++) {
        const values = block.values(i);
        features.forEach(({ c, ignoreBelow }, f) => {
          const away = awayOf(usual, c, values[c]!, ignoreBelow);
          if (Number.isNaN(away)) return;
          const near = Math.max(-FARTHEST, Math.min(FARTHEST, away));
          counts[f]!++;
          sums[f]! += Math.abs(near);
          if (Math.abs(near) > Math.abs(peaks[f]!)) peaks[f] = near;
        });
        const ratio = oddOf(block.score(i), block.threshold(i));
        if (ratio > odd) odd = ratio;
      }
    const ranked = features
      .map(({ name: column }, f) => ({ column, key, away: counts[f]! > 0 ? sums[f]! / counts[f]! : 0, peak: peaks[f]! }))
      .filter(({ away }) => away > 0)
      .sort((a, b) => b.away - a.away);
    columns.push(...ranked);
    if (Number.isFinite(odd)) keys.push({ key, odd, column: ranked[0]?.column ?? '' });
    await breathe();
  }
  return {
    columns: columns.sort((a, b) => b.away - a.away).slice(0, NAMED),
    keys: keys.sort((a, b) => b.odd - a.odd).slice(0, NAMED),
  };
}
