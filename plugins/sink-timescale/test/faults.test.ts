import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { SinkBatch } from '@quantstream/engine';
import { TestHosts, testBatch, testSchema } from '@quantstream/engine/testing';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startEmbedded } from '../src/database/embedded.js';
import plugin from '../src/index.js';
import { ask, contents, embeddedPlace, onEachPlace } from './places.js';

onEachPlace('faults', (at, embedded) => {
  const hosts = new TestHosts();
  let url: string;
  let schemas = 0;
  beforeAll(() => {
    url = at();
  });
  afterAll(() => hosts.dispose());

  async function open(more: object = {}) {
    const schema = `faults_${process.pid}_${schemas++}`;
    const config = plugin.config.parse({ url, store: ['reading'], schema, ...more });
    const sink = await plugin.create(config, hosts.sink(testSchema));
    return { sink, schema };
  }

  it('puts away the one record that the database refuses for its value, and writes the rest', async () => {
    const { sink, schema } = await open();
    await sink.open?.();
    const batch = testBatch(0, 30);
    const bad = { ...batch.observations[17]!, key: 'a NUL \u0000 is no text', sequence: 1_000 };
    const mixed: SinkBatch = { ...batch, observations: batch.observations.toSpliced(17, 0, bad) };
    hosts.deadLetters.length = 0;
    await sink.write(mixed);
    await sink.close();
    expect(hosts.deadLetters).toEqual([
      { kind: 'observation', reason: expect.stringContaining('readings'), place: { table: 'readings' }, record: bad },
    ]);
    expect(await ask(url, `SELECT count(*)::int AS n FROM ${schema}.readings`)).toEqual([{ n: 30 }]);
    expect(await ask(url, `SELECT count(*)::int AS n FROM ${schema}.summaries`)).toEqual([{ n: 30 }]);
  });

  it.each([
    ['by itself', ''],
    ['with a code of its own', " USING ERRCODE = 'QS001'"],
  ])('puts away what a trigger of the user refuses %s, and writes the rest', async (_, using) => {
    const { sink, schema } = await open();
    await sink.open?.();
    await ask(
      url,
      `CREATE FUNCTION ${schema}.guard() RETURNS trigger LANGUAGE plpgsql AS $$
       BEGIN IF NEW.sequence % 10 = 3 THEN RAISE EXCEPTION 'not on my watch'${using}; END IF; RETURN NEW; END $$`,
    );
    await ask(url, `CREATE TRIGGER guard BEFORE INSERT ON ${schema}.readings FOR EACH ROW EXECUTE FUNCTION ${schema}.guard()`);
    hosts.deadLetters.length = 0;
    const batch = testBatch(0, 30);
    await sink.write(batch);
    await sink.close();
    const refused = batch.observations.filter(({ sequence }) => sequence % 10 === 3);
    expect(refused.length).toBe(3);
    expect(hosts.deadLetters.map(({ record }) => record)).toEqual(refused);
    expect(hosts.deadLetters[0]!.reason).toContain('not on my watch');
    expect(await ask(url, `SELECT count(*)::int AS n FROM ${schema}.readings`)).toEqual([{ n: 27 }]);
  });

  // The embedded database has one session for all, and so no two that wait for each other.
  it.skipIf(embedded)('makes tables without a deadlock with those who write them', async () => {
    const { sink, schema } = await open();
    await sink.open?.();
    await sink.write(testBatch(0, 10));
    const writer = new pg.Client({ connectionString: url });
    await writer.connect();
    await writer.query('BEGIN');
    await writer.query(`UPDATE ${schema}.summaries SET score = 1`);
    const column = { ...testSchema.row.columns[0]!, name: 'pressure' };
    const other = { ...testSchema, row: { ...testSchema.row, columns: [...testSchema.row.columns, column] } };
    const second = await plugin.create(plugin.config.parse({ url, schema, store: ['reading'] }), hosts.sink(other));
    const opening = second.open!();
    await new Promise((resolve) => setTimeout(resolve, 500));
    // Whoever makes tables waits for the summaries now, and holds nothing that the writer is about to need.
    await writer.query(`UPDATE ${schema}.readings SET level = level`);
    await writer.query('COMMIT');
    await writer.end();
    await opening;
    await second.close();
    await sink.close();
  });

  it('leaves nothing half-visible when a statement in the middle fails', async () => {
    const { sink, schema } = await open();
    await sink.open?.();
    await ask(url, `ALTER TABLE ${schema}.summaries RENAME TO summaries_gone`);
    await expect(sink.write(testBatch(0, 10))).rejects.toThrow('summaries');
    expect(await ask(url, `SELECT count(*)::int AS n FROM ${schema}.readings`)).toEqual([{ n: 0 }]);
    await ask(url, `ALTER TABLE ${schema}.summaries_gone RENAME TO summaries`);
    await sink.write(testBatch(0, 10));
    await sink.close();
    expect(await ask(url, `SELECT count(*)::int AS n FROM ${schema}.readings`)).toEqual([{ n: 10 }]);
  });

  it('with ddl: check names what is missing and the statements that make it, and is content once they have run', async () => {
    const { sink, schema } = await open({ ddl: 'check' });
    const refusal = await sink.open!().catch((error: Error) => error);
    expect(refusal).toMatchObject({ retry: false, message: expect.stringContaining('readings.level') });
    await ask(url, `CREATE SCHEMA ${schema}`);
    for (const statement of (refusal as Error).message.split('\n').slice(1)) await ask(url, statement);
    await sink.open!();
    await sink.write(testBatch(0, 10));
    await sink.close();
    expect((await contents(url, schema)).length).toBeGreaterThan(10);
  });

  it('two sinks may make the same tables at once', async () => {
    const both = await Promise.all([open({ schema: `together_${process.pid}` }), open({ schema: `together_${process.pid}` })]);
    await Promise.all(both.map(({ sink }) => sink.open!()));
    await Promise.all(both.map(({ sink }, i) => sink.write(testBatch(i * 10, 20))));
    for (const { sink } of both) await sink.close();
    expect(await ask(url, `SELECT count(*)::int AS n FROM together_${process.pid}.readings`)).toEqual([{ n: 30 }]);
  });

  it('adds the columns of another pipeline to a table that they share', async () => {
    const { sink, schema } = await open();
    await sink.open!();
    await sink.close();
    const other = {
      ...testSchema,
      row: { ...testSchema.row, columns: [...testSchema.row.columns, { ...testSchema.row.columns[0]!, name: 'pressure' }] },
    };
    const second = await plugin.create(plugin.config.parse({ url, schema }), hosts.sink(other));
    await second.open!();
    await second.close();
    const columns = await ask(
      url,
      `SELECT column_name FROM information_schema.columns WHERE table_schema = '${schema}' AND table_name = 'summaries'`,
    );
    expect(columns.map(({ column_name }) => column_name)).toContain('pressure');
  });
});

