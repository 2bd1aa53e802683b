// Reads small files, whatever stands under their names.

import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { messageOf } from '../errors.js';

/** Why a file cannot be used, as the end of a sentence that begins with its name. */
export class Unreadable extends Error {
  /** Of the operating system, where it is a reason of its: `ENOENT`. */
  readonly code: string | undefined;
  constructor(why: string, code?: string) {
    super(why);
    this.code = code;
  }
}

/**
 * The bytes of a regular file of at most `limit` bytes. What has no end, or would make us wait, is not opened for long: pipes, devices and
 * folders are refused.
 * @throws {Unreadable}
 */
export function readBounded(path: string, limit: number): Buffer {
  let file: number;
  try {
    // Opening a pipe would wait for its other end.
    file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Unreadable(code === 'ENOENT' ? 'does not exist' : `cannot be read: ${messageOf(error)}`, code);
  }
  try {
    const stat = fstatSync(file);
    if (stat.isDirectory()) throw new Unreadable('is a folder');
    if (!stat.isFile()) throw new Unreadable('is no file but a pipe or a device');
    // Some files, those of /proc, do not know how long they are.
    const bytes = Buffer.alloc(Math.min(limit, Math.max(stat.size, 65_536)) + 1);
    let length = 0;
    for (;;) {
      const read = readSync(file, bytes, length, bytes.length - length, null);
      length += read;
      if (read === 0) return bytes.subarray(0, length);
      if (length === bytes.length) throw new Unreadable(`has more than ${limit.toLocaleString('en')} bytes`);
    }
  } catch (error) {
    if (error instanceof Unreadable) throw error;
    throw new Unreadable(`cannot be read: ${messageOf(error)}`, (error as NodeJS.ErrnoException).code);
  } finally {
    closeSync(file);
  }
}
