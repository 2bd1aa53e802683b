// The queries of a pipeline's dashboard, and the tables that they read.

import { quote } from '../tables/sql.js';

/** Tables of a pipeline by what they hold, each as a statement names it: quoted, with its schema where it needs one. */
export interface TableNames {
  readonly rows: string;
  readonly anomalies: string;
  readonly episodes: string;
  readonly incidents: string;
  readonly missing: string;
  /** By observation type: those that are stored. */
  readonly observations: Readonly<Record<string, string>>;
}

const PIPELINE = 'pipeline = ${pipeline:sqlstring}';
const ENTITY = `${PIPELINE} AND key = \${key:sqlstring}`;
const WITHIN = `${ENTITY} AND $__timeFilter(time)`;
/** What judging again did not confirm is not shown. */
const HOLDS = 'withdrawn_at IS NULL';
/** `date_bin` is in every PostgreSQL since 14, so that the same text runs with and without TimescaleDB. */
const BIN = "date_bin(make_interval(secs => $__interval_ms / 1000.0), time, timestamptz 'epoch')";
const DAY = "date_bin('1 day', start_time, timestamptz 'epoch')";
/** Stretches that touch the time range. */
const TOUCHES = (from: string, to: string) => `${from} <= $__timeTo()::timestamptz AND ${to} >= $__timeFrom()::timestamptz`;
const LOST = `${PIPELINE} AND key IN (\${key:sqlstring}, '*') AND ${TOUCHES('from_time', 'to_time')}`;

const binned = (columns: readonly string[], table: string): string =>
  `SELECT ${[`${BIN} AS time`, ...columns].join(', ')} FROM ${table} WHERE ${WITHIN} GROUP BY 1 ORDER BY 1`;

/** Of several rows in a bin, the first or the last one. */
const first = (column: string) => `(array_agg(${quote(column)} ORDER BY time, n))[1]`;
const last = (column: string) => `(array_agg(${quote(column)} ORDER BY time DESC, n DESC))[1]`;

/**
 * The values of an index column, each found by one descent into the primary key: a DISTINCT would read every row.
 * @param where what comes before the column in the primary key
 */
function distinct(column: string, table: string, where: string): string {
  const next = (bound: string) => `(SELECT ${column} FROM ${table} WHERE ${where}${bound} ORDER BY ${column} LIMIT 1)`;
  return `WITH RECURSIVE found(value) AS (${next('')} UNION ALL SELECT ${next(` AND ${column} > found.value`)} FROM found WHERE found.value IS NOT NULL) SELECT value FROM found WHERE value IS NOT NULL ORDER BY 1`;
}

export interface Candle {
  readonly open: string;
  readonly high: string;
  readonly low: string;
  readonly close: string;
  readonly volume: string;
}

