// What is stored, for those who ask: rows, episodes and what is missing, read and never changed.

import type {
  Episode,
  History,
  Incident,
  KeptHeat,
  KeptParts,
  KeptRow,
  KeptScore,
  KnownKey,
  Missing,
  OutsideHost,
  PipelineSchema,
  Stretch,
} from '@quantstream/engine';
import type { Settings } from './config.js';
import { Database } from './database/database.js';
import { runningEmbedded } from './feedback.js';
import { qualified, quote } from './tables/sql.js';
import { EPISODES, INCIDENTS, type Table, tablesOf } from './tables/tables.js';

/** Rows and episodes that are given at once, and incidents. */
const MOST = 20_000;
const INCIDENTS_AT_ONCE = 2_000;
/** Episodes of an incident that are named, as in what sinks get. */
const NAMED = 100;
/** What PostgreSQL holds of time, ms: from year 1 to year 9999. */
const TIMES = [-62_135_596_800_000, 253_402_300_799_000] as const;
/** How often it is looked for an embedded database that is about to be opened, ms. */
const LOOK_EVERY = 250;
/** A table or a column that is not there, yet or any more: nothing is stored. */
const ABSENT = new Set(['42P01', '42703', '3F000']);

const ms = (column: string) => `extract(epoch FROM ${column})::float8 * 1000`;
const within = (time: number) => Math.min(TIMES[1], Math.max(TIMES[0], time));
const numberOf = (value: unknown): number => (typeof value === 'number' ? value : Number.NaN);

/** Asks the tables of a pipeline over a connection of its own, which may read and no more. */
export function historyOf(settings: Settings, host: OutsideHost, schema: PipelineSchema): History & { close(): Promise<void> } {
  return new StoredHistory(settings, host, schema);
}

class StoredHistory implements History {
  readonly about: string;
  private readonly settings: Settings;
  private readonly host: OutsideHost;
  private readonly schema: PipelineSchema;
  private readonly rowsTable: Table;
  private readonly missingTable: Table;
  private connection: Promise<Database> | undefined;

  constructor(settings: Settings, host: OutsideHost, schema: PipelineSchema) {
    this.settings = settings;
    this.host = host;
    this.schema = schema;
    const { rows, missing } = tablesOf(schema, settings.store);
    this.rowsTable = rows;
    this.missingTable = missing;
    this.about = `the table ${rows.name}`;
  }

  async keys(): Promise<readonly KnownKey[]> {
    const table = this.name(this.rowsTable);
    // From one key to the next by the primary key: a look at every row would take as long as there are rows.
    const next = (than: string) => `(SELECT key FROM ${table} WHERE pipeline = $1${than} ORDER BY key LIMIT 1)`;
    const end = (order: string) =>
      `(SELECT ${ms('time')} FROM ${table} t WHERE t.pipeline = $1 AND t.key = k.key ORDER BY time ${order} LIMIT 1)`;
    const found = await this.ask(
      `WITH RECURSIVE k AS (${next('')} UNION ALL SELECT ${next(' AND key > k.key')} FROM k WHERE k.key IS NOT NULL)
       SELECT key, ${end('ASC')} AS first, ${end('DESC')} AS last FROM k WHERE key IS NOT NULL`,
      [],
    );
    return found.map(({ key, first, last }) => ({ key: String(key), first: Number(first), last: Number(last) }));
  }

  async rows(key: string, { from, to }: Stretch, most = MOST): Promise<readonly KeptRow[]> {
    const columns = this.schema.row.columns.map(({ name }) => quote(name));
    const found = await this.ask(
      `SELECT ${ms('time')} AS "time of the row", score, threshold, p_value, model, anomalous, reason, models, taught, ARRAY[${columns.join(', ')}]::float8[] AS "its values"
       FROM ${this.name(this.rowsTable)} WHERE pipeline = $1 AND key = $2 AND time BETWEEN ${at(3)} AND ${at(4)} ORDER BY time DESC, n DESC LIMIT $5`,
      [key, within(from), within(to), most],
    );
    return found.reverse().map(rowOf);
  }

  async parts(key: string, { from, to }: Stretch, step: number): Promise<KeptParts> {
    const columns = this.schema.row.columns.map(({ name }) => quote(name));
    const all = (of: (column: string) => string) => `ARRAY[${columns.map(of).join(', ')}]::float8[]`;
    const table = this.name(this.rowsTable);
    // Least and most of each part, and beside them its last row.
    const found = await this.ask(
      `WITH p AS (
         SELECT floor((${ms('time')} - $3) / $5::float8) AS part, max(time) AS "end", max(score) AS score, bool_or(anomalous) AS odd,
           bool_or(reason IS NOT NULL AND NOT anomalous) AS unjudged, ${all((column) => `min(${column})`)} AS least, ${all((column) => `max(${column})`)} AS most
         FROM ${table} WHERE pipeline = $1 AND key = $2 AND time BETWEEN ${at(3)} AND ${at(4)} GROUP BY 1)
       SELECT DISTINCT ON (p.part) ${ms('p."end"')} AS time, p.score, p.odd, p.unjudged, p.least, p.most, r.threshold, ${all((column) => `r.${column}`)} AS last
       FROM p JOIN ${table} r ON r.pipeline = $1 AND r.key = $2 AND r.time = p."end" ORDER BY p.part, r.n DESC`,
      [key, within(from), within(to), step],
    );
    const of = (name: string) => Float64Array.from(found, (row) => numberOf(row[name]));
    const byColumn = (name: string) =>
      columns.map((_, c) => Float64Array.from(found, (row) => numberOf((row[name] as (number | null)[])[c])));
    return {
      time: of('time'),
      last: byColumn('last'),
      min: byColumn('least'),
      max: byColumn('most'),
      score: of('score'),
      threshold: of('threshold'),
      state: found.map(({ odd, unjudged }) => (odd === true ? 'anomalous' : unjudged === true ? 'unjudged' : 'judged')),
    };
  }

