import type { Table, TableColumn } from './tables.js';

/** A name as SQL: quoted, so that any declared name is fine. */
export function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export const qualified = (schema: string, table: Table): string => `${quote(schema)}.${quote(table.name)}`;

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

function definition({ name, type, required }: TableColumn): string {
  return `${quote(name)} ${type}${required ? ' NOT NULL' : ''}`;
}

/** Creates a table, or adds the columns that an older one lacks. */
export function createStatements(schema: string, table: Table): string[] {
  const name = qualified(schema, table);
  const columns = table.columns.map(definition).join(', ');
  const added = table.columns.filter(({ required }) => !required);
  return [
    `CREATE TABLE IF NOT EXISTS ${name} (${columns}, PRIMARY KEY (${table.primaryKey.map(quote).join(', ')}))`,
    // Other pipelines may share the table with other columns.
    ...(added.length > 0
      ? [
          `ALTER TABLE ${name} ${added.map((column) => `ADD COLUMN IF NOT EXISTS ${quote(column.name)} ${column.type}`).join(', ')}`,
        ]
      : []),
    ...(table.indexes ?? []).map((columns) => {
      const index = quote(`${table.name}_${columns.join('_')}`);
      return `CREATE INDEX IF NOT EXISTS ${index} ON ${name} (${columns.map(quote).join(', ')})`;
    }),
    `COMMENT ON TABLE ${name} IS ${literal(table.about)}`,
    ...table.columns.map((column) => `COMMENT ON COLUMN ${name}.${quote(column.name)} IS ${literal(column.about)}`),
  ];
}

export interface HypertableSettings {
  readonly chunkMs: number;
  readonly compressAfterMs?: number;
  readonly dropAfterMs?: number;
}

const interval = (ms: number): string => `INTERVAL '${ms} milliseconds'`;

/** Makes a table a hypertable; works in every edition of TimescaleDB. */
export function hypertableStatement(schema: string, table: Table, { chunkMs }: HypertableSettings): string {
  const options = `chunk_time_interval => ${interval(chunkMs)}, if_not_exists => TRUE, migrate_data => TRUE`;
  return `SELECT create_hypertable(${literal(qualified(schema, table))}, ${literal(table.time!)}, ${options})`;
}

/** Compression and retention, which only the community edition has. The latest ages hold: a policy does not change its own. */
export function policyStatements(schema: string, table: Table, { compressAfterMs, dropAfterMs }: HypertableSettings): string[] {
  const name = literal(qualified(schema, table));
  const statements: string[] = [];
  if (compressAfterMs !== undefined) {
    const order = table.primaryKey
      .filter((column) => column !== 'pipeline' && column !== 'key')
      .map((column) => `${quote(column)} DESC`);
    statements.push(
      `ALTER TABLE ${qualified(schema, table)} SET (timescaledb.compress, timescaledb.compress_segmentby = '"pipeline", "key"', timescaledb.compress_orderby = ${literal(order.join(', '))})`,
      `SELECT remove_compression_policy(${name}, if_exists => TRUE)`,
      `SELECT add_compression_policy(${name}, ${interval(compressAfterMs)})`,
    );
  }
  if (dropAfterMs !== undefined)
    statements.push(
      `SELECT remove_retention_policy(${name}, if_exists => TRUE)`,
      `SELECT add_retention_policy(${name}, ${interval(dropAfterMs)})`,
    );
  return statements;
}

/** How a column travels in an array parameter. */
const CARRIER: Record<TableColumn['type'], string> = {
  text: 'text',
  bigint: 'bigint',
  integer: 'integer',
  float8: 'float8',
  boolean: 'boolean',
  // Whole microseconds since the epoch: exact, and the same in every time zone.
  timestamptz: 'bigint',
  jsonb: 'jsonb',
};

/**
 * One INSERT for any number of rows: an array parameter per column, so that the number of parameters never grows with
 * the rows (more than 65,535 overflow silently in the protocol).
 * @param first number of its first parameter
 * @param where what has to be so for anything to be inserted
 */
