// Marks what was said under other settings and is not confirmed where a stretch is judged again.

import type { SinkBatch } from '@quantstream/engine';
import type { Database } from './database/database.js';
import { qualified } from './tables/sql.js';
import { ANOMALIES, EPISODES, INCIDENTS, LABELS, type Table } from './tables/tables.js';

/** A stretch of a key, both ends included, ms since the epoch. */
interface Stretch {
  readonly key: string;
  readonly from: number;
  to: number;
}

/** What a batch judges again, and where its keys stand behind it. */
export interface Again {
  readonly stretches: readonly Stretch[];
  readonly last: ReadonlyMap<string, number>;
}

const NOTHING: Again = { stretches: [], last: new Map() };

/**
 * Each anomaly and each episode carries what it was judged by. Where rows of a key are written, what other settings have stored between the
 * first and the last of them, and what these rows do not say again, is withdrawn: marked, never deleted. A row that could not be ruled on
 * says nothing either. A run that is repeated under the same settings withdraws nothing.
 */
export class Withdrawal {
  private readonly schema: string;
  private readonly pipeline: string;
  private readonly judgement: string;
  /** Up to when others have judged each key, ms since the epoch; keys that nobody else has judged are not here. */
  private readonly until = new Map<string, number>();
  /** The last row of each of them. */
  private readonly last = new Map<string, number>();

  constructor({ schema, pipeline, judgement }: { schema: string; pipeline: string; judgement: string }) {
    this.schema = schema;
    this.pipeline = pipeline;
    this.judgement = judgement;
  }

  /** Looks whether others have judged at all: mostly nobody has, and nothing is to be done. */
  async open(database: Database): Promise<void> {
    const latest = (table: Table, time: string) =>
      `SELECT key, max(${time}) AS at FROM ${qualified(this.schema, table)} WHERE pipeline = $1 AND judgement IS DISTINCT FROM $2 AND withdrawn_at IS NULL GROUP BY key`;
    const { rows } = await database.query(
      `SELECT key, extract(epoch FROM max(at))::float8 * 1000 AS until FROM (${latest(ANOMALIES, 'time')} UNION ALL ${latest(EPISODES, 'start_time')}) AS found GROUP BY key`,
      [this.pipeline, this.judgement],
    );
    this.until.clear();
    for (const { key, until } of rows) this.until.set(key, until);
  }

  /** The stretches of a batch that others may have judged. Changes nothing. */
  of({ verdicts }: Pick<SinkBatch, 'verdicts'>): Again {
    if (this.until.size === 0) return NOTHING;
    const stretches: Stretch[] = [];
    const open = new Map<string, Stretch>();
    const last = new Map<string, number>();
    for (const { key, time } of verdicts) {
      const until = this.until.get(key);
      if (until === undefined) continue;
      const before = last.get(key) ?? this.last.get(key);
      last.set(key, Math.max(time, before ?? time));
      const known = open.get(key);
      const from = Math.min(time, before ?? time);
      if (known) known.to = Math.max(known.to, time);
      else if (from <= until) {
        const stretch = { key, from, to: time };
        stretches.push(stretch);
        open.set(key, stretch);
      }
    }
    return { stretches, last };
  }

  /** Within the transaction that has written the batch. */
  async mark(database: Database, { stretches }: Again): Promise<void> {
    const micros = (ms: number, round: (x: number) => number) => round(ms * 1_000);
    const froms = stretches.map(({ from }) => micros(from, Math.floor));
    const tos = stretches.map(({ to }) => micros(to, Math.ceil));
    // The ends of all of them as well: a table in chunks leaves out those that lie elsewhere.
    const at = (ms: number) => new Date(ms).toISOString();
    const ends = [
      at(Math.floor(Math.min(...stretches.map(({ from }) => from)))),
      at(Math.ceil(Math.max(...stretches.map(({ to }) => to)))),
    ];
    const given = [this.pipeline, this.judgement, stretches.map(({ key }) => key), froms, tos, ...ends];
    const update = (table: Table, time: string, set: string, more = '') =>
      database.query(
        `UPDATE ${qualified(this.schema, table)} AS t SET ${set} = now()
         FROM unnest($3::text[], $4::bigint[], $5::bigint[]) AS s(key, from_us, to_us)
         WHERE t.pipeline = $1 AND t.key = ANY($3::text[]) AND t.${time} >= $6::timestamptz AND t.${time} <= $7::timestamptz
           AND t.key = s.key AND t.${time} >= timestamptz 'epoch' + s.from_us * interval '1 microsecond'
           AND t.${time} <= timestamptz 'epoch' + s.to_us * interval '1 microsecond'
           AND t.judgement IS DISTINCT FROM $2 AND t.${set} IS NULL${more}`,
        given,
      );
    const labelled = `EXISTS (SELECT FROM ${qualified(this.schema, LABELS)} AS l WHERE l.pipeline = t.pipeline AND l.episode = t.id)`;
    await update(ANOMALIES, 'time', 'withdrawn_at');
    await update(EPISODES, 'start_time', 'withdrawn_at', ` AND NOT ${labelled}`);
    await update(INCIDENTS, 'start_time', 'withdrawn_at');
    // What a person has looked at stays, and says so.
    await update(EPISODES, 'start_time', 'unconfirmed_at', ` AND ${labelled}`);
  }

  /** A batch is written: what comes next of its keys begins here, and keys that are past all that others have judged are let go of. */
  written({ last }: Again): void {
    for (const [key, time] of last) {
      if (time > this.until.get(key)!) {
        this.until.delete(key);
        this.last.delete(key);
      } else this.last.set(key, time);
    }
  }
}
