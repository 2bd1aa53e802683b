// The folders that a pipeline keeps its own data in.

import { join } from 'node:path';
import { FileRequests } from '../adapters/file-requests.js';
import { makeFolder, messageOf, QuantStreamError, tryFolder } from '../api/index.js';

/** Where requests to a pipeline wait. */
export const requestsOf = (dataDirectory: string): FileRequests => new FileRequests(join(dataDirectory, 'requests'));

/** @throws QS_DATA_FOLDER */
export const makeDataFolder = (path: string): void => orElse(path, makeFolder);

/** Whether the folder of a pipeline can be written, without making it. @throws QS_DATA_FOLDER */
export const tryDataFolder = (path: string): void => orElse(path, tryFolder);

function orElse(path: string, attempt: (path: string) => void): void {
  try {
    attempt(path);
  } catch (error) {
    throw new QuantStreamError('QS_DATA_FOLDER', `the folder ${path} cannot be made: ${messageOf(error)}; name another one`, {
      cause: error,
    });
  }
}