describe('declarations that cannot be stored', () => {
  const hosts = new TestHosts();
  afterAll(() => hosts.dispose());

  it('refuses a type that the source does not emit, a column name of its own, and two things of one name', () => {
    const make =
      (config: object, schema = testSchema) =>
      () =>
        plugin.create(plugin.config.parse(config), hosts.sink(schema));
    expect(make({ store: ['trade'] })).toThrow('store names "trade", but the source emits reading');
    const rows = (name: string, kind = 'summary') => ({
      ...testSchema,
      row: { ...testSchema.row, kind, columns: [{ ...testSchema.row.columns[0]!, name }] },
    });
    expect(make({}, rows('score'))).toThrow('declares "score"');
    expect(make({ store: ['reading'] }, rows('level_mean', 'reading'))).toThrow('the table "readings"');
  });
});

describe('a database that is away', () => {
  it('rejects while it is away and goes on where it was when it is back', async () => {
    const hosts = new TestHosts();
    const place = await embeddedPlace();
    const port = Number(new URL(place.url).port);
    const sink = await plugin.create(plugin.config.parse({ url: place.url, store: ['reading'] }), hosts.sink(testSchema));
    await sink.open!();
    await sink.write(testBatch(0, 10));
    await place.close();
    await expect(sink.write(testBatch(10, 10))).rejects.toThrow();
    await expect(sink.write(testBatch(10, 10))).rejects.toThrow();
    const again = await startEmbedded(place.directory, port);
    await sink.write(testBatch(10, 10));
    await sink.close();
    expect(await ask(again.url, 'SELECT count(*)::int AS n FROM readings')).toEqual([{ n: 20 }]);
    await again.close();
    await place.remove();
    hosts.dispose();
  });
});

describe('a database that hangs', () => {
  it('is given up after the timeout, and the connection is made anew', async () => {
    const hosts = new TestHosts();
    const place = await embeddedPlace();
    const { hostname, port } = new URL(place.url);
    const held = new Set<Socket>();
    let hang = false;
    // A proxy that swallows what the server says: as a network that drops packets without a word.
    const proxy = createServer((socket) => {
      const server = connect(Number(port), hostname);
      for (const one of [socket, server]) {
        held.add(one);
        one.on('error', () => {});
        one.on('close', () => held.delete(one));
      }
      socket.on('data', (piece) => void server.write(piece));
      server.on('data', (piece) => hang || void socket.write(piece));
    });
    await new Promise<void>((done) => proxy.listen(0, '127.0.0.1', done));
    const through = new URL(place.url);
    through.port = String((proxy.address() as AddressInfo).port);
    const url = through.href;
    const sink = await plugin.create(plugin.config.parse({ url, store: ['reading'], timeout: '500ms' }), hosts.sink(testSchema));
    await sink.open!();
    await sink.write(testBatch(0, 5));
    hang = true;
    await expect(sink.write(testBatch(0, 10))).rejects.toThrow('the database has not answered for more than 0.5 s');
    hang = false;
    await sink.write(testBatch(0, 10));
    await sink.close();
    for (const socket of held) socket.destroy();
    proxy.close();
    expect(await ask(place.url, 'SELECT count(*)::int AS n FROM readings')).toEqual([{ n: 10 }]);
    await place.remove();
    hosts.dispose();
  });
});