/** Every query of a pipeline's dashboard. */
export const QUERIES = {
  pipelines: ({ rows }: TableNames) => distinct('pipeline', rows, 'true'),
  keys: ({ rows }: TableNames) => distinct('key', rows, PIPELINE),
  lastValue: ({ rows }: TableNames, column: string) => binned([`${last(column)} AS ${quote(column)}`], rows),
  score: ({ rows }: TableNames) => binned(['max(score) AS score', 'max(threshold) AS threshold'], rows),
  /** Score and threshold of each of several models. */
  scores: ({ rows }: TableNames) =>
    `SELECT ${BIN} AS time, m.key || ' score' AS metric, max((m.value->>'score')::float8) AS value FROM (SELECT time, models FROM ${rows} WHERE ${WITHIN}) AS r, jsonb_each(r.models) AS m GROUP BY 1, 2 ORDER BY 1, 2`,
  candles: ({ rows }: TableNames, { open, high, low, close, volume }: Candle) =>
    binned(
      [
        `${first(open)} AS open`,
        `max(${quote(high)}) AS high`,
        `min(${quote(low)}) AS low`,
        `${last(close)} AS close`,
        `sum(${quote(volume)}) AS volume`,
        `(array_agg(${quote(close)} ORDER BY score DESC) FILTER (WHERE anomalous))[1] AS anomaly`,
      ],
      rows,
    ),
  /** Mean with its extremes, so that a spike is not averaged away when many rows share a bin. */
  band: ({ rows }: TableNames, column: string) =>
    binned(
      [
        `min(${quote(column)}) AS lowest`,
        `avg(${quote(column)}) AS ${quote(column)}`,
        `max(${quote(column)}) AS highest`,
        `(array_agg(${quote(column)} ORDER BY score DESC) FILTER (WHERE anomalous))[1] AS anomaly`,
      ],
      rows,
    ),
  /** Where it was, and where it was odd: at most one place per bin. */
  track: ({ rows }: TableNames, latitude: string, longitude: string) =>
    binned([`avg(${quote(latitude)}) AS latitude`, `avg(${quote(longitude)}) AS longitude`], rows),
  oddPlaces: ({ anomalies, rows }: TableNames, latitude: string, longitude: string) =>
    `SELECT a.time, r.${quote(latitude)} AS latitude, r.${quote(longitude)} AS longitude, a.reason FROM (SELECT pipeline, key, time, n, reason FROM ${anomalies} WHERE ${WITHIN} AND ${HOLDS} AND raised) AS a JOIN ${rows} AS r USING (pipeline, key, time, n) WHERE r.${quote(latitude)} IS NOT NULL ORDER BY a.time DESC LIMIT 200`,
  sum: ({ rows }: TableNames, column: string) => binned([`sum(${quote(column)}) AS ${quote(column)}`], rows),
  rate: (table: string, type: string) =>
    `SELECT ${BIN} AS time, count(*) / ($__interval_ms / 1000.0) AS ${quote(`${type}s/s`)} FROM ${table} WHERE ${WITHIN} GROUP BY 1 ORDER BY 1`,
  age: ({ rows }: TableNames) => `SELECT extract(epoch FROM now() - max(time))::float8 AS age FROM ${rows} WHERE ${ENTITY}`,
  anomalyCount: ({ anomalies }: TableNames) => `SELECT count(*) AS anomalies FROM ${anomalies} WHERE ${WITHIN} AND ${HOLDS}`,
  episodeCount: ({ episodes }: TableNames) =>
    `SELECT count(*) AS episodes FROM ${episodes} WHERE ${ENTITY} AND ${HOLDS} AND $__timeFilter(start_time)`,
  lostCount: ({ missing }: TableNames) => `SELECT coalesce(sum(coalesce(count, 1)), 0) AS lost FROM ${missing} WHERE ${LOST}`,
  anomalies: ({ anomalies }: TableNames) =>
    `SELECT time, score, threshold, p_value AS "p-value", reason, raised AS alarm, model FROM ${anomalies} WHERE ${WITHIN} AND ${HOLDS} ORDER BY time DESC LIMIT 500`,
  drivers: ({ anomalies }: TableNames) =>
    `SELECT c.key AS "column", avg(abs(c.value::float8)) AS contribution FROM (SELECT contributions FROM ${anomalies} WHERE ${WITHIN} AND ${HOLDS} AND contributions IS NOT NULL) AS a, jsonb_each_text(a.contributions) AS c GROUP BY 1 ORDER BY 2 DESC`,
  episodes: ({ episodes }: TableNames) =>
    `SELECT start_time AS "start", extract(epoch FROM end_time - start_time)::float8 AS duration, rows, peak_score AS "peak score", threshold, status, reason FROM ${episodes} WHERE ${ENTITY} AND ${HOLDS} AND ${TOUCHES('start_time', 'end_time')} ORDER BY start_time DESC LIMIT 200`,
  /** Of all keys: what an incident is about is that there are several. */
  incidents: ({ incidents }: TableNames) =>
    `SELECT start_time AS "start", extract(epoch FROM end_time - start_time)::float8 AS duration, keys, key AS "first key", severity, status, reason FROM ${incidents} WHERE ${PIPELINE} AND ${HOLDS} AND ${TOUCHES('start_time', 'end_time')} ORDER BY start_time DESC LIMIT 200`,
  /** Days without an alarm are told too. */
  alarmsPerDay: ({ episodes }: TableNames) =>
    `SELECT day AS time, coalesce(count, 0) AS alarms FROM generate_series(date_bin('1 day', $__timeFrom()::timestamptz, timestamptz 'epoch'), $__timeTo()::timestamptz, interval '1 day') AS day LEFT JOIN (SELECT ${DAY} AS began, count(*) AS count FROM ${episodes} WHERE ${ENTITY} AND ${HOLDS} AND $__timeFilter(start_time) GROUP BY 1) AS e ON began = day ORDER BY 1`,
  unscored: ({ rows }: TableNames) =>
    `SELECT ${BIN} AS time, coalesce(reason, 'no reason given') AS metric, count(*) AS value FROM ${rows} WHERE ${WITHIN} AND score IS NULL GROUP BY 1, 2 ORDER BY 1, 2`,
  missing: ({ missing }: TableNames) =>
    `SELECT from_time AS "from", to_time AS "to", key, count AS observations, reason FROM ${missing} WHERE ${LOST} ORDER BY from_time DESC LIMIT 200`,
  anomalyMarks: ({ anomalies }: TableNames) =>
    `SELECT time, 'score ' || round(score::numeric, 3) || ' above ' || round(threshold::numeric, 3) || ': ' || coalesce(reason, '') AS text, concat_ws(',', 'anomaly', CASE WHEN raised THEN 'alarm' END) AS tags FROM ${anomalies} WHERE ${WITHIN} AND ${HOLDS} ORDER BY time`,
  episodeMarks: ({ episodes }: TableNames) =>
    `SELECT start_time AS time, end_time AS timeend, rows || ' anomalous rows, ' || status || ': ' || coalesce(reason, '') AS text, 'episode' AS tags FROM ${episodes} WHERE ${ENTITY} AND ${HOLDS} AND ${TOUCHES('start_time', 'end_time')} ORDER BY start_time`,
  incidentMarks: ({ incidents }: TableNames) =>
    `SELECT start_time AS time, end_time AS timeend, keys || ' keys, first ' || key || ', ' || status || ': ' || coalesce(reason, '') AS text, 'incident' AS tags FROM ${incidents} WHERE ${PIPELINE} AND ${HOLDS} AND ${TOUCHES('start_time', 'end_time')} ORDER BY start_time`,
  missingMarks: ({ missing }: TableNames) =>
    `SELECT from_time AS time, to_time AS timeend, coalesce(count || ' lost: ', '') || reason AS text, 'missing' AS tags FROM ${missing} WHERE ${LOST} ORDER BY from_time`,
};
