import type { Ignored, Label } from '../series.js';

/** Labels under the keys of a recording, and what could not be placed. */
export interface Matched {
  readonly labels: readonly Label[];
  readonly ignored: readonly Ignored[];
  /** Keys of the labels that are keys of the recording in other words. */
  readonly renamed: readonly { readonly from: string; readonly to: string; readonly how: string }[];
  /** Labels of keys that never appear, by key. */
  readonly unknown: readonly { readonly key: string; readonly labels: number }[];
  /** Labels that lie before the first row of their key, or behind the last one of all, by key. */
  readonly outside: readonly { readonly key: string; readonly labels: number }[];
}

const baseOf = (key: string) => key.split(/[\\/]/).at(-1)!;
const stemOf = (key: string) => baseOf(key).replace(/(\.[A-Za-z0-9]{1,8})+$/, '');

/**
 * Finds each label's key among those of the recording: the same word, else the same file name, else the same file name without its
 * endings; and if labels and recording have one key each, these are the same.
 */
export function matchLabels(
  rows: readonly { readonly key: string; readonly times: Float64Array }[],
  given: { readonly labels: readonly Label[]; readonly ignored: readonly Ignored[] },
): Matched {
  const named = new Set([...given.labels, ...given.ignored].map(({ key }) => key));
  const places = new Map<string, { to: string; how: string }>();
  for (const key of named) {
    const place = placeOf(
      key,
      rows.map((row) => row.key),
      named.size,
    );
    if (place) places.set(key, place);
  }
  const firsts = new Map(rows.map(({ key, times }) => [key, times[0]!]));
  // A key that falls silent is still watched: its labels count up to the end of the recording.
  const end = rows.reduce((latest, { times }) => Math.max(latest, times.at(-1)!), Number.NEGATIVE_INFINITY);
  const unknown = new Map<string, number>();
  const outside = new Map<string, number>();
  const labels: Label[] = [];
  for (const label of given.labels) {
    const key = places.get(label.key)?.to;
    if (key === undefined) {
      unknown.set(label.key, (unknown.get(label.key) ?? 0) + 1);
      continue;
    }
    if (label.to < firsts.get(key)! || label.from > end) outside.set(key, (outside.get(key) ?? 0) + 1);
    else labels.push({ ...label, key });
  }
  return {
    labels,
    ignored: given.ignored.flatMap((one) => {
      const key = places.get(one.key)?.to;
      return key === undefined ? [] : [{ ...one, key }];
    }),
    renamed: [...places].flatMap(([from, { to, how }]) => (from === to ? [] : [{ from, to, how }])),
    unknown: [...unknown].map(([key, count]) => ({ key, labels: count })),
    outside: [...outside].map(([key, count]) => ({ key, labels: count })),
  };
}

function placeOf(key: string, keys: readonly string[], named: number): { to: string; how: string } | undefined {
  if (keys.includes(key)) return { to: key, how: 'the same' };
  const alike = (of: (key: string) => string) => {
    const found = keys.filter((one) => of(one) === of(key));
    return found.length === 1 ? found[0] : undefined;
  };
  const base = alike(baseOf);
  if (base !== undefined) return { to: base, how: 'the same file name' };
  const stem = alike(stemOf);
  if (stem !== undefined) return { to: stem, how: 'the same file name without endings' };
  return named === 1 && keys.length === 1 ? { to: keys[0]!, how: 'the only key on both sides' } : undefined;
}
