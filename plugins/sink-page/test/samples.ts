// What the tests of the server judge: a sample a second of a tank.

import type { Episode, PipelineSchema } from '@quantstream/engine';

export const START = Date.UTC(2026, 0, 1);

/** A pipeline over level and flow. @param more what a test wants besides, or otherwise */
export function schemaOf({
  columns = [],
  ...more
}: Partial<PipelineSchema> & { readonly columns?: PipelineSchema['row']['columns'] } = {}): PipelineSchema {
  const named = (name: string, unit: string) => ({ name, unit, about: name, formula: name, role: 'feature' }) as const;
  return {
    pipeline: 'test',
    observations: {},
    row: { kind: 'sample', about: 'one a second', columns: [named('level', 'm'), named('flow', '1'), ...columns] },
    models: [{ name: 'm', plugin: 'tails', columns: ['level', 'flow'], decides: false }],
    views: [],
    limits: [],
    alarms: { perDay: 100, cooldownMs: 10_000, minimumMs: 0 },
    ...more,
  };
}

/** The episode of twenty odd rows of a key. @param from its first row, s */
export function episodeOf(key: string, from: number, reason: string): Episode {
  const [start, end] = [START + from * 1_000, START + (from + 19) * 1_000];
  const found = { id: `e-${key}`, pipeline: 'test', key, kind: 'sample', status: 'closed', start, end, peak: start } as const;
  const why = { peakScore: 6, threshold: 3, pValue: 1e-6, model: 'm', version: 'v2', severity: 'warning', rows: 20 } as const;
  return { ...found, ...why, columns: ['flow'], reason, topics: [] };
}
