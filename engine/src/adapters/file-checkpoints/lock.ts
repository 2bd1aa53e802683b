// The lock of a folder of checkpoints: a socket that its holder listens on, so that the system lets go of it when the holder ends.

import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { linkSync, mkdirSync, realpathSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fenced, QuantStreamError } from '../../api/index.js';
import { type FileSystem, onDisk } from './disk.js';

const NAME = /^lock-(\d+)$/;
/** The longest path of a socket, bytes: 108 on Linux, 104 elsewhere, with the zero at its end. */
const LONGEST = 100;
/** What file systems without sockets or hard links say. */
const UNABLE = ['ENOTSUP', 'EOPNOTSUPP', 'EPERM', 'ENOSYS', 'EINVAL'];

/**
 * A lock is a numbered socket in the folder. Whoever finds that the newest one does not answer links a socket of his own to the next
 * number, which one alone can do: what a crash leaves is free at once, and whether a holder lives is asked of the system, never
 * of a process id or a host name. Machines that share a folder over a network do not hear each other's sockets: there the
 * later one takes over, and the earlier one notices before it commits.
 */
export class Lock {
  private readonly directory: string;
  private readonly fs: FileSystem;
  private server: Server | undefined;
  private number = 0;
  /** Where the sockets are: in the folder, unless its file system has none. */
  private home: string;

  constructor(directory: string, fs: FileSystem) {
    this.directory = directory;
    this.home = directory;
    this.fs = fs;
  }

  /** Twice is fine. @throws QS_STATE_LOCKED */
  async take(): Promise<void> {
    if (this.server) return;
    if (process.platform === 'win32') return this.takePipe();
    for (;;) {
      const newest = this.newest();
      if (newest > 0 && (await answers(this.path(newest)))) throw this.locked();
      const server = await this.claim(newest + 1);
      if (!server) continue;
      this.server = server;
      this.number = newest + 1;
      // Somebody who was faster may have removed the number that was free a moment ago, with all others below his own.
      if (this.newest() === this.number) break;
      server.close();
      rmSync(this.path(this.number), { force: true });
      this.server = undefined;
    }
    for (const number of this.numbers()) if (number < this.number) rmSync(this.path(number), { force: true });
  }

  /** @throws QS_FENCED where somebody who could not hear us has taken it */
  check(): void {
    if (this.server && process.platform !== 'win32' && this.newest() > this.number)
      throw fenced('this state', `the folder ${this.directory}`);
  }

  /** Twice is fine. */
  release(): void {
    const { server } = this;
    this.server = undefined;
    if (!server) return;
    server.close();
    if (process.platform === 'win32') return;
    // The number must stay, or the next one could be given twice; a plain file can be copied, a socket cannot.
    try {
      const plain = join(this.home, `lock-free-${randomBytes(6).toString('hex')}`);
      writeFileSync(plain, '');
      renameSync(plain, this.path(this.number));
    } catch {
      // A socket that nobody listens on says the same.
    }
  }

  private path(number: number): string {
    return join(this.home, `lock-${number}`);
  }

  private numbers(): number[] {
    const names = onDisk(this.directory, 'read', () => this.fs.readdirSync(this.home));
    return names.flatMap((name) => Number(NAME.exec(name)?.[1] ?? []));
  }

  private newest(): number {
    return Math.max(0, ...this.numbers());
  }

  /** Makes a number ours. @returns nothing where somebody else was faster */
  private async claim(number: number): Promise<Server | undefined> {
    const own = join(this.home, `lock-new-${randomBytes(6).toString('hex')}`);
    let server: Server | undefined;
    try {
      server = await listenAt(own);
      linkSync(own, this.path(number));
      return server;
    } catch (error) {
      server?.close();
      const { code = '' } = error as NodeJS.ErrnoException;
      if (code === 'EEXIST') return undefined;
      if (UNABLE.includes(code) && this.home === this.directory) {
        this.home = homeElsewhere(this.directory);
        return undefined;
      }
      return onDisk(this.path(number), 'written', () => {
        throw error;
      });
    } finally {
      rmSync(own, { force: true });
    }
  }

  /** Windows has pipes, which are gone with whoever made them. */
  private async takePipe(): Promise<void> {
    try {
      this.server = await listenAt(`\\\\.\\pipe\\quantstream-${digest(realpathSync.native(this.directory).toLowerCase())}`);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw code === 'EADDRINUSE' || code === 'EACCES' ? this.locked() : error;
    }
  }

  private locked(): QuantStreamError {
    return new QuantStreamError(
      'QS_STATE_LOCKED',
      `another engine runs on the state in ${this.directory}; stop it, or give this pipeline another name`,
    );
  }
}

/** Listens on a socket, and says nothing there. It does not keep the process alive. */
async function listenAt(path: string): Promise<Server> {
  const server = createServer((socket) => socket.destroy());
  await throughShortPath(path, async (short) => {
    server.listen({ path: short, writableAll: true });
    await once(server, 'listening');
  });
  server.on('error', () => {});
  return server.unref();
}

/** Whether somebody listens on a socket; also if he is stopped, or not ours to speak with. */
async function answers(path: string): Promise<boolean> {
  return throughShortPath(path, (short) => {
    const socket = connect(short);
    return new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true));
      socket.once('error', ({ code = '' }: NodeJS.ErrnoException) =>
        resolve(!['ECONNREFUSED', 'ENOENT', 'ENOTSOCK'].includes(code)),
      );
    }).finally(() => socket.destroy());
  });
}

/** Does something with a path of a socket, over a link for as long as it takes where the path is too long for one. */
async function throughShortPath<T>(path: string, action: (short: string) => Promise<T>): Promise<T> {
  if (process.platform === 'win32' || Buffer.byteLength(path) <= LONGEST) return action(path);
  const at = path.lastIndexOf('/');
  const link = join(tmpdir(), `qs-${randomBytes(6).toString('hex')}`);
  symlinkSync(path.slice(0, at), link);
  try {
    return await action(join(link, path.slice(at + 1)));
  } finally {
    rmSync(link, { force: true });
  }
}

/** A folder for the sockets of a folder on a file system that has none. */
function homeElsewhere(directory: string): string {
  const { dev, ino } = statSync(directory);
  const home = join(tmpdir(), `quantstream-lock-${digest(`${dev} ${ino}`)}`);
  mkdirSync(home, { recursive: true, mode: 0o777 });
  return home;
}

const digest = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 32);
