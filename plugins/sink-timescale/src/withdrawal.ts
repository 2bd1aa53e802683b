// Marks what was said under other settings and is not confirmed where a stretch is judged again.

import type { SinkBatch } from '@quantstream/engine';
import type { Database } from './database/database.js';
import { qualified } from './tables/sql.js';
import { ANOMALIES, EPISODES, LABELS, type Table } from './tables/tables.js';

/** A stretch of a key, both ends included, ms since the epoch. */
interface Stretch {
  readonly key: string;
  readonly from: number;
  to: number;
}

/**
 * Each anomaly and each episode carries what it was judged by. Where rows of a key are written, what other settings have stored between its
 * first and its last one, and what these rows do not say again, is withdrawn: marked, never deleted. A run that is repeated under the same
 * settings withdraws nothing.
 */
export class Withdrawal {
  private readonly database: Database;
  private readonly schema: string;
  private readonly pipeline: string;
  private readonly judgement: string;
  /** Up to when others have judged, ms since the epoch; −∞: nobody has. */
  private until = Number.NEGATIVE_INFINITY;
  /** The last row of each key in the stretch that others have judged. */
  private readonly last = new Map<string, number>();

  constructor(database: Database, { schema, pipeline, judgement }: { schema: string; pipeline: string; judgement: string }) {
    this.database = database;
    this.schema = schema;
    this.pipeline = pipeline;
    this.judgement = judgement;
  }

  /** Looks whether others have judged at all: mostly nobody has, and nothing is to be done. */
  async open(): Promise<void> {
    const latest = (table: Table, time: string) =>
      `SELECT max(${time}) AS at FROM ${qualified(this.schema, table)} WHERE pipeline = $1 AND judgement IS DISTINCT FROM $2 AND withdrawn_at IS NULL`;
    const { rows } = await this.database.query(
      `SELECT extract(epoch FROM max(at))::float8 * 1000 AS until FROM (${latest(ANOMALIES, 'time')} UNION ALL ${latest(EPISODES, 'start_time')}) AS found`,
      [this.pipeline, this.judgement],
    );
    this.until = rows[0]?.until ?? Number.NEGATIVE_INFINITY;
  }

  /** The stretches of a batch that others may have judged. */
  of({ verdicts }: Pick<SinkBatch, 'verdicts'>): Stretch[] {
    if (this.until === Number.NEGATIVE_INFINITY) return [];
    const stretches = new Map<string, Stretch>();
    for (const { key, time } of verdicts) {
      const known = stretches.get(key);
      if (known) known.to = Math.max(known.to, time);
      else stretches.set(key, { key, from: Math.min(time, this.last.get(key) ?? time), to: time });
    }
    return [...stretches.values()].filter(({ from }) => from <= this.until);
  }

  /** Within the transaction that has written the batch. */
  async mark(stretches: readonly Stretch[]): Promise<void> {
    const given = [
      this.pipeline,
      this.judgement,
      stretches.map(({ key }) => key),
      stretches.map(({ from }) => Math.floor(from * 1_000)),
      stretches.map(({ to }) => Math.ceil(to * 1_000)),
    ];
    const update = (table: Table, time: string, set: string, more = '') =>
      this.database.query(
        `UPDATE ${qualified(this.schema, table)} AS t SET ${set} = now()
         FROM unnest($3::text[], $4::bigint[], $5::bigint[]) AS s(key, from_us, to_us)
         WHERE t.pipeline = $1 AND t.key = s.key AND t.${time} >= timestamptz 'epoch' + s.from_us * interval '1 microsecond'
           AND t.${time} <= timestamptz 'epoch' + s.to_us * interval '1 microsecond'
           AND t.judgement IS DISTINCT FROM $2 AND t.${set} IS NULL${more}`,
        given,
      );
    const labelled = `EXISTS (SELECT FROM ${qualified(this.schema, LABELS)} AS l WHERE l.pipeline = t.pipeline AND l.episode = t.id)`;
    await update(ANOMALIES, 'time', 'withdrawn_at');
    await update(EPISODES, 'start_time', 'withdrawn_at', ` AND NOT ${labelled}`);
    // What a person has looked at stays, and says so.
    await update(EPISODES, 'start_time', 'unconfirmed_at', ` AND ${labelled}`);
  }

  /** A batch is written: what comes next of these keys begins here. */
  written(stretches: readonly Stretch[]): void {
    for (const { key, to } of stretches) this.last.set(key, to);
  }
}
