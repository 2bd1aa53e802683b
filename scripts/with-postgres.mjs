// node scripts/with-postgres.mjs COMMAND [ARGUMENT…]
// Runs a command with QUANTSTREAM_TEST_POSTGRES naming a throw-away PostgreSQL, and removes the server afterwards.
// Returns the exit code of the command; 1 when there is no PostgreSQL to run.
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const windows = process.platform === 'win32';
const suffix = windows ? '.exe' : '';

/** Debian keeps the servers of each version out of PATH. */
function folders() {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  return [...(process.env.PATH ?? '').split(delimiter), ...versions.map((version) => join(debian, version, 'bin'))];
}

function fail(sentence) {
  console.error(sentence);
  process.exit(1);
}

/** PostgreSQL refuses to run as root: whom to run it as then, by number. */
function unprivileged() {
  if (process.getuid?.() !== 0) return {};
  const users = readFileSync('/etc/passwd', 'utf8').split('\n');
  for (const name of ['postgres', 'nobody']) {
    const [, , uid, gid] = users.find((line) => line.startsWith(`${name}:`))?.split(':') ?? [];
    if (uid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  return fail('PostgreSQL does not run as root, and there is no user postgres or nobody to run it as.');
}

function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

const [command, ...args] = process.argv.slice(2);
if (command === undefined) fail('Give a command: node scripts/with-postgres.mjs npx vitest run');
const bin = folders().find(
  (folder) => existsSync(join(folder, `initdb${suffix}`)) && existsSync(join(folder, `postgres${suffix}`)),
);
if (bin === undefined) fail('No PostgreSQL server is installed: neither in PATH nor in /usr/lib/postgresql is there an initdb.');

const user = unprivileged();
const home = mkdtempSync(join(tmpdir(), 'quantstream-postgres-'));
if (user.uid !== undefined) chownSync(home, user.uid, user.gid);
chmodSync(home, 0o700);
const cluster = join(home, 'cluster');
const made = spawnSync(
  join(bin, `initdb${suffix}`),
  ['-D', cluster, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
  { ...user, cwd: home, encoding: 'utf8' },
);
if (made.status !== 0) {
  rmSync(home, { recursive: true, force: true });
  fail(`PostgreSQL could not be prepared: ${made.stderr || made.error?.message}`);
}

const port = await freePort();
const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'max_connections=50', `port=${port}`];
const server = spawn(join(bin, `postgres${suffix}`), ['-D', cluster, ...settings.flatMap((setting) => ['-c', setting])], {
  ...user,
  cwd: home,
  stdio: ['ignore', 'ignore', 'pipe'],
});
let log = '';
const ready = new Promise((resolve) => {
  server.stderr.on('data', (piece) => {
    log = (log + piece).slice(-8_000);
    if (log.includes('ready to accept connections')) resolve(true);
  });
  server.once('exit', () => resolve(false));
});

async function stop() {
  if (server.exitCode === null && server.signalCode === null) {
    const gone = new Promise((resolve) => server.once('exit', resolve));
    // A fast shutdown: connections are ended, files are left in order.
    server.kill('SIGINT');
    await gone;
  }
  rmSync(home, { recursive: true, force: true, maxRetries: 5 });
}

let code = 1;
if (await ready) {
  const environment = {
    ...process.env,
    QUANTSTREAM_TEST_POSTGRES: `postgresql://postgres@127.0.0.1:${port}/postgres`,
    QUANTSTREAM_TEST_POSTGRES_PID: String(server.pid),
  };
  const child = spawn(command, args, { stdio: 'inherit', env: environment, shell: windows });
  // A signal to the group reaches the command by itself; we stay to clean up.
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  code = await new Promise((resolve) => {
    child.once('error', (error) => {
      console.error(`${command} could not be started: ${error.message}`);
      resolve(1);
    });
    child.once('exit', (status) => resolve(status ?? 1));
  });
} else {
  console.error(`PostgreSQL did not start: ${log}`);
}
await stop();
process.exitCode = code;
