// A PostgreSQL of one's own for tests and benches, from the server that is installed, on 127.0.0.1.
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { freePort, unprivileged } from './servers.mjs';

const suffix = process.platform === 'win32' ? '.exe' : '';

/** Debian keeps the servers of each version out of PATH. */
function folders() {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  return [...(process.env.PATH ?? '').split(delimiter), ...versions.map((version) => join(debian, version, 'bin'))];
}

/** A server with a folder of its own. It can be killed and started again on the same port, with what it had stored. */
export class PostgresServer {
  #log = '';
  #home;
  #bin;
  #user;
  #process;

  /** @param running false: prepared, but not started yet */
  static async create({ running = true } = {}) {
    const server = new PostgresServer();
    server.#bin = folders().find(
      (folder) => existsSync(join(folder, `initdb${suffix}`)) && existsSync(join(folder, `postgres${suffix}`)),
    );
    if (server.#bin === undefined)
      throw new Error('No PostgreSQL server is installed: neither in PATH nor in /usr/lib/postgresql is there an initdb.');
    server.#user = unprivileged();
    server.#home = mkdtempSync(join(tmpdir(), 'quantstream-postgres-'));
    if (server.#user.uid !== undefined) chownSync(server.#home, server.#user.uid, server.#user.gid);
    chmodSync(server.#home, 0o700);
    const made = spawnSync(
      join(server.#bin, `initdb${suffix}`),
      ['-D', server.#cluster, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
      { ...server.#user, cwd: server.#home, encoding: 'utf8' },
    );
    if (made.status !== 0) {
      rmSync(server.#home, { recursive: true, force: true });
      throw new Error(`PostgreSQL could not be prepared: ${made.stderr || made.error?.message}`);
    }
    server.port = await freePort();
    if (running) await server.start();
    return server;
  }

  get #cluster() {
    return join(this.#home, 'cluster');
  }

  get url() {
    return `postgresql://postgres@127.0.0.1:${this.port}/postgres`;
  }

  /** The process id, for those who measure it. */
  get pid() {
    return this.#process?.pid;
  }

  async start() {
    const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'max_connections=50', `port=${this.port}`];
    this.#log = '';
    const server = spawn(
      join(this.#bin, `postgres${suffix}`),
      ['-D', this.#cluster, ...settings.flatMap((setting) => ['-c', setting])],
      { ...this.#user, cwd: this.#home, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    this.#process = server;
    const ready = await new Promise((resolve) => {
      server.stderr.on('data', (piece) => {
        this.#log = (this.#log + piece).slice(-8_000);
        if (this.#log.includes('ready to accept connections')) resolve(true);
      });
      server.once('exit', () => resolve(false));
    });
    if (!ready) throw new Error(`PostgreSQL did not start: ${this.#log}`);
  }

  /** @param signal `SIGINT` ends connections and leaves files in order; `SIGQUIT` is a crash that is recovered from at the next start */
  async stop(signal = 'SIGINT') {
    const server = this.#process;
    if (server && server.exitCode === null && server.signalCode === null) {
      const gone = new Promise((resolve) => server.once('exit', resolve));
      server.kill(signal);
      await gone;
    }
  }

  async dispose() {
    await this.stop();
    rmSync(this.#home, { recursive: true, force: true, maxRetries: 5 });
  }
}
