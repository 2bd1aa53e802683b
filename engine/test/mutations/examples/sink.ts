// An example of a sink: all that happened, in a database, each batch in one transaction.

import { setImmediate as turn } from 'node:timers/promises';
import type { SinkBatch, Toolkit } from '../../../src/api/index.js';

type Row = Readonly<Record<string, string | number | boolean | null>>;
type Tables = Map<string, Map<string, Row>>;

/** What a database will never take. */
class Refused extends Error {}

/** A database in memory as a client library would show one: rows by table and id, kept beyond a connection. */
export class Database {
  static readonly all = new Map<string, Database>();
  tables: Tables = new Map();
  /** For tests of what a sink does then: may throw what a lost connection would, before a call takes effect. */
  interrupt: (call: string) => void = () => {};
  private draft: Tables | undefined;
  private connected = false;

  static async connect(name: string): Promise<Database> {
    if (!Database.all.has(name)) Database.all.set(name, new Database());
    const database = Database.all.get(name)!;
    database.connected = true;
    await database.call('connect');
    return database;
  }
  async createTable(name: string, { ifAbsent = false } = {}): Promise<void> {
    await this.call('createTable');
    if (!this.tables.has(name)) this.tables.set(name, new Map());
    else if (!ifAbsent) throw new Error(`the table ${name} exists already`);
  }
  async begin(): Promise<void> {
    await this.call('begin');
    if (this.draft) throw new Error('a transaction is open already');
    this.draft = new Map([...this.tables].map(([name, rows]) => [name, new Map(rows)]));
  }
  /** Inserts or replaces. @returns whether the id is new */
  async put(table: string, id: string, row: Row): Promise<boolean> {
    await this.call('put');
    for (const value of [id, ...Object.values(row)]) {
      if (typeof value === 'number' && !Number.isFinite(value)) throw new Error(`${table}: ${value} is no number of a table`);
      if (typeof value === 'string' && value.includes('\0')) throw new Refused(`${table}: a text holds a NUL character`);
    }
    const rows = (this.draft ?? this.tables).get(table)!;
    const isNew = !rows.has(id);
    rows.set(id, structuredClone(row));
    return isNew;
  }
  /** Adds to the number of anomalies of an id. */
  async count(table: string, id: string, amount: number): Promise<void> {
    const before = (this.draft ?? this.tables).get(table)!.get(id)?.anomalies ?? 0;
    await this.put(table, id, { anomalies: Number(before) + amount });
  }
  async commit(): Promise<void> {
    await this.call('commit');
    this.tables = this.draft ?? this.tables;
    this.draft = undefined;
  }
  async rollback(): Promise<void> {
    this.draft = undefined;
  }
  async close(): Promise<void> {
    if (!this.connected) throw new Error('the connection is closed already');
    this.connected = false;
    this.draft = undefined;
  }
  private async call(name: string): Promise<void> {
    await turn();
    if (!this.connected) throw new Error('the connection is closed');
    this.interrupt(name);
  }
}

const TABLES = ['observation', 'verdict', 'episode', 'missing', 'total'];
/** A table knows no number that is none. */
const finite = (value: number) => (Number.isFinite(value) ? value : null);

export default ({ defineSink, duration, z }: Toolkit) =>
  defineSink({
    name: 'database',
    api: 1,
    about: 'Everything in the tables of a database',
    config: z.strictObject({
      database: z.string().min(1).describe('name of the database'),
      attempts: z.int().min(1).default(3).describe('how often a batch is tried before the engine is told'),
      pause: duration('how long to wait in between').default(20).meta({ unit: 'ms' }),
    }),
    delivery: 'idempotent',
    create: ({ database: name, attempts, pause }, host) => {
      let database: Database | undefined;

      /** Writes one record, or puts it away if the database will never take it. @returns whether it is new */
      const put = async (kind: string, id: string, record: object, row: Row): Promise<boolean> => {
        try {
          return await database!.put(kind, id, row);
        } catch (error) {
          if (!(error instanceof Refused)) throw error;
          await host.deadLetter({ kind, reason: error.message, record });
          return false;
        }
      };

      const store = async ({ observations, verdicts, episodes, missing }: SinkBatch) => {
        await database!.begin();
        try {
          for (const o of observations) {
            const { key, type, sequence, time } = o;
            await put('observation', JSON.stringify([key, type, sequence]), o, { time, values: JSON.stringify(o.values) });
          }
          for (const v of verdicts) {
            const { id, key, time, anomalous } = v;
            // In the JSON of values what is missing is null.
            const row = {
              key,
              time,
              score: finite(v.score),
              anomalous,
              values: JSON.stringify(v.values),
              reason: v.reason ?? null,
            };
            const isNew = await put('verdict', id, v, row);
            if (isNew && anomalous) await database!.count('total', key, 1);
          }
          for (const e of episodes) {
            const { id, key, status, start, end, rows, severity, reason } = e;
            await put('episode', id, e, { key, status, start, end, rows, severity, reason, peakScore: finite(e.peakScore) });
          }
          for (const m of missing) {
            const { key, from, to, reason, count = null } = m;
            await put('missing', JSON.stringify([key, from, to, reason]), m, { key, from, to, reason, count });
          }
          await database!.commit();
        } catch (error) {
          await database!.rollback();
          throw error;
        }
      };

      return {
        async open() {
          database = await Database.connect(name);
          for (const table of TABLES) await database.createTable(table, { ifAbsent: true });
        },
        async write(batch) {
          for (let attempt = 1; ; attempt++) {
            try {
              return await store(batch);
            } catch (error) {
              if (attempt >= attempts) throw error;
              await host.clock.sleep(pause, host.signal);
            }
          }
        },
        async close() {
          const open = database;
          database = undefined;
          await open?.close();
        },
      };
    },
  });