export function insertStatement(schema: string, table: Table, first = 1, where = ''): string {
  const name = qualified(schema, table);
  const names = table.columns.map((column) => quote(column.name));
  const arrays = table.columns.map((column, i) => `$${first + i}::${CARRIER[column.type]}[]`);
  const values = table.columns.map((column) =>
    column.type === 'timestamptz' ? `timestamptz 'epoch' + ${quote(column.name)} * interval '1 microsecond'` : quote(column.name),
  );
  const conflict = `ON CONFLICT (${table.primaryKey.map(quote).join(', ')})`;
  return `INSERT INTO ${name} AS stored (${names.join(', ')}) SELECT ${values.join(', ')} FROM unnest(${arrays.join(', ')}) AS given(${names.join(', ')})${where} ${conflict} ${resolution(table)}`;
}

/**
 * One statement that inserts into several tables, all or nothing: a small batch costs one round trip and one commit instead of a round
 * trip per table and two for the transaction around them. Its parameters are those of `insertStatement`, table after table.
 * @param fence a statement with three parameters of its own, in front of the others: where it finds no row, nothing is inserted. The
 * statement then returns how many it has found
 */
export function insertTogether(schema: string, tables: readonly Table[], fence?: string): string {
  let first = fence === undefined ? 1 : 4;
  const where = fence === undefined ? '' : ' WHERE EXISTS (SELECT FROM fence)';
  const inserts = tables.map((table) => {
    const insert = insertStatement(schema, table, first, where);
    first += table.columns.length;
    return insert;
  });
  if (fence !== undefined) {
    const parts = [`fence AS MATERIALIZED (${fence})`, ...inserts.map((insert, i) => `part_${i} AS (${insert})`)];
    return `WITH ${parts.join(', ')} SELECT count(*)::int AS held FROM fence`;
  }
  const last = inserts.pop()!;
  if (inserts.length === 0) return last;
  return `WITH ${inserts.map((insert, i) => `part_${i} AS (${insert})`).join(', ')} ${last}`;
}

function resolution(table: Table): string {
  const changing = table.columns.filter(({ name }) => !table.primaryKey.includes(name)).map(({ name }) => quote(name));
  // An episode that is part of an incident stays so: what is known of it can be lost on the way.
  const kept = `"incident" = CASE WHEN stored.judgement IS DISTINCT FROM excluded.judgement THEN excluded.incident ELSE coalesce(excluded.incident, stored.incident) END`;
  const given = (name: string) =>
    table.onConflict === 'later-episode' && name === '"incident"' ? kept : `${name} = excluded.${name}`;
  const set = `DO UPDATE SET ${changing.map(given).join(', ')}`;
  switch (table.onConflict) {
    case 'nothing':
      return 'DO NOTHING';
    case 'update': {
      // A replay writes what is there already: leave the tuple alone then.
      const stored = changing.map((name) => `stored.${name}`).join(', ');
      const given = changing.map((name) => `excluded.${name}`).join(', ');
      return `${set} WHERE (${stored}) IS DISTINCT FROM (${given})`;
    }
    case 'later-episode':
      // A replay passes through earlier stages of an episode: they must not show. What other settings said is replaced.
      return `${set} WHERE excluded.rows > stored.rows OR (excluded.rows = stored.rows AND excluded.status = 'closed') OR (excluded.rows = stored.rows AND stored.status = 'open' AND excluded.incident IS DISTINCT FROM stored.incident AND excluded.incident IS NOT NULL) OR stored.judgement IS DISTINCT FROM excluded.judgement OR stored.withdrawn_at IS NOT NULL`;
    case 'later-incident':
      return `${set} WHERE (excluded.keys, excluded.end_time) > (stored.keys, stored.end_time) OR ((excluded.keys, excluded.end_time) = (stored.keys, stored.end_time) AND (excluded.status = 'closed' OR stored.status = 'open')) OR stored.judgement IS DISTINCT FROM excluded.judgement OR stored.withdrawn_at IS NOT NULL`;
  }
}

/** Columns that a table of the database lacks, as `information_schema` tells. */
export const EXISTING_COLUMNS = 'SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = $1';