  async heat({ from, to }: Stretch, step: number, until: ReadonlyMap<string, number>): Promise<readonly KeptHeat[]> {
    const parts = Math.max(1, Math.ceil((to - from) / step));
    const odd =
      'CASE WHEN r.threshold > 0 THEN greatest(0, r.score / r.threshold) WHEN r.score > r.threshold THEN 2 WHEN r.score <= r.threshold THEN 0 END';
    const ruled = "r.threshold > 0 AND r.p_value IS NOT NULL AND (r.reason IS NULL OR r.reason NOT LIKE 'uncalibrated%')";
    const share = 'power(10::float8, -r.threshold)';
    const found = await this.ask(
      `SELECT r.key, least(floor((${ms('r.time')} - $2) / $4::float8), $5::int - 1)::int AS part, count(*)::float8 AS count,
         (count(*) FILTER (WHERE r.anomalous OR r.reason IS NULL))::float8 AS judged, max(${odd}) AS odd,
         (count(*) FILTER (WHERE ${ruled} AND r.p_value < ${share}))::float8 AS raised, coalesce(sum(${share}) FILTER (WHERE ${ruled}), 0) AS allowed
       FROM ${this.name(this.rowsTable)} r LEFT JOIN unnest($6::text[], $7::float8[]) AS u(key, until) ON r.key = u.key
       WHERE r.pipeline = $1 AND r.time BETWEEN ${at(2)} AND ${at(3)} AND (u.until IS NULL OR r.time < to_timestamp(u.until / 1000)) GROUP BY 1, 2`,
      [within(from), within(to), step, parts, [...until.keys()], [...until.values()]],
    );
    const byKey = new Map<
      string,
      { key: string; rows: number; judged: number; raised: number; allowed: number; odd: Float64Array }
    >();
    for (const row of found) {
      const key = String(row.key);
      const one = byKey.get(key) ?? {
        key,
        rows: 0,
        judged: 0,
        raised: 0,
        allowed: 0,
        odd: new Float64Array(parts).fill(Number.NaN),
      };
      byKey.set(key, one);
      one.rows += Number(row.count);
      one.judged += Number(row.judged);
      one.raised += Number(row.raised);
      one.allowed += Number(row.allowed);
      one.odd[Number(row.part)] = numberOf(row.odd);
    }
    return [...byKey.values()];
  }

  async episodes({ from, to }: Stretch, key?: string): Promise<readonly Episode[]> {
    const found = await this.ask(
      `SELECT id, pipeline, key, kind, status, ${ms('start_time')} AS start, ${ms('end_time')} AS "end", ${ms('peak_time')} AS peak, peak_score, threshold, p_value,
         model, model_version, severity, rows, columns, reason, incident
       FROM ${this.name(EPISODES)} WHERE pipeline = $1 AND withdrawn_at IS NULL AND end_time >= ${at(2)} AND start_time <= ${at(3)}${key === undefined ? '' : ' AND key = $5'}
       ORDER BY start_time DESC LIMIT $4`,
      [within(from), within(to), MOST, ...(key === undefined ? [] : [key])],
    );
    return found.reverse().map(episodeOf);
  }

  async incidents({ from, to }: Stretch): Promise<readonly Incident[]> {
    const found = await this.ask(
      `SELECT i.id, i.pipeline, i.key, i.status, ${ms('i.start_time')} AS start, ${ms('i.end_time')} AS "end", i.keys, i.severity, i.reason, i.names, i.columns, i.topics, e.ids
       FROM (SELECT * FROM ${this.name(INCIDENTS)} WHERE pipeline = $1 AND withdrawn_at IS NULL AND end_time >= ${at(2)} AND start_time <= ${at(3)}
         ORDER BY start_time DESC LIMIT $4) i
       LEFT JOIN (SELECT incident, array_agg(id ORDER BY start_time, key) AS ids FROM ${this.name(EPISODES)}
         WHERE pipeline = $1 AND withdrawn_at IS NULL AND incident IS NOT NULL GROUP BY 1) e ON e.incident = i.id
       ORDER BY i.start_time`,
      [within(from), within(to), INCIDENTS_AT_ONCE],
    );
    return found.map(incidentOf);
  }

