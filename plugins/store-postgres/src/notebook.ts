// What people say, as rows that are only ever added.

import type { Notebook } from '@quantstream/engine';
import type { Ask, Connection } from './connection.js';
import { LABELS, makeLabels } from './tables.js';

/** The lines of one pipeline. */
export class PostgresNotebook implements Notebook {
  private readonly connection: Connection;
  private readonly pipeline: string;
  private seen = 0;

  constructor(connection: Connection, pipeline: string) {
    this.connection = connection;
    this.pipeline = pipeline;
  }

  async add(line: string): Promise<void> {
    await this.connection.transaction(async (ask) => {
      await makeLabels(ask);
      await ask(`INSERT INTO ${LABELS} (pipeline, line) VALUES ($1, $2)`, [this.pipeline, line]);
    });
  }

  async read(): Promise<readonly string[] | undefined> {
    const ask: Ask = this.connection.query;
    const [there] = await ask<{ there: boolean }>('SELECT to_regclass($1) IS NOT NULL AS there', [LABELS]);
    if (!there!.there) return undefined;
    const [known] = await ask<{ count: number }>(`SELECT count(*)::int AS count FROM ${LABELS} WHERE pipeline = $1`, [
      this.pipeline,
    ]);
    // Nothing is ever taken away: as many are the same.
    if (known!.count === this.seen) return undefined;
    const rows = await ask<{ line: string }>(`SELECT line FROM ${LABELS} WHERE pipeline = $1 ORDER BY n`, [this.pipeline]);
    this.seen = rows.length;
    return rows.map(({ line }) => line);
  }
}
