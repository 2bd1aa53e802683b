import type { FeatureExtractor, Observation } from '@quantstream/engine';
import { TestHosts } from '@quantstream/engine/testing';
import plugin from '../src/index.js';

const hosts = new TestHosts();
hosts.dispose();

export interface Row {
  readonly time: number;
  readonly [column: string]: number;
}

export const START = Date.UTC(2026, 0, 5);

/** Readings: seconds since the start, and what was read then. */
export function readings(...given: readonly (readonly [seconds: number, values: Record<string, number>])[]): Observation[] {
  return given.map(([seconds, values], i) => {
    const time = START + seconds * 1_000;
    return { key: 'web-1', type: 'reading', sequence: i + 1, time, received: time, values };
  });
}

/** The rows of observations in log order, as the engine would drive them. */
export function rowsOf(raw: object, observations: readonly Observation[], latenessMs = 0): Row[] {
  const config = plugin.config.parse(raw);
  const extractor: FeatureExtractor = plugin.create(config, plugin.initialState(config), hosts.host('features'));
  const { columns } = plugin.row(config);
  const rows: Row[] = [];
  const buffer = new Float64Array(columns.length);
  let pending: number | undefined;
  const settle = () => {
    if (pending !== undefined)
      rows.push({ time: pending, ...Object.fromEntries(columns.map(({ name }, i) => [name, buffer[i]!])) });
    pending = undefined;
  };
  const next = (time: number) => {
    settle();
    pending = time;
    return buffer.fill(Number.NaN);
  };
  const say = () => undefined;
  let wake = Number.POSITIVE_INFINITY;
  let latest = Number.NEGATIVE_INFINITY;
  const advance = (watermark: number) => {
    wake = extractor.advance!(watermark, { next, say });
    settle();
  };
  for (const o of observations) {
    latest = Math.max(latest, o.time);
    if (latest - latenessMs >= wake) advance(latest - latenessMs);
    extractor.update(o, { next, say });
    settle();
    if (wake === Number.POSITIVE_INFINITY) advance(latest - latenessMs);
  }
  advance(Number.POSITIVE_INFINITY);
  return rows;
}
