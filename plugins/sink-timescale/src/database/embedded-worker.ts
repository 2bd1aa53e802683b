// The embedded database: PGlite behind a PostgreSQL socket on 127.0.0.1, in a worker thread, because a statement would
// otherwise hold up the event loop of the engine (p99 of 49 ms measured).
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';
import { Door } from './door.js';

interface Order {
  readonly directory: string;
  readonly port: number;
  readonly role: string;
  readonly password: string;
}

/** Behind the door there is room for more than the engine and whoever looks will ever need. */
const CONNECTIONS = 100;

/** The database as a role that is no superuser; made, with what an earlier version left to its superuser, at the first start. */
async function openAs(role: string, directory: string): Promise<PGlite> {
  const ready = join(directory, `role-${role}`);
  if (!existsSync(ready)) {
    const database = await PGlite.create(directory);
    await database.exec(`
      DO $$ BEGIN CREATE ROLE ${role} LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
      GRANT ALL ON DATABASE postgres TO ${role};
      ALTER SCHEMA public OWNER TO ${role};
      DO $$ DECLARE one record; BEGIN
        FOR one IN SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' LOOP
          EXECUTE format('ALTER SCHEMA %I OWNER TO ${role}', one.nspname);
        END LOOP;
        FOR one IN SELECT schemaname, tablename FROM pg_tables WHERE schemaname !~ '^pg_' AND schemaname <> 'information_schema' LOOP
          EXECUTE format('ALTER TABLE %I.%I OWNER TO ${role}', one.schemaname, one.tablename);
        END LOOP;
      END $$;`);
    await database.close();
    writeFileSync(ready, '');
  }
  return PGlite.create(directory, { username: role });
}

const { directory, port: wanted, role, password } = workerData as Order;
const database = await openAs(role, directory);
// The database itself asks for no password: only the door reaches it, in a folder that is ours alone.
const folder = process.platform === 'win32' ? undefined : mkdtempSync(join(tmpdir(), 'quantstream-'));
const inner = folder === undefined ? `\\\\.\\pipe\\quantstream-${randomUUID()}` : join(folder, 'database');
const server = new PGLiteSocketServer({ db: database, path: inner, maxConnections: CONNECTIONS });
await server.start();
let door = new Door(role, password, inner);
let port = await door.listen(wanted);
if (port === undefined) {
  // Somebody else has it.
  door = new Door(role, password, inner);
  port = await door.listen(0);
}

parentPort!.on('message', async () => {
  await door.close();
  await server.stop();
  await database.close();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  parentPort!.postMessage({ closed: true });
  parentPort!.close();
});
parentPort!.postMessage({ port });
