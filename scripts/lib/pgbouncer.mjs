// A PgBouncer of one's own for tests, in transaction mode: it hands a session to others between two transactions.
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort, unprivileged } from './servers.mjs';

/** Whether there is one to run. */
export const poolerInstalled = () => spawnSync('pgbouncer', ['--version']).status === 0;

const reachable = (port) =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => resolve(true) ?? socket.destroy());
    socket.once('error', () => resolve(false));
  });

/** Two sessions for all, each for a second: whoever relies on a session meets the others. */
export class PgBouncer {
  #home = mkdtempSync(join(tmpdir(), 'quantstream-pooler-'));
  #process;

  /** @param database the URL of what it stands in front of */
  static async create(database) {
    const pooler = new PgBouncer();
    const { hostname, port, pathname, username, password } = new URL(database);
    const own = await freePort();
    const users = join(pooler.#home, 'users.txt');
    const settings = join(pooler.#home, 'pgbouncer.ini');
    writeFileSync(users, `"${username}" "${password}"\n`);
    writeFileSync(
      settings,
      `[databases]\n${pathname.slice(1)} = host=${hostname} port=${port} dbname=${pathname.slice(1)}\n` +
        `[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = ${own}\nunix_socket_dir =\nauth_type = trust\nauth_file = ${users}\n` +
        'pool_mode = transaction\ndefault_pool_size = 2\nserver_lifetime = 1\nserver_round_robin = 1\n',
    );
    chmodSync(pooler.#home, 0o755);
    pooler.#process = spawn('pgbouncer', [settings], { ...unprivileged(), stdio: 'ignore' });
    pooler.url = `postgresql://${username}@127.0.0.1:${own}${pathname}`;
    for (let tries = 0; tries < 100; tries++) {
      if (await reachable(own)) return pooler;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await pooler.dispose();
    throw new Error('pgbouncer did not come up within 5 s');
  }

  async dispose() {
    const process = this.#process;
    if (process.exitCode === null && process.signalCode === null) {
      const gone = new Promise((resolve) => process.once('exit', resolve));
      process.kill('SIGKILL');
      await gone;
    }
    rmSync(this.#home, { recursive: true, force: true });
  }
}
