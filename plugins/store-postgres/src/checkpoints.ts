// The checkpoints of a pipeline in PostgreSQL, part by part.

import {
  type CheckpointStore,
  type Checkpoints,
  corruptState,
  type KeptState,
  type Look,
  otherLayout,
  type StoreHost,
} from '@quantstream/engine';
import { Connection } from './connection.js';
import { keyOf } from './digest.js';
import { PostgresNotebook } from './notebook.js';
import { newestOf, statesAt } from './opening.js';
import { PostgresCheckpoints } from './store.js';
import { BLOBS, CHECKPOINTS, haveTables, STATES } from './tables.js';

export class PostgresParts implements Checkpoints {
  readonly notebook: PostgresNotebook;
  private readonly connection: Connection;
  private readonly pipeline: string;
  private readonly layout: number;
  private readonly room = { waiting: 0 };

  constructor(url: string, host: StoreHost) {
    this.connection = new Connection(url, `quantstream ${host.pipeline} checkpoints`);
    this.pipeline = host.pipeline;
    this.notebook = new PostgresNotebook(this.connection, host.pipeline);
    this.layout = host.layout;
  }

  of(part: string): CheckpointStore {
    const { connection, pipeline, layout, room } = this;
    return new PostgresCheckpoints({ connection, pipeline, part, layout, room });
  }

  async parts(): Promise<string[]> {
    if (!(await haveTables(this.connection.query))) return [];
    const rows = await this.connection.query<{ part: string }>(
      `SELECT DISTINCT part FROM ${CHECKPOINTS} WHERE pipeline = $1 ORDER BY part`,
      [this.pipeline],
    );
    return rows.map(({ part }) => part).sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  }

  place(part: string): string {
    return `${this.connection.place} ${this.pipeline}${part === '' ? '' : ` ${part}`}`;
  }

  async look(part: string): Promise<Look | undefined> {
    const { connection, pipeline, layout } = this;
    if (!(await haveTables(connection.query))) return undefined;
    const newest = await newestOf(connection.query, [pipeline, part]);
    if (!newest) return undefined;
    const place = `of ${pipeline}${part === '' ? '' : `, ${part},`} in ${connection.place}`;
    if (!newest.sound) throw corruptState(place, `checkpoint ${newest.number} is damaged`);
    if (newest.layout !== layout) throw otherLayout(place, newest.layout, layout);
    const [sizes] = await connection.query<{ bytes: number }>(
      `SELECT (coalesce((SELECT sum(octet_length(state)) FROM ${STATES} WHERE pipeline = $1 AND part = $2), 0)
         + coalesce((SELECT sum(octet_length(bytes)) FROM ${BLOBS} WHERE pipeline = $1 AND part = $2), 0)
         + coalesce((SELECT sum(octet_length(meta)) FROM ${CHECKPOINTS} WHERE pipeline = $1 AND part = $2), 0))::float8 AS bytes`,
      [pipeline, part],
    );
    return { meta: newest.meta, keys: newest.keys, bytes: sizes!.bytes, live: newest.bytes };
  }

  async *states(part: string): AsyncGenerator<KeptState> {
    const { connection, pipeline } = this;
    if (!(await haveTables(connection.query))) return;
    const newest = await newestOf(connection.query, [pipeline, part]);
    if (!newest) return;
    for await (const { key, number, bytes } of statesAt(connection.query, [pipeline, part], newest.number)) {
      const read = async () => {
        const [row] = await connection.query<{ state: Buffer }>(
          `SELECT state FROM ${STATES} WHERE pipeline = $1 AND part = $2 AND key = $3 AND number = $4`,
          [pipeline, part, key, number],
        );
        if (!row) throw new Error(`the state of ${keyOf(key)} has just been replaced; look again`);
        return row.state;
      };
      yield { key: keyOf(key), bytes, read };
    }
  }

  close(): Promise<void> {
    return this.connection.close();
  }
}
