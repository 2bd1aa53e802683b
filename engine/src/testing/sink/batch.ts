// A schema and batches for tests of sinks.

import type { Episode, Observation, PipelineSchema, SinkBatch, Verdict } from '../../api/index.js';
import { gaussian } from '../random.js';

/** A schema for tests of sinks: one observation type, a row of three columns, one model. */
export const testSchema: PipelineSchema = {
  pipeline: 'test',
  observations: {
    reading: {
      about: 'a reading of a sensor',
      sequence: 'contiguous',
      fields: { level: { unit: 'm', about: 'level' }, flow: { unit: 'm³/s', about: 'flow', optional: true } },
      text: { state: 'state of the valve' },
    },
    rain: { about: 'rain', sequence: 'growing', fields: { level: { unit: 'mm', about: 'depth' } } },
  },
  row: {
    kind: 'summary',
    about: 'one row a second',
    columns: [
      { name: 'level_mean', unit: 'm', about: 'mean level', formula: 'mean(level)', role: 'context' },
      { name: 'level_change', unit: 'm', about: 'change', formula: 'Δ level', role: 'feature' },
      { name: 'flow_mean', unit: 'm³/s', about: 'mean flow', formula: 'mean(flow)', role: 'feature' },
    ],
  },
  models: [{ name: 'forest', plugin: 'test', columns: ['level_change', 'flow_mean'], decides: false }],
  views: [],
  limits: [],
  alarms: { contamination: 0.001, cooldownMs: 0, minimumMs: 0 },
};

/** A batch of the test schema: `n` readings and verdicts from number `start`; deterministic. */
export function testBatch(start: number, n: number): SinkBatch {
  const observations: Observation[] = [];
  const verdicts: Verdict[] = [];
  const episodes: Episode[] = [];
  const epoch = Date.UTC(2026, 0, 1);
  for (let i = start; i < start + n; i++) {
    const normal = gaussian(i + 1);
    const time = epoch + i * 1_000;
    const key = i % 2 ? 'tank "A"' : 'tank-B';
    observations.push({
      key,
      type: 'reading',
      sequence: i + 1,
      time,
      received: time + 5,
      values: i % 3 ? { level: normal(), flow: normal() } : { level: normal() },
      text: { state: i % 5 ? 'open' : "shut, 'tight'\n" },
    });
    const anomalous = i % 10 === 9;
    const score = anomalous ? 0.9 : 0.4;
    const id = `test/${key}/summary/${time}/0`;
    verdicts.push({
      id,
      pipeline: 'test',
      key,
      kind: 'summary',
      time,
      n: 0,
      values: { level_mean: normal(), level_change: i % 4 ? normal() : Number.NaN, flow_mean: normal() },
      models: {
        forest: {
          score,
          threshold: 0.7,
          pValue: anomalous ? 0.001 : 0.4,
          version: 'v1',
          anomalous,
          ...(anomalous ? { contributions: { level_change: -2.5, flow_mean: -0.5 } } : {}),
        },
      },
      leading: 'forest',
      score,
      threshold: 0.7,
      pValue: anomalous ? 0.001 : 0.4,
      calibrated: i >= 3,
      anomalous,
      raised: anomalous,
      // An anomaly whose episode has not lasted long enough belongs to none yet.
      ...(anomalous ? { severity: 'critical', reason: 'level_change is 9 m' } : {}),
      ...(anomalous && i % 20 === 19 ? { episode: id } : {}),
    });
    if (!anomalous) continue;
    const episode = {
      id,
      pipeline: 'test',
      key,
      kind: 'summary',
      start: time,
      peak: time,
      peakScore: 0.9,
      threshold: 0.7,
      pValue: 0.001,
      model: 'forest',
      version: 'v1',
      severity: 'critical',
      columns: ['level_change', 'flow_mean'],
      topics: [{ name: 'limits/high', severity: 'critical', reason: 'level_change is 9 m', time }],
    } as const;
    episodes.push({ ...episode, status: 'open', end: time, rows: 1, reason: 'level_change is 9 m' });
    episodes.push({ ...episode, status: 'closed', end: time + 2_000, rows: 3, reason: 'level_change is 9 m' });
  }
  return {
    observations,
    verdicts,
    episodes,
    missing: [{ key: '*', from: epoch - 10, to: epoch - 5, reason: 'test', count: start }],
  };
}
