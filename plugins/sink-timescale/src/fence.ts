// Keeps out whoever wrote a partition before it was taken over.

import { fenced, type Holder } from '@quantstream/engine';
import type { Database } from './database/database.js';
import { qualified } from './tables/sql.js';
import { FENCES } from './tables/tables.js';

/**
 * The greatest epoch of each partition, in the database that is written to: the checkpoints may lie in another one. Whoever writes holds
 * the row of his own epoch until his transaction ends, so that the next holder waits for it, and finds it done or never done.
 */
export class Fence {
  /** Statement with which a transaction makes sure that the epoch still counts; its parameters are those of `parameters`. */
  readonly statement: string;
  private readonly database: Database;
  private readonly table: string;
  private readonly pipeline: string;
  /** The epochs that are in the table, by partition. */
  private readonly entered = new Map<number, number>();

  constructor(database: Database, schema: string, pipeline: string) {
    this.database = database;
    this.table = qualified(schema, FENCES);
    this.pipeline = pipeline;
    this.statement = `SELECT epoch FROM ${this.table} WHERE pipeline = $1 AND partition = $2::integer AND epoch = $3::bigint FOR SHARE`;
  }

  parameters({ partition, epoch }: Holder): unknown[] {
    return [this.pipeline, partition, epoch];
  }

  /** Puts the epoch into the table, once. @throws QS_FENCED if there is a later one */
  async enter(holder: Holder): Promise<void> {
    const { partition, epoch } = holder;
    if (this.entered.get(partition) === epoch) return;
    const { rows } = await this.database.query(
      `INSERT INTO ${this.table} AS f (pipeline, partition, epoch) VALUES ($1, $2, $3)
       ON CONFLICT (pipeline, partition) DO UPDATE SET epoch = excluded.epoch WHERE f.epoch <= excluded.epoch RETURNING epoch`,
      this.parameters(holder),
    );
    if (rows.length === 0) throw fenced(`partition ${partition} of ${this.pipeline}`, 'the database');
    this.entered.set(partition, epoch);
  }

  /** It does not count any more, or its row is gone: the next `enter` finds out. */
  leave({ partition }: Holder): void {
    this.entered.delete(partition);
  }
}
