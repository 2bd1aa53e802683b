import { storeLaws } from '@quantstream/engine/testing';
import pg from 'pg';
import { afterAll, describe, expect, it } from 'vitest';
import plugin from '../src/index.js';

const url = process.env.QUANTSTREAM_TEST_POSTGRES;

describe('what it is set to', () => {
  it('is a URL of a database', () => {
    expect(plugin.config.safeParse({ url: 'postgresql://a@b/c' }).success).toBe(true);
    expect(plugin.config.safeParse({ url: 'mysql://a@b/c' }).success).toBe(false);
    expect(plugin.config.safeParse({}).success).toBe(false);
  });
});

describe.skipIf(url === undefined)('with a PostgreSQL (QUANTSTREAM_TEST_POSTGRES)', () => {
  const client = new pg.Pool({ connectionString: url, max: 1 });
  afterAll(() => client.end());

  /** What may happen to rows: a page that went bad, a restore that was not whole, a hand that slipped. */
  async function damage(n: number, uniform: () => number): Promise<string> {
    const pick = <T>(list: readonly T[]): T => list[Math.floor(uniform() * list.length)]!;
    const [table, columns] = pick([
      ['quantstream_states', ['state', 'key', 'blobs', 'digest', 'wake', 'number']],
      ['quantstream_states', ['state']],
      ['quantstream_checkpoints', ['meta', 'digest', 'sum', 'keys', 'number']],
      ['quantstream_checkpoints', ['meta']],
      ['quantstream_blobs', ['bytes', 'hash']],
      ['quantstream_parts', ['last', 'epoch']],
    ] as const);
    const { rows } = await client.query(`SELECT ctid::text AS id, * FROM ${table} WHERE pipeline = $1 ORDER BY ctid`, [
      `test-${n}`,
    ]);
    // The newest more often: what is older may be outdated.
    const row = rows[Math.floor(Math.sqrt(uniform()) * rows.length)];
    const where = `WHERE ctid = '${row.id}'`;
    if (uniform() < 0.2) {
      await client.query(`DELETE FROM ${table} ${where}`);
      return `a row of ${table} deleted`;
    }
    const column: string = pick(columns);
    const value = row[column];
    if (!Buffer.isBuffer(value)) {
      await client.query(`UPDATE ${table} SET ${column} = $1 ${where}`, [Number(value) + pick([-1, 1, 2])]).catch(() => {});
      return `${column} of ${table} changed`;
    }
    const at = Math.floor(uniform() * value.length);
    const how = pick(['flip', 'flip', 'cut', 'zero']);
    const damaged = Buffer.from(how === 'cut' ? value.subarray(0, at) : value);
    if (how === 'flip' && damaged.length > 0) damaged[at]! ^= 1 << Math.floor(uniform() * 8);
    if (how === 'zero') damaged.fill(0, at);
    await client.query(`UPDATE ${table} SET ${column} = $1 ${where}`, [damaged]).catch(() => {});
    return `${column} of ${table}: ${how} at ${at} of ${value.length}`;
  }

  storeLaws(plugin, { config: { url }, damage });
});
