// Reads the certificate that the broker's is signed by.

import { QuantStreamError, readBounded, Unreadable } from '@quantstream/engine';

/** Largest file of certificates, bytes. */
const LARGEST = 1024 * 1024;

/** The content of the file. @throws QS_SOURCE_FAILED naming the file and why it cannot be read */
export function certificateAt(path: string): Buffer {
  try {
    return readBounded(path, LARGEST);
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    throw new QuantStreamError('QS_SOURCE_FAILED', `mqtt: the certificate ${path} ${error.message}; correct the path under ca`);
  }
}
