// Compares what a run through faults has stored with what an uninterrupted run stores, table by table and row for row.

import { expect } from 'vitest';
import { ask } from '../support.js';

/** Whose epoch writes is not a result. */
const FENCES = 'quantstream_fences';

export interface Compared {
  /** Rows that there should be. */
  readonly rows: number;
  /** Rows that there should be and are not. */
  readonly lost: number;
  /** Rows that there are and should not be: twice, or with other values. */
  readonly more: number;
  /** Some of either, for people. */
  readonly examples: readonly string[];
}

const tablesOf = async (url: string, schema: string) =>
  (
    await ask<{ name: string }>(
      url,
      `SELECT table_name AS name FROM information_schema.tables
       WHERE table_schema = '${schema}' AND table_type = 'BASE TABLE' AND table_name <> '${FENCES}' ORDER BY 1`,
    )
  ).map(({ name }) => name);

/**
 * Every row of every table of two schemas, by the database.
 * @param rejected a condition for rows of a table that are not to be there
 */
export async function compare(
  [expectedUrl, expected]: readonly [url: string, schema: string],
  found: string,
  rejected: Readonly<Record<string, string>> = {},
): Promise<Compared> {
  const url = expectedUrl;
  const tables = await tablesOf(url, expected);
  expect(await tablesOf(url, found)).toEqual(tables);
  let [rows, lost, more] = [0, 0, 0];
  const examples: string[] = [];
  for (const table of tables) {
    const all = (schema: string, where = '') => `SELECT to_jsonb(t)::text AS row FROM "${schema}"."${table}" AS t${where}`;
    const wanted = all(expected, rejected[table] ? ` WHERE NOT (${rejected[table]})` : '');
    const differing = async (one: string, other: string) => {
      const found = await ask<{ row: string; n: number }>(
        url,
        `SELECT row, count(*) OVER ()::int AS n FROM ((${one}) EXCEPT ALL (${other})) AS t ORDER BY row LIMIT 3`,
      );
      examples.push(...found.map(({ row }) => `${one === wanted ? 'lost' : 'more'} in ${table}: ${row.slice(0, 300)}`));
      return found[0]?.n ?? 0;
    };
    const [counted] = await ask<{ n: number }>(url, `SELECT count(*)::int AS n FROM (${wanted}) AS t`);
    rows += counted!.n;
    lost += await differing(wanted, all(found));
    more += await differing(all(found), wanted);
  }
  return { rows, lost, more, examples };
}
