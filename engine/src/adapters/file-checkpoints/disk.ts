// What checkpoints ask of a file system, and what it is called when that goes wrong.

import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { type ErrorCode, isNamed, messageOf, QuantStreamError } from '../../api/index.js';

/** The calls that may fail; a test puts one that does in the place of another. */
export const FILE_SYSTEM = {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
};
export type FileSystem = typeof FILE_SYSTEM;

/** By what the system says: our code, what it means, and what to do. */
const FAULTS: Readonly<Record<string, readonly [ErrorCode, string, string]>> = {
  ENOSPC: ['QS_DISK_FULL', 'its disk is full', 'make room there'],
  EDQUOT: ['QS_DISK_FULL', 'the quota of its disk is used up', 'make room there, or have the quota raised'],
  EACCES: ['QS_DISK_DENIED', 'the rights are missing', 'give the user that the engine runs as the right to read and write it'],
  EPERM: ['QS_DISK_DENIED', 'the rights are missing', 'give the user that the engine runs as the right to read and write it'],
  EROFS: ['QS_DISK_READ_ONLY', 'its file system is read-only', 'mount it for writing, or name another folder with data:'],
  ENOENT: ['QS_DATA_FOLDER', 'its folder is gone', 'put it back, or start again'],
  EMFILE: ['QS_OPEN_FILES', 'this process has too many files open', 'raise the limit (ulimit -n, LimitNOFILE)'],
  ENFILE: ['QS_OPEN_FILES', 'this machine has too many files open', 'raise its limit (sysctl fs.file-max)'],
};
const BROKEN = ['QS_DISK_BROKEN', 'its disk does not answer as it should', 'see what the system log says of that disk'] as const;

/** Does something with a file. @throws QS_DISK_FULL, QS_DISK_DENIED, QS_DISK_READ_ONLY, QS_OPEN_FILES, QS_DISK_BROKEN: all may go through later */
export function onDisk<T>(path: string, doing: 'read' | 'written' | 'removed', action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw diskError(path, doing, error);
  }
}

function diskError(path: string, doing: string, error: unknown): unknown {
  const { code } = (error ?? {}) as { code?: unknown };
  if (isNamed(error) || typeof code !== 'string') return error;
  // A file that is not there is nothing that a disk can be blamed for.
  if (code === 'ENOENT' && doing === 'read') return error;
  const [name, what, remedy] = FAULTS[code] ?? BROKEN;
  const said = FAULTS[code] ? code : messageOf(error);
  return new QuantStreamError(name, `${path} cannot be ${doing}: ${what} (${said}); ${remedy}`, { cause: error, retry: true });
}
