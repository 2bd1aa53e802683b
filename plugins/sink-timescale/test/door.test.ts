// Who may speak to the embedded database.

import { existsSync, readFileSync, statSync } from 'node:fs';
import { createServer, connect as dial, type Socket } from 'node:net';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Embedded, startEmbedded } from '../src/database/embedded.js';
import { embeddedPlace } from './places.js';

let place: Awaited<ReturnType<typeof embeddedPlace>>;
beforeAll(async () => {
  place = await embeddedPlace();
});
afterAll(() => place.remove());

async function asking<T>(url: string, action: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
  client.on('error', () => {});
  await client.connect();
  try {
    return await action(client);
  } finally {
    await client.end();
  }
}
const changed = (change: (url: URL) => void) => {
  const url = new URL(place.url);
  change(url);
  return url.href;
};
const dialled = (url: string): Promise<Socket> =>
  new Promise((done) => {
    const socket = dial(Number(new URL(url).port), '127.0.0.1', () => done(socket));
    socket.on('error', () => {});
  });

describe('the embedded database', () => {
  it('is open to who has its password, as a role that is no superuser', async () => {
    const { rows } = await asking(place.url, (client) =>
      client.query('SELECT usename, usesuper FROM pg_user WHERE usename = current_user'),
    );
    expect(rows).toEqual([{ usename: 'quantstream', usesuper: false }]);
    await expect(asking(place.url, (client) => client.query("SELECT pg_read_file('PG_VERSION')"))).rejects.toThrow(
      /permission denied/,
    );
  });

  it.each([
    ['another password', (url: URL) => Object.assign(url, { password: 'guess' })],
    ['none', (url: URL) => Object.assign(url, { password: '' })],
    ['the password, as its superuser', (url: URL) => Object.assign(url, { username: 'postgres' })],
    ['none, as its superuser', (url: URL) => Object.assign(url, { username: 'postgres', password: '' })],
  ])('is closed to who says %s', async (_, change) => {
    await expect(asking(changed(change), (client) => client.query('SELECT 1'))).rejects.toThrow(/password/i);
  });

  it('keeps its password for its owner alone', () => {
    const path = `${place.directory}.password`;
    expect(existsSync(path)).toBe(true);
    expect(place.url).toContain(readFileSync(path, 'utf8').trim());
    if (process.platform !== 'win32') expect(statSync(path).mode & 0o077).toBe(0);
  });

  it('is not kept from anybody by sockets that say nothing, or nonsense', async () => {
    const idle = await Promise.all(Array.from({ length: 20 }, () => dialled(place.url)));
    const babble = await dialled(place.url);
    babble.write(Buffer.alloc(200, 0xff));
    const { rows } = await asking(place.url, (client) => client.query('SELECT 1 AS one'));
    expect(rows).toEqual([{ one: 1 }]);
    for (const socket of [...idle, babble]) socket.destroy();
  });

  it('takes another port where somebody has the one that is wanted, and says so', async () => {
    const other = createServer();
    await new Promise<void>((done) => other.listen(0, '127.0.0.1', done));
    const { port } = other.address() as { port: number };
    const second: Embedded = await startEmbedded(`${place.directory}-second`, port);
    expect(new URL(second.url).port).not.toBe(String(port));
    expect([place.moved, second.moved]).toEqual([undefined, expect.stringContaining(`port ${port} is somebody else's`)]);
    expect(await asking(second.url, async (client) => (await client.query('SELECT 1 AS one')).rows)).toEqual([{ one: 1 }]);
    await second.close();
    await new Promise<void>((done) => other.close(() => done()));
  });
});
