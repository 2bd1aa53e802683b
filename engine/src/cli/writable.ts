import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { messageOf, QuantStreamError } from '../api/index.js';

/** Makes sure that a file can be written before the work that it is for. @throws QS_DATA_FOLDER */
export function checkWritable(path: string, what: string): void {
  try {
    const exists = existsSync(path);
    if (exists && statSync(path).isDirectory()) throw new Error('it is a folder');
    accessSync(exists ? path : dirname(resolve(path)), constants.W_OK);
  } catch (error) {
    const message = `${what} ${path} cannot be written: ${messageOf(error)}; name another file`;
    throw new QuantStreamError('QS_DATA_FOLDER', message, { cause: error });
  }
}
