import type { Episode, Incident, Missing, Observation, SinkBatch, Verdict } from '@quantstream/engine';
import type { Cell } from './encode.js';
import type { Table, Tables } from './tables.js';

/** Records of one table, column by column name. */
export interface TableRecord {
  readonly cells: Readonly<Record<string, Cell>>;
  /** What it was made from, for the dead letters. */
  readonly kind: 'observation' | 'verdict' | 'anomaly' | 'episode' | 'incident' | 'missing';
  readonly source: unknown;
}

/** What a batch writes, table by table: sorted by primary key, each key once. */
export function recordsOf(
  batch: SinkBatch,
  tables: Tables,
  { pipeline, judgement }: { readonly pipeline: string; readonly judgement: string },
): { table: Table; records: TableRecord[] }[] {
  const plan: { table: Table; records: TableRecord[] }[] = [];
  for (const [type, table] of tables.observations) {
    const records = batch.observations.filter((o) => o.type === type).map((o) => observationRecord(o, pipeline));
    plan.push({ table, records });
  }
  const several = batch.verdicts.length > 0 && Object.keys(batch.verdicts[0]!.models).length > 1;
  plan.push({ table: tables.rows, records: batch.verdicts.map((verdict) => rowRecord(verdict, several)) });
  plan.push({
    table: tables.anomalies,
    records: batch.verdicts.filter(({ anomalous }) => anomalous).map((verdict) => anomalyRecord(verdict, judgement)),
  });
  plan.push({ table: tables.episodes, records: batch.episodes.map((episode) => episodeRecord(episode, judgement)) });
  plan.push({
    table: tables.incidents,
    records: (batch.incidents ?? []).map((incident) => incidentRecord(incident, judgement)),
  });
  plan.push({ table: tables.missing, records: batch.missing.map((missing) => missingRecord(missing, pipeline)) });
  return plan
    .map(({ table, records }) => ({ table, records: settle(records, table) }))
    .filter(({ records }) => records.length > 0);
}

/**
 * Sorts by primary key, so that concurrent writers lock in one order, and keeps one record per key: PostgreSQL refuses an INSERT that
 * meets the same key twice. Of equal episodes the later stage stays, of other records the last one.
 */
function settle(records: TableRecord[], table: Table): TableRecord[] {
  const byKey = new Map<string, TableRecord>();
  for (const record of records) {
    const key = JSON.stringify(table.primaryKey.map((name) => record.cells[name]));
    const before = byKey.get(key);
    if (!before || table.onConflict !== 'later-episode' || isLater(record, before)) byKey.set(key, record);
  }
  return [...byKey.values()].sort((a, b) => compare(a, b, table.primaryKey));
}

function isLater({ cells: a }: TableRecord, { cells: b }: TableRecord): boolean {
  if (a.rows !== b.rows) return Number(a.rows) > Number(b.rows);
  // It is sent once more when it joins an incident.
  return a.status === 'closed' || (a.status === b.status && a.incident !== undefined);
}

function compare(a: TableRecord, b: TableRecord, key: readonly string[]): number {
  for (const name of key) {
    const left = a.cells[name] as string | number;
    const right = b.cells[name] as string | number;
    if (left < right) return -1;
    if (left > right) return 1;
  }
  return 0;
}

function observationRecord(o: Observation, pipeline: string): TableRecord {
  const cells = { ...o.values, ...o.text, pipeline, key: o.key, time: o.time, sequence: o.sequence };
  return { cells, kind: 'observation', source: o };
}

function judged(verdict: Verdict): Record<string, Cell> {
  return {
    score: verdict.score,
    threshold: verdict.threshold,
    p_value: verdict.pValue,
    model: verdict.leading,
    model_version: verdict.models[verdict.leading]?.version ?? '',
    reason: verdict.reason,
  };
}

function rowRecord(verdict: Verdict, several: boolean): TableRecord {
  const { pipeline, key, time, n, anomalous, taught } = verdict;
  const models = several
    ? Object.fromEntries(
        Object.entries(verdict.models).map(([name, { score, threshold, pValue, version }]) => [
          name,
          { score, threshold, pValue, version },
        ]),
      )
    : undefined;
  return {
    cells: { ...verdict.values, ...judged(verdict), pipeline, key, time, n, anomalous, models, taught },
    kind: 'verdict',
    source: verdict,
  };
}

function anomalyRecord(verdict: Verdict, judgement: string): TableRecord {
  const { id, pipeline, key, kind, time, n, episode, raised, severity, values } = verdict;
  const contributions = verdict.models[verdict.leading]?.contributions;
  const cells = {
    id,
    pipeline,
    key,
    kind,
    time,
    n,
    ...judged(verdict),
    episode,
    raised,
    severity,
    columns: values,
    contributions,
    judgement,
  };
  return { cells, kind: 'anomaly', source: verdict };
}

function episodeRecord(episode: Episode, judgement: string): TableRecord {
  const { id, pipeline, key, kind, status, start, end, peak, peakScore, threshold, model, rows, reason } = episode;
  const { pValue: p_value, version: model_version, severity, columns, incident } = episode;
  const times = { start_time: start, end_time: end, peak_time: peak };
  return {
    cells: {
      id,
      pipeline,
      key,
      kind,
      status,
      ...times,
      peak_score: peakScore,
      threshold,
      model,
      rows,
      reason,
      p_value,
      model_version,
      severity,
      columns,
      incident,
      judgement,
    },
    kind: 'episode',
    source: episode,
  };
}

function incidentRecord(incident: Incident, judgement: string): TableRecord {
  const { id, pipeline, key, status, start, end, keys, severity, reason, names, columns, topics } = incident;
  const times = { start_time: start, end_time: end };
  return {
    cells: { id, pipeline, key, status, ...times, keys, severity, reason, names, columns, topics, judgement },
    kind: 'incident',
    source: incident,
  };
}

function missingRecord({ key, from, to, reason, count }: Missing, pipeline: string): TableRecord {
  // A stretch that reaches back beyond all that is known begins where it ends.
  const from_time = Number.isFinite(from) ? from : to;
  return {
    cells: { pipeline, key, from_time, to_time: to, reason, count },
    kind: 'missing',
    source: { key, from, to, reason, count },
  };
}
