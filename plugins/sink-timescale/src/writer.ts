// Writes batches, each in one transaction.

import type { DeadLetter, Holder, SinkBatch } from '@quantstream/engine';
import { type Database, isRecordError } from './database/database.js';
import { Fence } from './fence.js';
import { encodeArray } from './tables/encode.js';
import { recordsOf, type TableRecord } from './tables/records.js';
import { insertStatement, insertTogether } from './tables/sql.js';
import type { Table, Tables } from './tables/tables.js';
import { type Again, Withdrawal } from './withdrawal.js';

export interface WriterSettings {
  readonly pipeline: string;
  readonly schema: string;
  /** Stands for the settings that rows are judged by. */
  readonly judgement: string;
  readonly batch: number;
}

/** Undoes a transaction whose writer has been taken over, or whose row of the fence is gone. */
const SHUT_OUT = new Error('shut out');

type Written = { readonly table: Table; readonly records: readonly TableRecord[] };

/** Writes batches, each in one transaction. A record that the database refuses for its value is found by bisecting and put away. */
export class Writer {
  private readonly database: Database;
  private readonly tables: Tables;
  private readonly settings: WriterSettings;
  private readonly deadLetter: (letter: DeadLetter) => Promise<void>;
  /** Statements that write into several tables, by the names of the tables. */
  private readonly statements = new Map<string, string>();
  private readonly fence: Fence;
  private readonly withdrawal: Withdrawal;

  constructor(database: Database, tables: Tables, settings: WriterSettings, deadLetter: (letter: DeadLetter) => Promise<void>) {
    this.database = database;
    this.tables = tables;
    this.settings = settings;
    this.deadLetter = deadLetter;
    this.fence = new Fence(database, settings.schema, settings.pipeline);
    this.withdrawal = new Withdrawal(settings);
  }

  /** Before the first batch. @param patient a connection on which a look at all that is stored may take its time */
  open(patient: Database): Promise<void> {
    return this.withdrawal.open(patient);
  }

  async write(batch: SinkBatch): Promise<void> {
    const plan = recordsOf(batch, this.tables, this.settings);
    if (plan.length === 0) return;
    const { holder } = batch;
    const again = this.withdrawal.of(batch);
    for (;;) {
      if (holder) await this.fence.enter(holder);
      try {
        await this.writeAll(plan, holder, again);
        this.withdrawal.written(again);
        return;
      } catch (error) {
        if (error !== SHUT_OUT) throw error;
        this.fence.leave(holder!);
      }
    }
  }

  /** @param again what others have judged before, and what of it is withdrawn where this does not say it again */
  private async writeAll(plan: readonly Written[], holder: Holder | undefined, again: Again): Promise<void> {
    const refused: DeadLetter[] = [];
    try {
      if (again.stretches.length === 0 && plan.every(({ records }) => records.length <= this.settings.batch))
        await this.insertTogether(plan, holder);
      else
        await this.database.transaction(async () => {
          await this.insist(holder);
          for (const { table, records } of plan) await this.insertAll(table, records);
          if (again.stretches.length > 0) await this.withdrawal.mark(this.database, again);
        });
    } catch (error) {
      if (!isRecordError(error)) throw error;
      // The slow path: the same once more, with a savepoint around each piece.
      await this.database.transaction(async () => {
        await this.insist(holder);
        for (const { table, records } of plan) await this.bisect(table, records, refused);
        if (again.stretches.length > 0) await this.withdrawal.mark(this.database, again);
        // On disk before the commit: a crash between the two repeats a letter rather than losing it.
        for (const letter of refused) await this.deadLetter(letter);
      });
    }
  }

  /** What a live source delivers many times a second: a statement is a transaction of its own. */
  private async insertTogether(plan: readonly Written[], holder: Holder | undefined): Promise<void> {
    const name = [...(holder ? ['fenced'] : []), ...plan.map(({ table }) => table.name)].join(' ');
    let text = this.statements.get(name);
    if (text === undefined) {
      text = insertTogether(
        this.settings.schema,
        plan.map(({ table }) => table),
        holder && this.fence.statement,
      );
      this.statements.set(name, text);
    }
    const arrays = plan.flatMap(({ table, records }) => arraysOf(table, records));
    const { rows } = await this.database.write(text, holder ? [...this.fence.parameters(holder), ...arrays] : arrays);
    if (holder && rows[0]?.held !== 1) throw SHUT_OUT;
  }

  /** Within a transaction: makes sure until its end that nobody has taken over. */
  private async insist(holder: Holder | undefined): Promise<void> {
    if (!holder) return;
    const { rows } = await this.database.query(this.fence.statement, this.fence.parameters(holder));
    if (rows.length === 0) throw SHUT_OUT;
  }

  private async insertAll(table: Table, records: readonly TableRecord[]): Promise<void> {
    for (let i = 0; i < records.length; i += this.settings.batch)
      await this.insert(table, records.slice(i, i + this.settings.batch));
  }

  private async insert(table: Table, records: readonly TableRecord[]): Promise<void> {
    await this.database.write(insertStatement(this.settings.schema, table), arraysOf(table, records));
  }

  private async bisect(table: Table, records: readonly TableRecord[], refused: DeadLetter[]): Promise<void> {
    await this.database.query('SAVEPOINT piece');
    try {
      await this.insertAll(table, records);
      await this.database.query('RELEASE SAVEPOINT piece');
    } catch (error) {
      if (!isRecordError(error)) throw error;
      await this.database.query('ROLLBACK TO SAVEPOINT piece');
      if (records.length === 1) {
        const { kind, source } = records[0]!;
        const place = { table: table.name };
        refused.push({ kind, reason: `table ${table.name}: ${(error as Error).message}`, place, record: source });
        return;
      }
      const middle = records.length >> 1;
      await this.bisect(table, records.slice(0, middle), refused);
      await this.bisect(table, records.slice(middle), refused);
    }
  }
}

function arraysOf(table: Table, records: readonly TableRecord[]): string[] {
  return table.columns.map((column) =>
    encodeArray(
      column,
      records.map(({ cells }) => cells[column.name]),
    ),
  );
}
