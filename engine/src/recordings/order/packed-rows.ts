/** Observations as bytes, by columns: what is spilled while they are sorted. */
import { deserialize, serialize } from 'node:v8';
import type { Observation } from '../../api/index.js';

interface Columns {
  readonly keys: readonly string[];
  readonly types: readonly string[];
  readonly moments: Float64Array;
  readonly names: readonly string[];
  /** Row by row; `NaN` where a row lacks the value. */
  readonly values: Float64Array;
  readonly texts: readonly Observation['text'][] | undefined;
}

/** About how many bytes of memory an observation takes. */
export function sizeOf({ key, text }: Observation): number {
  let size = 300 + 2 * key.length;
  if (text) for (const name in text) size += 50 + 2 * text[name]!.length;
  return size;
}

export function packed(rows: readonly Observation[]): Buffer {
  const index = new Map<string, number>();
  for (const { values } of rows) for (const name in values) if (!index.has(name)) index.set(name, index.size);
  const moments = new Float64Array(rows.length * 3);
  const values = new Float64Array(rows.length * index.size).fill(Number.NaN);
  for (const [i, row] of rows.entries()) {
    moments[3 * i] = row.time;
    moments[3 * i + 1] = row.sequence;
    moments[3 * i + 2] = row.received;
    for (const name in row.values) values[i * index.size + index.get(name)!] = row.values[name]!;
  }
  const columns: Columns = {
    keys: rows.map(({ key }) => key),
    types: rows.map(({ type }) => type),
    moments,
    names: [...index.keys()],
    values,
    texts: rows.some(({ text }) => text) ? rows.map(({ text }) => text) : undefined,
  };
  return serialize(columns);
}

export function unpacked(bytes: Buffer): Observation[] {
  const { keys, types, moments, names, values, texts } = deserialize(bytes) as Columns;
  return keys.map((key, i) => {
    const own: Record<string, number> = {};
    for (let n = 0; n < names.length; n++) {
      const value = values[i * names.length + n]!;
      if (!Number.isNaN(value)) own[names[n]!] = value;
    }
    const [time, sequence, received] = [moments[3 * i]!, moments[3 * i + 1]!, moments[3 * i + 2]!];
    const text = texts?.[i];
    return { key, type: types[i]!, sequence, time, received, values: own, ...(text && { text }) };
  });
}