  async missing({ from, to }: Stretch, key?: string): Promise<readonly Missing[]> {
    const found = await this.ask(
      `SELECT key, ${ms('from_time')} AS "from", ${ms('to_time')} AS "to", reason, count::float8 AS count
       FROM ${this.name(this.missingTable)} WHERE pipeline = $1 AND to_time >= ${at(2)} AND from_time <= ${at(3)}${key === undefined ? '' : ' AND key = $5'}
       ORDER BY from_time DESC LIMIT $4`,
      [within(from), within(to), MOST, ...(key === undefined ? [] : [key])],
    );
    return found.reverse().map((row) => ({
      key: String(row.key),
      from: Number(row.from),
      to: Number(row.to),
      reason: String(row.reason),
      count: Number(row.count ?? 0),
    }));
  }

  async close(): Promise<void> {
    const connection = await this.connection?.catch(() => undefined);
    this.connection = undefined;
    await connection?.close();
  }

  private name(table: Table): string {
    return qualified(this.settings.schema, table);
  }

  /** @param values behind the name of the pipeline */
  private async ask(text: string, values: unknown[]): Promise<Record<string, unknown>[]> {
    this.connection ??= this.connect();
    try {
      const database = await this.connection;
      return (await database.query(text, [this.host.pipeline, ...values])).rows;
    } catch (error) {
      // The next question asks anew.
      if (!(error as { code?: unknown }).code) this.connection = undefined;
      if (ABSENT.has(String((error as { code?: unknown }).code))) return [];
      throw error;
    }
  }

  private async connect() {
    const { url } = this.settings.url === 'embedded' ? await this.embedded() : this.settings;
    const application = `quantstream ${this.host.pipeline} history`;
    const database = new Database({ url, application, prepare: false, timeoutMs: Math.max(this.settings.timeout, 30_000) });
    return database;
  }

  /** The embedded database, which the sink beside this has opened or is about to. */
  private async embedded(): Promise<{ url: string }> {
    const { clock, signal } = this.host;
    for (;;) {
      const url = await runningEmbedded(this.host);
      if (url !== undefined) return { url };
      await clock.sleep(LOOK_EVERY, signal);
    }
  }
}

/** A time in milliseconds, as a parameter. */
const at = (parameter: number): string => `to_timestamp($${parameter}::float8 / 1000)`;

function rowOf(row: Record<string, unknown>): KeptRow {
  const [score, threshold, pValue] = [row.score, row.threshold, row.p_value].map(numberOf) as [number, number, number];
  const reason = row.reason === null ? undefined : String(row.reason);
  const all = row.models as Record<string, { score: unknown; threshold: unknown; pValue: unknown }> | null;
  const models: Record<string, KeptScore> = {};
  if (all === null) models[String(row.model)] = { score, threshold, pValue };
  else
    for (const [name, said] of Object.entries(all))
      models[name] = { score: numberOf(said.score), threshold: numberOf(said.threshold), pValue: numberOf(said.pValue) };
  return {
    time: Number(row['time of the row']),
    values: Float64Array.from(row['its values'] as (number | null)[], numberOf),
    score,
    threshold,
    pValue,
    anomalous: row.anomalous === true,
    calibrated: reason === undefined || !reason.startsWith('uncalibrated'),
    models,
    ...(reason === undefined ? {} : { reason }),
    ...(row.taught ? { taught: row.taught as NonNullable<KeptRow['taught']> } : {}),
  };
}

function episodeOf(row: Record<string, unknown>): Episode {
  const {
    id,
    pipeline,
    key,
    kind,
    status,
    start,
    end,
    peak,
    peak_score,
    threshold,
    p_value,
    model,
    model_version,
    severity,
    rows,
    columns,
    reason,
  } = row as Record<string, string>;
  return {
    id,
    pipeline,
    key,
    kind,
    status: status === 'open' ? 'open' : 'closed',
    start: Number(start),
    end: Number(end),
    peak: Number(peak),
    peakScore: numberOf(peak_score),
    threshold: numberOf(threshold),
    pValue: numberOf(p_value),
    model,
    version: model_version ?? '',
    severity: (severity ?? 'warning') as Episode['severity'],
    rows: Number(rows),
    columns: (columns as unknown as string[] | null) ?? [],
    reason: reason ?? '',
    topics: [],
    ...(row.incident === null ? {} : { incident: String(row.incident) }),
  } as Episode;
}

function incidentOf(row: Record<string, unknown>): Incident {
  const { id, pipeline, key, severity, reason } = row as Record<string, string | null>;
  return {
    id: id!,
    pipeline: pipeline!,
    key: key!,
    status: row.status === 'open' ? 'open' : 'closed',
    start: Number(row.start),
    end: Number(row.end),
    keys: Number(row.keys),
    severity: (severity ?? 'warning') as Incident['severity'],
    reason: reason ?? '',
    names: (row.names as string[] | null) ?? [],
    episodes: ((row.ids as string[] | null) ?? []).slice(0, NAMED),
    columns: (row.columns as string[] | null) ?? [],
    topics: (row.topics as Incident['topics'] | null) ?? [],
  };
}
