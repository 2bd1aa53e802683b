// What becomes a record of a file, and how.

import type { PipelineSchema, SinkBatch } from '@quantstream/engine';

export type What = 'observations' | 'verdicts' | 'anomalies' | 'episodes' | 'incidents' | 'missing';
type FlatRecord = Readonly<Record<string, unknown>>;

/** The records of one kind in a batch. */
export function recordsOf(batch: SinkBatch, what: What): FlatRecord[] {
  switch (what) {
    case 'observations':
      // The moment of arrival is no part of what happened: a replay would differ.
      return batch.observations.map(({ received: _, ...rest }) => ({ what: 'observation', ...rest }));
    case 'verdicts':
      return batch.verdicts.map((verdict) => ({ what: 'verdict', ...verdict }));
    case 'anomalies':
      return batch.verdicts.filter(({ anomalous }) => anomalous).map((verdict) => ({ what: 'anomaly', ...verdict }));
    case 'episodes':
      return batch.episodes.map((episode) => ({ what: 'episode', ...episode }));
    case 'incidents':
      return (batch.incidents ?? []).map((incident) => ({ what: 'incident', ...incident }));
    case 'missing':
      return batch.missing.map((missing) => ({ what: 'missing', ...missing }));
  }
}

const VERDICT = [
  'id',
  'pipeline',
  'key',
  'kind',
  'time',
  'n',
  'score',
  'threshold',
  'pValue',
  'leading',
  'anomalous',
  'raised',
  'episode',
  'calibrated',
  'severity',
  'reason',
];
const EPISODE = [
  'id',
  'pipeline',
  'key',
  'kind',
  'status',
  'start',
  'end',
  'peak',
  'peakScore',
  'threshold',
  'pValue',
  'model',
  'version',
  'severity',
  'rows',
  'columns',
  'reason',
];
const INCIDENT = ['id', 'pipeline', 'status', 'start', 'end', 'key', 'keys', 'names', 'columns', 'severity', 'reason'];

/** The columns of a CSV of one kind; fields below `values` and `text` stand by their own names. */
export function csvHeader(what: What, schema: PipelineSchema): string[] {
  switch (what) {
    case 'observations': {
      const types = Object.values(schema.observations);
      const names = types.flatMap(({ fields, text }) => [...Object.keys(fields), ...Object.keys(text ?? {})]);
      return ['key', 'type', 'sequence', 'time', ...new Set(names)];
    }
    case 'verdicts':
    case 'anomalies':
      return [...VERDICT, ...schema.row.columns.map(({ name }) => name)];
    case 'episodes':
      return EPISODE;
    case 'incidents':
      return INCIDENT;
    case 'missing':
      return ['key', 'from', 'to', 'reason', 'count'];
  }
}

/** One line (RFC 4180 quoting). */
export function csvLine(record: FlatRecord, header: readonly string[]): string {
  const nested = { ...(record.values as object), ...(record.text as object) } as FlatRecord;
  return header.map((name) => cell(record[name] ?? nested[name])).join(',');
}

function cell(value: unknown): string {
  if (value === undefined || value === null || (typeof value === 'number' && !Number.isFinite(value))) return '';
  const text = Array.isArray(value) ? value.join(' ') : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
