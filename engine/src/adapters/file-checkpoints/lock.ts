// The lock of a folder of checkpoints: a file that names the process that holds it.

import { hostname } from 'node:os';
import { join } from 'node:path';
import { QuantStreamError } from '../../api/index.js';
import { type FileSystem, onDisk } from './disk.js';

export class Lock {
  private readonly path: string;
  private readonly directory: string;
  private readonly fs: FileSystem;
  private held = false;

  constructor(directory: string, fs: FileSystem) {
    this.directory = directory;
    this.path = join(directory, 'lock');
    this.fs = fs;
  }

  /** Twice is fine. @throws QS_STATE_LOCKED */
  take(): void {
    while (!this.held) {
      try {
        this.fs.writeFileSync(this.path, JSON.stringify({ pid: process.pid, host: hostname() }), { flag: 'wx' });
        this.held = true;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') {
          // What a full disk leaves of it names nobody.
          if ((error as NodeJS.ErrnoException).code === 'ENOSPC') this.fs.rmSync(this.path, { force: true });
          onDisk(this.path, 'written', () => {
            throw error;
          });
        }
        if (this.holderLives()) {
          throw new QuantStreamError(
            'QS_STATE_LOCKED',
            `another engine runs on the state in ${this.directory}; stop it, or give this pipeline another name (if none runs, delete ${this.path})`,
          );
        }
        onDisk(this.path, 'removed', () => this.fs.rmSync(this.path, { force: true }));
      }
    }
  }

  /** Twice is fine. */
  release(): void {
    if (this.held) this.fs.rmSync(this.path, { force: true });
    this.held = false;
  }

  /** Whether the process that wrote the lock still runs. A lock of this very process id is a leftover: containers always run as 1. */
  private holderLives(): boolean {
    let holder: { pid: number; host: string };
    try {
      holder = JSON.parse(this.fs.readFileSync(this.path, 'utf8'));
    } catch {
      return false;
    }
    if (holder.host !== hostname()) return true;
    if (holder.pid === process.pid) return false;
    try {
      process.kill(holder.pid, 0);
      return true;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'EPERM';
    }
  }
}
