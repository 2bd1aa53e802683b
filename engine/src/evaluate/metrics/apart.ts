// A threshold for each key instead of one for all, and the rows that two detectors both judged.

import type { Field } from './field.js';
import { ordinaryDays, thresholdsFor } from './sweep.js';

/** One key of a field, as if there were no other. Shares its arrays. */
function keyOf(field: Field, k: number): Field {
  const [from, end] = [field.offsets[k]!, field.offsets[k + 1]!];
  const part = <T extends Float64Array | Uint8Array>(values: T) => values.subarray(from, end) as T;
  return {
    keys: [field.keys[k]!],
    offsets: [0, end - from],
    times: part(field.times),
    spans: part(field.spans),
    marks: part(field.marks),
    ignored: part(field.ignored),
    still: part(field.still),
    positive: part(field.positive),
    runs: [],
    events: [],
    steps: [field.steps[k]!],
    cooldowns: [field.cooldowns[k]!],
  };
}

/**
 * The lowest threshold of each key by itself that keeps to each rate of false episodes a day.
 * @param order the judged rows of all keys, the oddest first
 * @returns by key and rate; a row is an alarm if its score is above
 */
export function thresholdsApart(
  field: Field,
  scores: Float64Array,
  order: Uint32Array,
  rates: readonly number[],
): Map<string, number[]> {
  const orders = field.keys.map((_, k) => new Uint32Array(field.offsets[k + 1]! - field.offsets[k]!));
  const counts = new Uint32Array(orders.length);
  const keyAt = new Uint32Array(scores.length);
  field.keys.forEach((_, k) => {
    keyAt.fill(k, field.offsets[k]!, field.offsets[k + 1]!);
  });
  for (const row of order) {
    const k = keyAt[row]!;
    orders[k]![counts[k]!++] = row - field.offsets[k]!;
  }
  return new Map(
    field.keys.map((key, k) => {
      const own = keyOf(field, k);
      const part = scores.subarray(field.offsets[k]!, field.offsets[k + 1]!);
      return [key, thresholdsFor(own, part, orders[k]!.subarray(0, counts[k]!), ordinaryDays(own, part), rates)];
    }),
  );
}

/** The same field with everything to be ignored that one of two detectors did not judge. */
export function bothJudged(field: Field, one: Float64Array, other: Float64Array): Field {
  const ignored = field.ignored.slice();
  for (let i = 0; i < ignored.length; i++) if (Number.isNaN(one[i]!) || Number.isNaN(other[i]!)) ignored[i] = 1;
  return { ...field, ignored };
}
